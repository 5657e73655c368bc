//! No body is lost, emptied or waited for in vain: answers that break off inside the attempt, requests whose body is
//! sent again, refused answers on their way out.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "bodies/owed.rs"]
mod owed;
#[path = "bodies/refused.rs"]
mod refused;
#[path = "bodies/request.rs"]
mod request;

use std::time::Duration;

use common::{Watch, client};
use steadfast::error::FailureKind;
use steadfast::prelude::*;
use steadfast::record::{Outcome, Stop};
use steadfast::{Backoff, ErrorKind, Policy};
use steadfast_testkit::{Received, Server, Step, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// Bytes of which no two neighbours are alike.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn whole() -> Step {
    Step::from(200).body(bytes(1000))
}

#[test]
fn a_body_that_breaks_off_in_the_buffer_is_retried_and_comes_whole() {
    virtual_time().block_on(async {
        let broken = [
            whole().cut(500).rst(),
            whole().cut(500).fin(),
            whole().cut(500).hang(),
            whole().chunked().cut(500).fin(),
        ];
        for step in broken {
            let shown = format!("{step:?}");
            let server = Server::start(script![step, whole()]).await;
            let request = client(Policy::standard())
                .get(server.url("/"))
                .timeout(SECOND);
            let response = request.call(|c| c.buffer(1 << 20)).send().await.unwrap();
            assert_eq!(
                (server.requests(), response.record().attempt_count()),
                (2, 2),
                "{shown}"
            );
            assert_eq!(response.bytes().await.unwrap(), bytes(1000), "{shown}");
        }
    });
}

#[test]
fn the_record_says_how_a_buffered_body_broke_off() {
    virtual_time().block_on(async {
        for (step, kind) in [
            (whole().cut(500).rst(), FailureKind::Truncated),
            (whole().cut(500).fin(), FailureKind::Truncated),
            (whole().cut(500).hang(), FailureKind::Timeout),
        ] {
            let server = Server::start(step).await;
            let client = client(Policy::standard().buffer(1000));
            let (record, result) = client
                .get(server.url("/"))
                .timeout(SECOND)
                .send_recorded()
                .await;
            assert_eq!(record.stop(), Stop::Attempts(3));
            assert!(
                record
                    .attempts()
                    .iter()
                    .all(|attempt| attempt.outcome == Outcome::Failed(kind)),
                "{record}"
            );
            let error = result.unwrap_err();
            assert_eq!(error.is_timeout(), kind == FailureKind::Timeout);
            assert!(matches!(
                steadfast::Error::from(error).kind(),
                ErrorKind::Interrupted | ErrorKind::Timeout
            ));
            let before = server.requests();
            client
                .post(server.url("/"))
                .timeout(SECOND)
                .send()
                .await
                .unwrap_err();
            assert_eq!(
                server.requests() - before,
                1,
                "a POST was carried out, and is not sent again"
            );
        }
    });
}

#[test]
fn an_attempt_timeout_covers_the_buffered_body() {
    virtual_time().block_on(async {
        let server = Server::start(script![whole().cut(500).hang(), whole()]).await;
        let policy = Policy::standard().buffer(1000).attempt_timeout(SECOND);
        let response = client(policy).get(server.url("/")).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), bytes(1000));
        assert_eq!(server.requests(), 2);
    });
}

#[test]
fn without_a_buffer_the_error_comes_to_the_reader_as_in_bare_reqwest() {
    virtual_time().block_on(async {
        for step in [
            whole().cut(500).rst(),
            whole().cut(500).fin(),
            whole().cut(500).hang(),
        ] {
            let server = Server::start(step).await;
            let bare = reqwest::Client::new()
                .get(server.url("/"))
                .timeout(SECOND)
                .send()
                .await
                .unwrap();
            let ours = client(Policy::standard())
                .get(server.url("/"))
                .timeout(SECOND)
                .send()
                .await
                .unwrap();
            assert_eq!(server.requests(), 2);
            let (bare, ours) = (
                bare.bytes().await.unwrap_err(),
                ours.bytes().await.unwrap_err(),
            );
            assert_eq!(ours.to_string(), bare.to_string());
            assert_eq!(format!("{ours:?}"), format!("{bare:?}"));
            assert_eq!(ours.is_timeout(), bare.is_timeout());
        }
    });
}

#[test]
fn a_body_that_is_too_long_for_the_buffer_streams_through() {
    virtual_time().block_on(async {
        let body = bytes(100_000);
        let server = Server::start(Step::from(200).body(body.clone()).drip(1000, SECOND)).await;
        let start = Watch::start();
        let request = client(Policy::standard()).get(server.url("/"));
        let mut response = request.call(|c| c.buffer(10_000)).send().await.unwrap();
        let first = response.chunk().await.unwrap().unwrap();
        let until_first = start.elapsed();
        assert!(
            until_first >= 10 * SECOND && until_first <= 12 * SECOND,
            "{until_first:?}"
        );
        let mut read = first.to_vec();
        while let Some(chunk) = response.chunk().await.unwrap() {
            read.extend(chunk);
        }
        assert!(read == body, "{} bytes", read.len());
        assert!(start.elapsed() > 90 * SECOND);
    });
}

