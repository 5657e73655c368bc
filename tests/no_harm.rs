//! First, do no harm: what the bare client completes, the wrapped one completes too, with the same answer and no
//! later.
//!
//! A property over whatever a server may do, and the cases by name where a wrapper could cut, delay or change
//! something. Both clients meet the same script, each on a server of its own, in virtual time, so that "no later" is
//! exact.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use proptest::{prop_assert, prop_assert_eq};
use reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::prelude::*;
use steadfast::{Policies, Policy};
use steadfast_testkit::{Server, StatusExt, cases, script, virtual_time};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

#[path = "no_harm/exchange.rs"]
mod exchange;
#[path = "no_harm/strategy.rs"]
mod strategy;

use crate::exchange::play;
use crate::strategy::exchanges;

const SECOND: Duration = Duration::from_secs(1);

#[expect(clippy::disallowed_methods, reason = "tests read the virtual clock")]
fn now() -> Instant {
    Instant::now()
}

fn bare(client: &Client) -> ClientWithMiddleware {
    ClientBuilder::new(client.clone()).build()
}

fn wrapped(client: &Client) -> ClientWithMiddleware {
    let policies = Policies::builder().seed(7).build().unwrap();
    policies.wrap(client.clone())
}

/// With bodies read inside the attempt: no part of the promise, but no excuse either.
fn buffered(client: &Client) -> ClientWithMiddleware {
    let policy = Policy::standard().buffer(3_000);
    let policies = Policies::builder().default_policy(policy).seed(7);
    policies.build().unwrap().wrap(client.clone())
}

/// With redirects and resends by steadfast.
fn rebuilt(_: &Client) -> ClientWithMiddleware {
    let policies = Policies::builder().seed(7).build().unwrap();
    policies.wrap_builder(Client::builder()).unwrap()
}

// ===== the property =====

#[test]
fn what_the_bare_client_completes_the_wrapped_one_completes_alike_and_no_later() {
    let runtime = virtual_time();
    let config = Config {
        cases: cases(400),
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    };
    let (completed, calls) = (Cell::new(0), Cell::new(0));
    let outcome = TestRunner::new(config).run(&exchanges(), |exchanges| {
        let expected = runtime.block_on(play(&exchanges, bare));
        for wrap in [wrapped, buffered, rebuilt] {
            let found = runtime.block_on(play(&exchanges, wrap));
            for ((expected, within, requests), (found, took, sent)) in expected.iter().zip(&found) {
                calls.set(calls.get() + 1);
                if expected.is_some() {
                    completed.set(completed.get() + 1);
                    prop_assert_eq!(found, expected);
                    // Each call has a path of its own: what a server closes for one closes nothing for another.
                    let late = took.saturating_sub(*within);
                    let most = Duration::from_millis(1);
                    prop_assert!(late <= most, "{:?} late", late);
                    prop_assert_eq!(sent, requests, "nothing is sent twice that came at once");
                }
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (completed, calls) = (completed.get(), calls.get());
    assert!(
        completed * 4 > calls,
        "only {completed} of {calls} calls say anything"
    );
}

// ===== by name =====

#[test]
fn an_answer_to_a_post_that_takes_45_s_comes_and_is_asked_for_once() {
    virtual_time().block_on(async {
        let server = Server::start(200.delay(45 * SECOND).body("done")).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "done");
        assert_eq!((now() - start).as_secs(), 45);
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn a_completion_that_streams_for_a_minute_and_more_is_never_cut() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(90).chunked().drip(1, SECOND)).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert!(now() - start < SECOND, "the head comes at once");
        assert_eq!(response.bytes().await.unwrap().len(), 90);
        assert_eq!((now() - start).as_secs(), 89);
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn the_first_event_of_an_endless_stream_comes_at_once() {
    virtual_time().block_on(async {
        let events = 200
            .header("content-type", "text/event-stream")
            .body("data: tick\n\n".repeat(1_000))
            .chunked()
            .drip(12, SECOND);
        let server = Server::start(events).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let mut response = client.get(server.url("/")).send().await.unwrap();
        for event in 0..120 {
            let chunk = response.chunk().await.unwrap().unwrap();
            assert_eq!(chunk, "data: tick\n\n");
            assert_eq!((now() - start).as_secs(), event);
        }
    });
}

#[test]
fn an_upload_that_takes_two_minutes_is_sent_once_and_whole() {
    virtual_time().block_on(async {
        let server = Server::start(201).await;
        let client = steadfast::wrap(Client::new());
        let pieces = stream::unfold(0, |n| async move {
            sleep(SECOND).await;
            (n < 120).then(|| (Ok::<_, Infallible>("x"), n + 1))
        });
        let body = reqwest::Body::wrap_stream(pieces);
        let response = client
            .post(server.url("/"))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(server.requests(), 1);
        assert_eq!(server.log().entries()[0].body.len(), 120);
    });
}

#[test]
fn large_bodies_and_headers_pass_both_ways() {
    virtual_time().block_on(async {
        let answer = 200.body_len(8 << 20).header("x-long", vec![b'l'; 60_000]);
        let server = Server::start(answer).await;
        let client = steadfast::wrap(Client::new());
        let response = client
            .put(server.url("/"))
            .header("x-long", "r".repeat(16_000))
            .body(vec![b'u'; 16 << 20])
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["x-long"].len(), 60_000);
        assert_eq!(response.bytes().await.unwrap().len(), 8 << 20);
        let arrived = &server.log().entries()[0];
        assert_eq!(arrived.body.len(), 16 << 20);
        assert_eq!(arrived.headers["x-long"].len(), 16_000);
    });
}

#[test]
fn what_a_success_says_about_time_delays_nobody() {
    virtual_time().block_on(async {
        let answer = 200
            .retry_after(3600)
            .header("ratelimit", "\"default\";r=0;t=3600")
            .header("x-ratelimit-remaining", "0");
        let server = Server::start(answer).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        for _ in 0..20 {
            assert_eq!(
                client.get(server.url("/")).send().await.unwrap().status(),
                200
            );
        }
        assert!(now() - start <= Duration::from_millis(1));
        assert_eq!(server.requests(), 20);
    });
}

#[test]
fn connections_are_reused_as_by_the_bare_client() {
    virtual_time().block_on(async {
        let mut connections = Vec::new();
        for wrap in [bare, wrapped] {
            let server = Server::start(script![200.body_len(5_000), 404.body_len(500), 204]).await;
            let client = wrap(&Client::new());
            for _ in 0..30 {
                let response = client.get(server.url("/")).send().await.unwrap();
                response.bytes().await.unwrap();
            }
            connections.push(server.connections());
        }
        assert_eq!(connections, [1, 1]);
    });
}

#[test]
fn redirects_are_followed_as_the_client_says() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/303", 303.header("location", "/got"))
            .on("/307", 307.header("location", "/posted"))
            .on("GET /got", 200)
            .on("POST /posted", 200)
            .start()
            .await;
        let client = steadfast::wrap(Client::new());
        for (from, to) in [("/303", "/got"), ("/307", "/posted")] {
            let response = client
                .post(server.url(from))
                .body("x")
                .send()
                .await
                .unwrap();
            assert_eq!(
                (response.status().as_u16(), response.url().path()),
                (200, to)
            );
        }
        assert_eq!(server.log().to("/posted")[0].body, "x");
        let none = Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = steadfast::wrap(none.build().unwrap());
        let response = client.post(server.url("/303")).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.url().path()),
            (303, "/303")
        );
        assert_eq!(response.headers()["location"], "/got");
    });
}

