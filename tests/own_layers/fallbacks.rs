//! Fallbacks: what they answer for, and what they see.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderName, HeaderValue, StatusCode};
use steadfast::policy::FallbackResponse;
use steadfast::prelude::*;
use steadfast::{Error, ErrorKind, Policy};
use steadfast_testkit::{Server, script, virtual_time};

use super::client;

#[test]
fn a_fallback_answers_for_what_has_failed_for_good_and_for_nothing_else() {
    virtual_time().block_on(async {
        let empty = FallbackResponse::new(StatusCode::OK)
            .header(
                HeaderName::from_static("x-from"),
                HeaderValue::from_static("fallback"),
            )
            .body("[]");
        let client = client(Policy::standard().fallback(empty));
        let server = Server::start(503).await;
        let response = client.get(server.url("/items?a=1")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 3));
        assert_eq!(response.url().as_str(), server.url("/items?a=1"));
        assert_eq!(response.headers()["x-from"], "fallback");
        let record = response.record();
        assert!(
            record.is_fallback() && record.attempt_count() == 3,
            "{record}"
        );
        assert!(
            record.to_string().ends_with("; answered by the fallback"),
            "{record}"
        );
        assert_eq!(response.text().await.unwrap(), "[]");

        let server = Server::start(script![reset, reset, reset]).await;
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 3));

        let server = Server::start(script![502, 201.body("made")]).await;
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 201);
        assert!(!response.record().is_fallback());
        assert_eq!(response.text().await.unwrap(), "made");

        let mistake = client
            .get(server.url("/"))
            .call(|c| c.attempts(0))
            .send()
            .await;
        assert_eq!(
            Error::from(mistake.unwrap_err()).kind(),
            ErrorKind::InvalidRequest
        );
    });
}

#[test]
fn a_fallback_closure_sees_the_request_the_outcome_and_the_record_and_may_decline() {
    virtual_time().block_on(async {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let policy = Policy::standard().fallback_with(move |call| {
            count.fetch_add(1, Ordering::Relaxed);
            assert_eq!(call.request.url.path, "/items");
            assert_eq!(call.request.headers["x-tenant"], "acme");
            let is_down = call
                .outcome
                .status()
                .is_none_or(|status| status.is_server_error());
            let tries = call.record.attempt_count();
            is_down.then(|| FallbackResponse::new(StatusCode::OK).body(format!("after {tries}")))
        });
        let client = client(policy);
        let get = |server: &Server| {
            let request = client.get(server.url("/items"));
            request.header("x-tenant", "acme").send()
        };
        let server = Server::start(503).await;
        let response = get(&server).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "after 3");
        let server = Server::start(404).await;
        assert_eq!(get(&server).await.unwrap().status(), 404);
        let server = Server::start(200).await;
        assert_eq!(get(&server).await.unwrap().status(), 200);
        assert_eq!(
            asked.load(Ordering::Relaxed),
            2,
            "never for what was accepted"
        );
    });
}
