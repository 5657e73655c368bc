//! What a failed transport is taken for: real sockets pin each reading, and with it how often a GET and a POST are sent.
//!
//! A request that never left (no connection, no name) is sent again whatever its method; one that a server may have
//! carried out only if that does no harm. What reqwest itself sends again (HTTP/2 streams that the server refused, twice
//! per attempt) is counted too: a server can see more requests than there were attempts.
//! Failures of TLS are in `tls.rs`, since they need a TLS feature of reqwest.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "transport_failures/http2.rs"]
mod http2;
#[path = "transport_failures/resolver.rs"]
mod resolver;

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::policies;
use http::Method;
use reqwest_middleware::ClientWithMiddleware;
use resolver::Resolver;
use steadfast::error::FailureKind;
use steadfast::prelude::*;
use steadfast::record::{Outcome, Stop};
use steadfast::{Backoff, Policy, Record};
use steadfast_testkit::{Script, Server, Step, refused_port, script, virtual_time};

/// What a call came to.
struct Seen {
    record: Record,
    error: reqwest_middleware::Error,
}

impl Seen {
    /// The kind of all its attempts' failures.
    fn kind(&self) -> FailureKind {
        let mut kinds = self
            .record
            .attempts()
            .iter()
            .map(|attempt| match attempt.outcome {
                Outcome::Failed(kind) => kind,
                outcome => panic!("{outcome}"),
            });
        let first = kinds.next().unwrap();
        assert!(kinds.all(|kind| kind == first), "{}", self.record);
        first
    }
}

fn wrap(client: reqwest::ClientBuilder) -> ClientWithMiddleware {
    policies(Policy::standard()).wrap(client.build().unwrap())
}

/// Sends a request that fails.
async fn fails(client: &ClientWithMiddleware, method: Method, url: &str) -> Seen {
    let request = client.request(method, url).timeout(Duration::from_secs(1));
    let (record, result) = request.send_recorded().await;
    Seen {
        record,
        error: result.unwrap_err(),
    }
}

/// What a GET and a POST to a server come to, each with how many requests the server saw.
async fn both(script: impl Into<Script>) -> [(Seen, usize); 2] {
    let server = Server::start(script).await;
    let client = wrap(reqwest::Client::builder());
    let get = fails(&client, Method::GET, &server.url("/")).await;
    let gets = server.requests();
    let post = fails(&client, Method::POST, &server.url("/")).await;
    let posts = server.requests() - gets;
    [(get, gets), (post, posts)]
}

#[test]
fn a_refused_port_was_never_reached_so_every_method_is_sent_again() {
    virtual_time().block_on(async {
        let client = wrap(reqwest::Client::builder());
        for method in [Method::GET, Method::POST] {
            let seen = fails(&client, method, &format!("http://{}/", refused_port())).await;
            assert_eq!(seen.kind(), FailureKind::Connect);
            assert_eq!(seen.record.attempt_count(), 3);
            assert_eq!(seen.record.stop(), Stop::Attempts(3));
            assert!(seen.error.connect() && seen.error.is_connect() && !seen.error.timed_out());
            assert!(!seen.error.may_have_been_sent());
        }
    });
}

#[test]
fn a_connection_that_ends_before_the_head_may_have_carried_the_request() {
    virtual_time().block_on(async {
        for script in [script![reset], script![fin]] {
            let [(get, gets), (post, posts)] = both(script).await;
            assert_eq!((get.kind(), gets), (FailureKind::Reset, 3));
            assert_eq!((post.kind(), posts), (FailureKind::Reset, 1));
            assert!(
                matches!(post.record.stop(), Stop::NotRepeatable(_)),
                "{}",
                post.record
            );
            assert!(get.error.may_have_been_sent() && post.error.may_have_been_sent());
            assert!(!get.error.connect() && !get.error.timed_out());
        }
    });
}

#[test]
fn silence_is_a_timeout_and_may_have_carried_the_request() {
    virtual_time().block_on(async {
        let [(get, gets), (post, posts)] = both(script![silence]).await;
        assert_eq!((get.kind(), gets), (FailureKind::Timeout, 3));
        assert_eq!((post.kind(), posts), (FailureKind::Timeout, 1));
        assert!(get.error.timed_out() && get.error.is_timeout() && !get.error.connect());
        assert!(get.error.may_have_been_sent());
    });
}

#[test]
fn an_answer_that_is_no_http_counts_as_maybe_processed() {
    virtual_time().block_on(async {
        let garbage = Step::from(200).header("no token", "x");
        let [(get, gets), (post, posts)] = both(garbage).await;
        assert_eq!((get.kind(), gets), (FailureKind::Other, 3));
        assert_eq!((post.kind(), posts), (FailureKind::Other, 1));
        assert!(post.error.may_have_been_sent());
    });
}

