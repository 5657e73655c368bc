//! What a user's classifier may say, and what it is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use steadfast::error::FailureKind;
use steadfast::policy::Opinion;
use steadfast::prelude::*;
use steadfast::record::{Outcome, Reason, Stop};
use steadfast::{Policy, Rule};
use steadfast_testkit::{Server, Step, script, virtual_time};

use super::common::client;
use super::{RETRY, RETURNED, counts, get};

#[test]
fn a_classifier_may_abstain_retry_or_forbid() {
    virtual_time().block_on(async {
        let says = |opinion| Policy::standard().classify(move |_| opinion);
        assert_eq!(counts(says(Opinion::Abstain), Step::from(503)).await, RETRY);
        assert_eq!(
            counts(says(Opinion::Abstain), Step::from(200)).await,
            RETURNED
        );
        assert_eq!(counts(says(Opinion::Retry), Step::from(404)).await, RETRY);
        assert_eq!(
            counts(says(Opinion::Forbid), Step::from(503)).await,
            RETURNED
        );
        let (response, _) = get(says(Opinion::Forbid), 503).await;
        assert_eq!(response.record().stop(), Stop::FailFast(Reason::Classifier));
        let over = Policy::standard()
            .on(503, Rule::FailFast)
            .classify(|_| Opinion::Retry);
        assert_eq!(
            counts(over, Step::from(503)).await,
            RETRY,
            "it is asked before the rules"
        );
    });
}

#[test]
fn a_classifier_sees_the_exchange_and_sets_the_wait() {
    virtual_time().block_on(async {
        let policy = Policy::standard().classify(|exchange| {
            assert_eq!(exchange.method, Method::GET);
            assert_eq!(exchange.url.path, "/orders");
            assert_eq!(exchange.request_headers["x-tenant"], "acme");
            match exchange.outcome {
                Outcome::Status(status) if status == 409 => {
                    assert_eq!(exchange.headers.unwrap()["x-state"], "busy");
                    Opinion::RetryAfter(Duration::from_secs(3))
                }
                Outcome::Failed(FailureKind::Reset) => Opinion::RetryAfter(Duration::from_secs(5)),
                _ => Opinion::Abstain,
            }
        });
        let server = Server::start(script![409.header("x-state", "busy"), reset, 200]).await;
        let request = client(policy)
            .get(server.url("/orders"))
            .header("x-tenant", "acme");
        let record = request.send().await.unwrap().record();
        let waits: Vec<_> = record
            .attempts()
            .iter()
            .filter_map(|attempt| attempt.wait)
            .collect();
        assert_eq!(waits.len(), 2, "{record}");
        for (wait, floor) in waits.iter().zip([3.0, 5.0]) {
            let seconds = wait.time.as_secs_f64();
            assert!((floor..=floor * 1.1).contains(&seconds), "{seconds}");
        }
    });
}

#[test]
fn a_classifier_is_shown_16_kib_at_most_and_the_body_comes_whole() {
    virtual_time().block_on(async {
        for length in [0, 10, 16 * 1024, 16 * 1024 + 1, 200_000] {
            let asked = Arc::new(AtomicUsize::new(0));
            let shown = Arc::clone(&asked);
            let policy = Policy::standard().classify(move |exchange| match exchange.body_start {
                None => Opinion::ReadBody,
                Some(start) => {
                    assert_eq!(start.len(), length.min(16 * 1024));
                    shown.fetch_add(1, Ordering::Relaxed);
                    Opinion::ReadBody
                }
            });
            let body: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let server = Server::start(Step::from(200).body(body.clone())).await;
            let response = client(policy).get(server.url("/")).send().await.unwrap();
            assert_eq!(
                asked.load(Ordering::Relaxed),
                1,
                "asked a second time, it abstains"
            );
            assert_eq!(response.content_length(), Some(length as u64));
            assert_eq!(response.bytes().await.unwrap(), body);
        }
    });
}

#[test]
fn a_200_with_an_error_inside_is_retried() {
    virtual_time().block_on(async {
        let policy = Policy::standard().classify(|exchange| match exchange.body_start {
            None => Opinion::ReadBody,
            Some(start) if start.starts_with(br#"{"error""#) => Opinion::Retry,
            Some(_) => Opinion::Abstain,
        });
        let script = script![200.json(r#"{"error":"busy"}"#), 200.json(r#"{"ok":true}"#)];
        let server = Server::start(script).await;
        let response = client(policy).get(server.url("/")).send().await.unwrap();
        assert_eq!(server.requests(), 2);
        assert_eq!(response.record().attempts()[0].reason, Reason::Classifier);
        assert_eq!(response.text().await.unwrap(), r#"{"ok":true}"#);
    });
}

#[test]
fn a_classifier_is_asked_once_about_each_outcome() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let policy = Policy::standard().classify(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Opinion::Abstain
        });
        client(policy).get(server.url("/")).send().await.unwrap();
        assert_eq!((server.requests(), asked.load(Ordering::Relaxed)), (3, 3));
    });
}
