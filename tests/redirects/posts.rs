//! A `POST` that was carried out and answered with a redirect is not sent again for what happened behind it.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Extensions;
use reqwest::{Client, Request, Response};
use reqwest_middleware::{Middleware, Next};
use steadfast::prelude::*;
use steadfast::{Error, Policy};
use steadfast_testkit::{Server, StatusExt, Step, refused_port, virtual_time};

use super::common::policies;

/// What a redirect leads to in vain.
fn behind() -> [(&'static str, String, Step); 5] {
    let done = || "/done".to_owned();
    [
        ("421", done(), 421.into()),
        ("425", done(), 425.into()),
        ("429", done(), 429.retry_after(0)),
        (
            "refused connection",
            format!("http://{}/", refused_port()),
            200.into(),
        ),
        (
            "unknown host",
            "http://unknown.invalid/".to_owned(),
            200.into(),
        ),
    ]
}

async fn server(location: String, answer: Step) -> Server {
    let builder = Server::builder().on("POST /orders", 303.header("location", location));
    builder.on("/done", answer).start().await
}

#[test]
fn a_processed_post_is_never_sent_again_behind_a_redirect() {
    virtual_time().block_on(async {
        for (what, location, answer) in behind() {
            let server = server(location, answer).await;
            let client = policies(Policy::standard());
            let client = client.wrap_builder(Client::builder()).unwrap();
            let (record, result) = client.post(server.url("/orders")).send_recorded().await;
            assert_eq!(server.requests_to("POST /orders"), 1, "{what}: {record}");
            assert!(record.may_have_been_sent(), "{what}: {record}");
            let Err(error) = result else { continue };
            assert!(error.is_connect(), "{what}: {error}");
            assert!(error.may_have_been_sent(), "{what}: {error}");
            let error = Error::from(error);
            assert!(error.may_have_been_sent() && error.is_connect(), "{what}");
            assert_eq!(error.url().unwrap().fragment(), None, "{what}");
        }
    });
}

#[test]
fn where_only_the_client_sees_redirects_a_switch_says_that_there_may_be_some() {
    virtual_time().block_on(async {
        for (what, location, answer) in behind() {
            let server = server(location, answer).await;
            let policy = Policy::standard().posts_may_redirect(true);
            let client = policies(policy).wrap(Client::new());
            let (record, _) = client.post(server.url("/orders")).send_recorded().await;
            assert_eq!(server.requests_to("POST /orders"), 1, "{what}: {record}");
        }
        // Back to the same URL.
        for answer in [421, 425, 429] {
            let server = Server::builder()
                .on("POST /orders", 303.header("location", "/orders"))
                .on("GET /orders", Step::status(answer))
                .start()
                .await;
            let policy = Policy::standard().posts_may_redirect(true);
            let client = policies(policy).wrap(Client::new());
            client.post(server.url("/orders")).send().await.unwrap();
            assert_eq!(server.requests_to("POST /orders"), 1, "{answer}");
        }
    });
}

/// Answers by hand, as mocks and caches do: such a response names no URL.
struct ByHand(AtomicUsize);

#[async_trait::async_trait]
impl Middleware for ByHand {
    async fn handle(
        &self,
        _: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let status = match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => 429,
            _ => 200,
        };
        let response = http::Response::builder().status(status).body("");
        Ok(response.unwrap().into())
    }
}

#[test]
fn a_response_that_names_no_url_was_not_redirected() {
    virtual_time().block_on(async {
        let client = reqwest_middleware::ClientBuilder::new(Client::new())
            .with(policies(Policy::standard()).middleware())
            .with(ByHand(AtomicUsize::new(0)))
            .build();
        let response = client.post("http://api.test/orders").send().await.unwrap();
        assert_eq!(response.status(), 200);
    });
}

#[test]
fn without_a_redirect_a_429_is_proof_whatever_the_switch_says_where_redirects_are_seen() {
    virtual_time().block_on(async {
        for (switch, seen, posts) in [
            (false, false, 3),
            (false, true, 3),
            (true, false, 1),
            (true, true, 3),
        ] {
            let server = Server::start(429.retry_after(0)).await;
            let policies = policies(Policy::standard().posts_may_redirect(switch));
            let client = match seen {
                true => policies.wrap_builder(Client::builder()).unwrap(),
                false => policies.wrap(Client::new()),
            };
            client.post(server.url("/orders")).send().await.unwrap();
            assert_eq!(server.requests(), posts, "switch {switch}, seen {seen}");
        }
    });
}