#[test]
fn one_that_breaks_off_beyond_the_buffer_is_the_readers() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(200).body(bytes(5000)).cut(4000).fin()).await;
        let request = client(Policy::standard()).get(server.url("/"));
        let response = request.call(|c| c.buffer(1000)).send().await.unwrap();
        response.bytes().await.unwrap_err();
        assert_eq!(server.requests(), 1);
    });
}

/// Everything that can be asked of a response without reading it.
fn head(response: &reqwest::Response) -> String {
    let headers = response.headers();
    format!(
        "{} {:?} {} {:?} {:?} {:?}",
        response.status(),
        response.version(),
        response.url(),
        headers,
        response.content_length(),
        response.remote_addr(),
    )
}

#[test]
fn a_response_that_was_looked_into_is_the_same_response() {
    virtual_time().block_on(async {
        let answer = |status: u16| Step::status(status).header("x-id", "7").body(bytes(300));
        let moved = Step::from(302).header("location", "/moved?page=2");
        let server = Server::builder()
            .on("/from", moved)
            .on("/moved", answer(200))
            .on("/refused", answer(429))
            .on(
                "/old",
                Step::from(200)
                    .header("content-length", "7")
                    .body("7 bytes")
                    .close(),
            )
            .start()
            .await;
        let buffered = client(Policy::standard().attempts(1).buffer(1 << 20));
        let peeked = client(
            Policy::standard()
                .attempts(1)
                .classify(|_| steadfast::policy::Opinion::ReadBody),
        );
        for path in ["/from", "/refused", "/old"] {
            for method in [http::Method::GET, http::Method::HEAD] {
                let bare = reqwest::Client::new()
                    .request(method.clone(), server.url(path))
                    .send()
                    .await
                    .unwrap();
                for client in [&buffered, &peeked] {
                    let ours = client
                        .request(method.clone(), server.url(path))
                        .send()
                        .await
                        .unwrap();
                    assert_eq!(head(&ours), head(&bare), "{method} {path}");
                }
                let expected = bare.bytes().await.unwrap();
                let ours = buffered
                    .request(method.clone(), server.url(path))
                    .send()
                    .await
                    .unwrap();
                assert_eq!(ours.bytes().await.unwrap(), expected, "{method} {path}");
            }
        }
    });
}

#[test]
fn a_peeked_refusal_is_given_back_whole() {
    virtual_time().block_on(async {
        for length in [0, 1, 16 * 1024, 100_000] {
            let server = Server::start(Step::from(429).body(bytes(length))).await;
            let response = client(Policy::standard().attempts(1))
                .get(server.url("/"))
                .send()
                .await
                .unwrap();
            assert!(response.bytes().await.unwrap() == bytes(length), "{length}");
        }
    });
}

#[test]
fn a_refusal_that_drips_holds_the_decision_for_a_second_at_most() {
    virtual_time().block_on(async {
        let slow = Step::from(429).body(bytes(1000)).drip(1, SECOND);
        let server = Server::start(script![slow.clone(), 200]).await;
        let policy = Policy::standard().throttled_backoff(Backoff::fixed(Duration::ZERO));
        let start = Watch::start();
        let response = client(policy).get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(
            start.elapsed() <= SECOND + Duration::from_millis(5),
            "{:?}",
            start.elapsed()
        );

        let server = Server::start(slow).await;
        let response = client(Policy::standard().attempts(1))
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert!(
            response.bytes().await.unwrap() == bytes(1000),
            "whole, as slowly as it comes"
        );
    });
}

#[test]
fn each_attempt_of_a_buffered_call_asks_for_the_whole_body() {
    virtual_time().block_on(async {
        let answer = Step::dynamic(|request: &Received| {
            assert_eq!(request.header("range"), None);
            whole().cut(999)
        });
        let server = Server::start(answer).await;
        let request = client(Policy::standard()).get(server.url("/"));
        request.call(|c| c.buffer(2000)).send().await.unwrap_err();
        assert_eq!(server.requests(), 3);
    });
}

#[test]
fn a_connection_can_still_be_upgraded() {
    virtual_time().block_on(async {
        let upgrade = Step::status(101)
            .header("connection", "upgrade")
            .header("upgrade", "echo");
        let server = Server::start(upgrade).await;
        let client = client(Policy::standard().buffer(1000));
        let request = client
            .get(server.url("/"))
            .header("connection", "upgrade")
            .header("upgrade", "echo");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 101);
        response.upgrade().await.unwrap();
    });
}
