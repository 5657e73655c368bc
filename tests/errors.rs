//! What a failed call tells: a transport error is the very one that bare reqwest gives, limits of our own say what they
//! refused and when to come back, an error status comes with everything one needs to know, and no message of ours
//! carries a secret.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "errors/mistakes.rs"]
mod mistakes;
#[path = "errors/refused.rs"]
mod refused;
#[path = "errors/secrets.rs"]
mod secrets;
#[path = "errors/status.rs"]
mod status;

use std::error::Error as StdError;
use std::time::Duration;

use common::{Watch, client};
use reqwest::Url;
use steadfast::error::{FailureKind, Refusal};
use steadfast::prelude::*;
use steadfast::record::{Outcome, Stop};
use steadfast::{Error, ErrorExt, ErrorKind, Policy, Rate};
use steadfast_testkit::{Server, Step, refused_port, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// Everything that an error of reqwest answers.
fn answers(error: &reqwest::Error) -> String {
    let mut shown = format!(
        "timeout {} connect {} request {} body {} builder {} redirect {} status {:?} url {:?}: {error}",
        error.is_timeout(),
        error.is_connect(),
        error.is_request(),
        error.is_body(),
        error.is_builder(),
        error.is_redirect(),
        error.status(),
        error.url().map(Url::as_str),
    );
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" < {error}");
        source = error.source();
    }
    shown
}

#[test]
fn a_transport_error_answers_as_that_of_the_bare_client() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/silence", script![silence])
            .on("/reset", script![reset])
            .on("/fin", script![fin])
            .on("/loop", Step::from(302).header("location", "/loop"))
            .on("/garbage", Step::from(200).header("no token", "x"))
            .start()
            .await;
        let urls = [
            server.url("/silence?a=b"),
            server.url("/reset"),
            server.url("/fin"),
            server.url("/loop"),
            server.url("/garbage"),
            format!("http://{}/refused", refused_port()),
            "ftp://files.example/a".to_owned(),
        ];
        for url in urls {
            let bare = reqwest::Client::new()
                .get(&url)
                .timeout(SECOND)
                .send()
                .await
                .unwrap_err();
            let ours = client(Policy::standard())
                .get(&url)
                .timeout(SECOND)
                .send()
                .await
                .unwrap_err();
            assert_eq!(ours.to_string(), bare.to_string());
            assert_eq!(
                (ours.is_timeout(), ours.is_connect()),
                (bare.is_timeout(), bare.is_connect())
            );
            assert_eq!(ours.url(), bare.url());
            assert_eq!(ErrorExt::url(&ours), bare.url());
            assert_eq!(
                (ours.timed_out(), ours.connect()),
                (bare.timed_out(), bare.connect())
            );
            assert_eq!(ours.may_have_been_sent(), bare.may_have_been_sent());
            let reqwest_middleware::Error::Reqwest(ours) = ours else {
                panic!("{ours:?}")
            };
            assert_eq!(answers(&ours), answers(&bare));
        }
    });
}

#[test]
fn a_silent_server_is_asked_three_times_and_the_record_says_why() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let start = Watch::start();
        let request = client(Policy::standard())
            .get(server.url("/"))
            .timeout(SECOND);
        let (record, result) = request.send_recorded().await;
        assert!(result.unwrap_err().is_timeout());
        assert_eq!(server.requests(), 3);
        assert_eq!(record.attempt_count(), 3);
        assert_eq!(record.stop(), Stop::Attempts(3));
        for attempt in record.attempts() {
            assert_eq!(attempt.outcome, Outcome::Failed(FailureKind::Timeout));
            assert_eq!(attempt.took, SECOND);
        }
        // A timer of tokio fires up to a millisecond late.
        let beyond = start.elapsed() - 3 * SECOND - record.waited();
        assert!(beyond <= Duration::from_millis(5), "{beyond:?}");
        assert_eq!(record.elapsed(), Some(start.elapsed()));
        let shown = record.to_string();
        assert!(shown.starts_with("3 attempts in 3"), "{shown}");
        assert!(
            shown.ends_with("timeout; gave up: 3 attempts are allowed"),
            "{shown}"
        );
    });
}

#[test]
fn a_call_that_the_rate_limit_refuses_says_when_it_could_be_served() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policy = Policy::standard()
            .rate_limit(Rate::per(1, 10 * SECOND))
            .max_wait(SECOND);
        let client = client(policy);
        client.get(server.url("/")).send().await.unwrap();
        let start = Watch::start();
        let error = client
            .post(server.url("/a?token=1"))
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (start.elapsed(), server.requests()),
            (Duration::ZERO, 1),
            "refused at once"
        );

        assert!(!error.timed_out() && !error.connect() && !error.may_have_been_sent());
        let wait = error.retry_after().unwrap();
        assert!(wait > 9 * SECOND && wait <= 10 * SECOND, "{wait:?}");
        assert_eq!(
            ErrorExt::url(&error).unwrap().as_str(),
            server.url("/a?token=1")
        );
        let record = error.record().unwrap();
        assert_eq!(record.stop(), Stop::Refused(Refusal::RateLimited { wait }));
        assert_eq!(record.resume_at(), Some(start.0 + wait));

        let error = Error::from(error);
        assert_eq!(
            (error.kind(), error.retry_after()),
            (ErrorKind::RateLimited, Some(wait))
        );
        assert!(error.is_transient() && !error.is_timeout() && !error.may_have_been_sent());
        assert_eq!(
            error.to_string(),
            format!(
                "the rate limit would delay this call by 10 s, longer than it may wait: {}",
                server.url("/a?token=REDACTED")
            ),
        );
        tokio::time::sleep(wait).await;
        client.get(server.url("/")).send().await.unwrap();
    });
}

