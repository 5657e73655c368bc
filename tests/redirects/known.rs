//! Where an answer came from is known exactly.

use http::Extensions;
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use steadfast::prelude::*;
use steadfast::{Policy, wrap_with};
use steadfast_testkit::{Server, StatusExt, Step, virtual_time};

use super::common::policies;

/// A redirect to the very URL: the `POST` was processed, though the URLs are the same.
#[test]
fn a_post_whose_redirect_led_back_to_it_is_not_sent_again() {
    virtual_time().block_on(async {
        for status in [429, 425] {
            let server = Server::builder()
                .on("POST /orders", 303.header("location", "/orders"))
                .on("GET /orders", Step::status(status))
                .start()
                .await;
            let client = policies(Policy::standard());
            let client = client.wrap_builder(Client::builder()).unwrap();
            let response = client.post(server.url("/orders")).send().await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(server.requests_to("POST /orders"), 1);
            assert_eq!(response.record().attempts()[0].hops.followed, 1);
        }
    });
}

/// A middleware further in that sends requests elsewhere.
struct Elsewhere(String);

#[async_trait::async_trait]
impl Middleware for Elsewhere {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let path = request.url().path().to_owned();
        *request.url_mut() = format!("{}{path}?key=1", self.0).parse().unwrap();
        next.run(request, extensions).await
    }
}

#[test]
fn a_redirect_is_read_from_where_the_request_was_really_sent() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/a/b", 302.header("location", "c"))
            .on("/a/c", 200)
            .start()
            .await;
        let client = policies(Policy::standard());
        let client = client.wrap_builder(Client::builder()).unwrap();
        let elsewhere = Elsewhere(server.url("").trim_end_matches('/').to_owned());
        let client = ClientBuilder::from_client(client).with(elsewhere).build();
        let response = client.get("http://nowhere.invalid/a/b").send().await;
        assert_eq!(response.unwrap().url().path(), "/a/c");
        let paths: Vec<_> = server
            .log()
            .entries()
            .into_iter()
            .map(|request| request.path)
            .collect();
        assert_eq!(paths, ["/a/b?key=1", "/a/c?key=1"]);
    });
}

#[test]
fn one_policy_goes_around_a_client() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let client = wrap_with(Policy::standard().attempts(2), Client::new()).unwrap();
        client.get(server.url("/")).send().await.unwrap();
        assert_eq!(server.requests(), 2);
        let mistake = wrap_with(Policy::standard().attempts(0), Client::new()).unwrap_err();
        assert!(mistake.to_string().contains("`attempts` is 0"), "{mistake}");
    });
}
