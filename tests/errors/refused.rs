//! A retry that a limit of our own refuses: the call returns what its last attempt brought.

use std::time::Duration;

use reqwest::Client;
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use steadfast::error::Refusal;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Error, ErrorKind, Policy, Quota, Rate};
use steadfast_testkit::{Script, Server, refused_port, script, virtual_time};

use super::common::policies;

/// Whether a refusal is the expected one.
type Expected = fn(Refusal) -> bool;

/// Policies under which one attempt may be sent, and the refusal of the next one.
fn limits() -> [(Policy, Expected); 2] {
    let rate = Policy::standard().rate_limit(Rate::per_minute(1));
    [
        (Policy::standard().quota(Quota::per_day(1)), |refusal| {
            matches!(refusal, Refusal::QuotaUsedUp { .. })
        }),
        (
            rate.max_wait(Duration::ZERO)
                .retry_for(Duration::from_secs(3600)),
            |refusal| matches!(refusal, Refusal::RateLimited { .. }),
        ),
    ]
}

fn keyed(client: &ClientWithMiddleware, server: &Server) -> RequestBuilder {
    let request = client.post(server.url("/orders"));
    request.header("idempotency-key", "8e03978e").body("order")
}

#[test]
fn a_keyed_post_that_was_sent_says_so_when_a_limit_of_our_own_refuses_its_retry() {
    virtual_time().block_on(async {
        for (policy, is_expected) in limits() {
            let server = Server::start(script![reset, 200]).await;
            let client = policies(policy).wrap(Client::new());
            let (record, result) = keyed(&client, &server).send_recorded().await;
            let error = result.unwrap_err();
            assert!(matches!(error, reqwest_middleware::Error::Reqwest(_)));
            assert!(error.may_have_been_sent() && record.may_have_been_sent());
            assert_eq!(Error::from(error).kind(), ErrorKind::Interrupted);
            assert_eq!((record.attempt_count(), server.requests()), (1, 1));
            let Stop::Refused(refusal) = record.stop() else {
                panic!("{record}")
            };
            assert!(is_expected(refusal), "{record}");
            assert!(record.resume_at().is_some(), "{record}");
        }
    });
}

#[test]
fn the_last_answer_is_returned_whole_when_a_limit_of_our_own_refuses_the_retry() {
    virtual_time().block_on(async {
        for (policy, is_expected) in limits() {
            for len in [0, 2, 16 * 1024] {
                let busy: Script = script![503.body_len(len), 200];
                let server = Server::start(busy).await;
                let client = policies(policy.clone()).wrap(Client::new());
                let response = client.get(server.url("/")).send().await.unwrap();
                assert_eq!(response.status(), 503);
                let record = response.record();
                let Stop::Refused(refusal) = record.stop() else {
                    panic!("{record}")
                };
                assert!(is_expected(refusal), "{record}");
                assert_eq!(response.url().as_str(), server.url("/"));
                assert_eq!(response.bytes().await.unwrap().len(), len);
                assert_eq!(server.requests(), 1);
            }
        }
    });
}

#[test]
fn the_refusal_is_the_error_where_the_answer_was_too_long_to_be_kept_and_says_that_one_was_sent() {
    virtual_time().block_on(async {
        for len in [17 * 1024, 1024 * 1024] {
            let server = Server::start(script![503.body_len(len), 200]).await;
            let [(policy, _), _] = limits();
            let client = policies(policy).wrap(Client::new());
            let error = client.get(server.url("/")).send().await.unwrap_err();
            assert!(error.may_have_been_sent());
            assert_eq!(error.record().unwrap().attempt_count(), 1);
            assert_eq!(Error::from(error).kind(), ErrorKind::QuotaUsedUp);
        }
    });
}

#[test]
fn a_retry_that_was_sent_and_cut_by_the_deadline_is_what_ended_the_call() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, silence]).await;
        let policy = Policy::standard().deadline(Duration::from_secs(20));
        let client = policies(policy).wrap(Client::new());
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert!(error.may_have_been_sent());
        assert_eq!(
            (error.record().unwrap().attempt_count(), server.requests()),
            (2, 2)
        );
        assert_eq!(Error::from(error).kind(), ErrorKind::Timeout);
    });
}

#[test]
fn what_was_never_sent_still_says_so() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let [(policy, _), _] = limits();
        let client = policies(policy).wrap(Client::new());
        client.get(server.url("/")).send().await.unwrap();
        let error = keyed(&client, &server).send().await.unwrap_err();
        assert!(!error.may_have_been_sent());
        assert_eq!(Error::from(error).kind(), ErrorKind::QuotaUsedUp);
    });
}

/// A middleware further in that sends all attempts but the first to where nobody listens.
struct Away(std::sync::atomic::AtomicBool);

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Away {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        if self.0.swap(true, std::sync::atomic::Ordering::Relaxed) {
            *request.url_mut() = format!("http://{}/", refused_port()).parse().unwrap();
        }
        next.run(request, extensions).await
    }
}

#[test]
fn a_keyed_post_that_was_sent_says_so_when_its_last_connection_is_refused() {
    virtual_time().block_on(async {
        for (method, marked) in [("POST", true), ("GET", false)] {
            let server = Server::start(script![reset]).await;
            let client = reqwest_middleware::ClientBuilder::new(Client::new())
                .with(policies(Policy::standard()).middleware())
                .with(Away(false.into()))
                .build();
            let request = client.request(method.parse().unwrap(), server.url("/orders"));
            let request = request.header("idempotency-key", "8e03978e");
            let (record, result) = request.send_recorded().await;
            let error = result.unwrap_err();
            assert_eq!((record.attempt_count(), server.requests()), (3, 1));
            assert!(error.is_connect() && record.may_have_been_sent());
            assert_eq!(error.may_have_been_sent(), marked, "{method}: {error}");
            assert_eq!(Error::from(error).may_have_been_sent(), marked);
        }
    });
}