#[test]
fn timeouts_of_our_own_say_so() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let policies = [
            (
                Policy::standard().attempt_timeout(SECOND),
                3,
                "the attempt was not answered within 1 s",
            ),
            (
                Policy::standard().deadline(SECOND),
                1,
                "the call was not answered by its deadline",
            ),
        ];
        for (policy, attempts, message) in policies {
            let before = server.requests();
            let error = client(policy)
                .get(server.url("/a"))
                .send()
                .await
                .unwrap_err();
            assert_eq!(server.requests() - before, attempts, "{message}");
            assert!(error.timed_out() && !error.connect() && error.may_have_been_sent());
            assert_eq!(error.retry_after(), None);
            assert_eq!(ErrorExt::url(&error).unwrap().path(), "/a");
            let record = error.record().unwrap();
            assert_eq!(record.attempt_count(), attempts);
            assert!(matches!(record.attempts()[0].outcome, Outcome::Refused(_)));
            assert_eq!(record.attempts()[0].outcome.to_string(), "timeout");
            let error = Error::from(error);
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.is_timeout() && error.is_transient());
            assert_eq!(
                error.to_string(),
                format!("{message}: {}", server.url("/a"))
            );
        }
    });
}

#[test]
fn one_error_type_serves_send_status_and_body() {
    async fn call(url: String) -> Result<String, Error> {
        let request = client(Policy::standard()).get(url).timeout(SECOND);
        Ok(request.send().await?.ensure_success().await?.text().await?)
    }
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/ok", Step::from(200).body("fine"))
            .on("/gone", 410)
            .on("/reset", script![reset])
            .on("/half", Step::from(200).body_len(100).half_body())
            .on("/silence", script![silence])
            .start()
            .await;
        assert_eq!(call(server.url("/ok")).await.unwrap(), "fine");
        for (path, kind) in [
            ("/gone", ErrorKind::Status),
            ("/reset", ErrorKind::Interrupted),
            ("/half", ErrorKind::Interrupted),
            ("/silence", ErrorKind::Timeout),
        ] {
            let error = call(server.url(path)).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{path}");
            assert_eq!(error.url().unwrap().as_str(), server.url(path));
            assert_eq!(error.is_timeout(), path == "/silence");
            assert_eq!(
                error.transport().is_some(),
                kind != ErrorKind::Status,
                "{path}"
            );
            assert!(error.may_have_been_sent());
        }
        let error = call(format!("http://{}/", refused_port()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.is_connect() && error.is_transient() && !error.may_have_been_sent());
        assert!(error.source().is_some());
    });
}

#[test]
fn an_error_names_its_cause_in_one_line_and_keeps_it_as_its_source() {
    virtual_time().block_on(async {
        let server = Server::start(script![200.body("{\n\"id\": oops}"), reset]).await;
        let client = client(Policy::standard().attempts(1));
        let url = |url: &str| format!("{url}?token=s3cret");
        let sent = |url: String| {
            let call = client.get(url).send();
            async { call.await.map_err(Error::from) }
        };
        let refused = sent(url(&format!("http://{}/a", refused_port()))).await;
        let response = sent(url(&server.url("/a"))).await.unwrap();
        let json = response.json::<serde_json::Value>().await;
        let reset = sent(url(&server.url("/a"))).await;
        let invalid = sent(url("example.com/a")).await;
        for (error, kind, place, cause) in [
            (
                refused.unwrap_err(),
                "no connection",
                true,
                "Connection refused",
            ),
            (
                Error::from(json.unwrap_err()),
                "undecodable body",
                true,
                "expected value at line 2 column 7",
            ),
            (
                reset.unwrap_err(),
                "connection reset",
                true,
                "Connection reset by peer",
            ),
            (
                invalid.unwrap_err(),
                "invalid request",
                false,
                "relative URL without a base",
            ),
        ] {
            let text = error.to_string();
            let parts: Vec<_> = text.split(": ").collect();
            assert_eq!(
                (parts[0], parts.len()),
                (kind, if place { 3 } else { 2 }),
                "{text}"
            );
            assert!(parts[parts.len() - 1].starts_with(cause), "{text}");
            assert!(!text.contains("s3cret") && !text.contains('\n'), "{text}");
            let source = error.source().unwrap();
            assert!(source.is::<reqwest::Error>(), "{source:?}");
        }
    });
}