#[test]
fn the_clients_own_timeouts_keep_their_meaning() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(10).drip(5, 8 * SECOND)).await;
        for (timeout, complete) in [(9, true), (7, false)] {
            let client = Client::builder().timeout(timeout * SECOND).build().unwrap();
            let client = steadfast::wrap(client);
            let response = client.post(server.url("/")).send().await.unwrap();
            let body = response.bytes().await;
            assert_eq!(body.is_ok(), complete, "{timeout} s, body included");
        }
    });
}

#[test]
fn expectations_are_sent_on_and_answered() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = steadfast::wrap(Client::new());
        let request = client
            .post(server.url("/"))
            .header("expect", "100-continue");
        assert_eq!(request.body("x").send().await.unwrap().status(), 200);
        let arrived = &server.log().entries()[0];
        assert_eq!(arrived.header("expect"), Some("100-continue"));
        assert_eq!(arrived.body, "x");
    });
}

/// Answers the first request on each connection with these bytes, then echoes what comes.
async fn raw(answers: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    url
}

#[test]
fn early_hints_are_passed_over_and_the_answer_comes() {
    virtual_time().block_on(async {
        let answer = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n\
            HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        let url = raw(vec![answer]).await;
        let response = steadfast::wrap(Client::new())
            .get(url)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "ok");
    });
}

#[test]
fn an_upgraded_connection_works_in_both_directions_also_after_a_retry() {
    const SWITCHED: &str =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    const FULL: &str = "HTTP/1.1 503 Full\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    virtual_time().block_on(async {
        for answers in [vec![SWITCHED], vec![FULL, SWITCHED]] {
            let attempts = answers.len();
            let url = raw(answers).await;
            let request = steadfast::wrap(Client::new()).get(url);
            let request = request
                .header("connection", "upgrade")
                .header("upgrade", "echo");
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 101);
            assert_eq!(response.record().attempt_count(), attempts);
            let mut stream = response.upgrade().await.unwrap();
            stream.write_all(b"ping").await.unwrap();
            let mut echo = [0; 4];
            stream.read_exact(&mut echo).await.unwrap();
            assert_eq!(&echo, b"ping");
        }
    });
}

#[test]
fn an_http_1_0_answer_that_ends_with_its_connection_comes_whole() {
    virtual_time().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\nhello")
                .await
                .unwrap();
            stream.shutdown().await.unwrap();
        });
        let response = steadfast::wrap(Client::new())
            .get(url)
            .send()
            .await
            .unwrap();
        assert_eq!(response.version(), http::Version::HTTP_10);
        assert_eq!(response.text().await.unwrap(), "hello");
    });
}