#[test]
fn a_name_that_is_not_found_is_looked_up_once_more_and_no_longer() {
    virtual_time().block_on(async {
        for method in [Method::GET, Method::POST] {
            let resolver = Resolver::failing();
            let client = wrap(reqwest::Client::builder().dns_resolver(resolver.clone()));
            let seen = fails(&client, method, "http://api.example/").await;
            assert_eq!(seen.kind(), FailureKind::Dns);
            assert_eq!(resolver.lookups.load(Ordering::Relaxed), 2);
            assert_eq!(seen.record.stop(), Stop::RuleLimit(1));
            assert!(seen.record.elapsed().unwrap() <= Duration::from_millis(200));
            assert!(seen.error.connect() && !seen.error.may_have_been_sent());
        }
    });
}

#[test]
fn the_systems_own_resolver_is_understood() {
    virtual_time().block_on(async {
        // A label of 64 bytes cannot be asked for (RFC 1035, 2.3.4), so nothing goes out to the network.
        let url = format!("http://{}.example/", "a".repeat(64));
        let seen = fails(&wrap(reqwest::Client::builder()), Method::POST, &url).await;
        assert_eq!(
            (seen.kind(), seen.record.attempt_count()),
            (FailureKind::Dns, 2)
        );
    });
}

#[test]
fn a_connection_that_is_not_made_in_time_was_never_reached() {
    virtual_time().block_on(async {
        let connect_timeout = Duration::from_millis(300);
        for method in [Method::GET, Method::POST] {
            let resolver = Resolver::silent();
            let builder = reqwest::Client::builder().dns_resolver(resolver.clone());
            let client = wrap(builder.connect_timeout(connect_timeout));
            let seen = fails(&client, method, "http://api.example/").await;
            assert_eq!(seen.kind(), FailureKind::ConnectTimeout);
            assert_eq!(resolver.lookups.load(Ordering::Relaxed), 3);
            assert!(seen.error.connect() && seen.error.timed_out());
            assert!(!seen.error.may_have_been_sent());
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_port_whose_queue_is_full_is_a_connect_timeout() {
    virtual_time().block_on(async {
        // Linux drops what would open a further connection when a listener's queue is full.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let full: Vec<_> = (0..8)
            .map(|_| {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                tokio::spawn(socket.connect(address))
            })
            .collect();
        tokio::task::yield_now().await;
        let builder = reqwest::Client::builder().connect_timeout(Duration::from_millis(300));
        let seen = fails(&wrap(builder), Method::POST, &format!("http://{address}/")).await;
        assert_eq!(
            (seen.kind(), seen.record.attempt_count()),
            (FailureKind::ConnectTimeout, 3)
        );
        drop((full, listener));
    });
}

#[test]
fn a_request_that_makes_no_sense_is_not_sent_again() {
    virtual_time().block_on(async {
        let client = wrap(reqwest::Client::builder());
        let seen = fails(&client, Method::GET, "ftp://files.example/a").await;
        assert_eq!(
            (seen.kind(), seen.record.attempt_count()),
            (FailureKind::InvalidRequest, 1)
        );
        assert!(seen.error.is_builder() && !seen.error.may_have_been_sent());
    });
}

#[test]
fn a_redirect_loop_is_walked_once() {
    virtual_time().block_on(async {
        let [(get, gets), _] = both(Step::from(302).header("location", "/")).await;
        assert_eq!(
            (get.kind(), get.record.attempt_count()),
            (FailureKind::Redirect, 1)
        );
        assert_eq!(gets, 11, "reqwest follows ten redirects");
        assert!(get.error.is_redirect());
    });
}

#[test]
fn a_failure_is_treated_as_the_policy_says() {
    virtual_time().block_on(async {
        let server = Server::start(script![reset]).await;
        for (rule, requests) in [
            (steadfast::Rule::FailFast, 1),
            (steadfast::Rule::retry(1), 2),
        ] {
            let policy = Policy::standard()
                .on_failure(FailureKind::Reset, rule)
                .backoff(Backoff::fixed(Duration::ZERO));
            let before = server.requests();
            let client = policies(policy).wrap(reqwest::Client::new());
            fails(&client, Method::GET, &server.url("/")).await;
            assert_eq!(server.requests() - before, requests);
        }
    });
}

/// A redirect is followed inside of an attempt: the `POST` was carried out, whatever the place it led to says of itself.
#[test]
fn a_post_is_not_repeated_for_what_a_redirect_led_to() {
    virtual_time().block_on(async {
        for (status, gets) in [(429, 1), (425, 1), (200, 1)] {
            let server = Server::builder()
                .on("POST /orders", Step::from(303).header("location", "/done"))
                .on("GET /done", Step::from(status))
                .start()
                .await;
            let client = policies(Policy::standard()).wrap(reqwest::Client::new());
            let response = client.post(server.url("/orders")).send().await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(server.requests_to("POST /orders"), 1, "{status}");
            assert_eq!(server.requests_to("GET /done"), gets, "{status}");

            let again = client.get(server.url("/done")).send().await.unwrap();
            let attempts = if status == 200 { 1 } else { 3 };
            assert_eq!(
                again.record().attempt_count(),
                attempts,
                "a GET is: {status}"
            );
        }
    });
}
