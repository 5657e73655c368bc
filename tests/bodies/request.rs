//! Bodies of requests: sent again whole, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use reqwest::multipart::{Form, Part};
use steadfast::Policy;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast_testkit::{Server, script, virtual_time};

use super::bytes;
use super::common::{client, stream};

#[test]
fn a_stream_is_sent_once_and_the_record_says_so() {
    virtual_time().block_on(async {
        for method in [Method::GET, Method::PUT, Method::POST] {
            let server = Server::start(script![503, 200]).await;
            let request = client(Policy::standard()).request(method, server.url("/"));
            let request = request
                .header("idempotency-key", "1")
                .body(stream(bytes(70_000)));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 503);
            assert_eq!(response.record().stop(), Stop::BodyNotReplayable);
            let shown = response.record().to_string();
            assert!(
                shown.contains("the body is a stream that can be sent only once"),
                "{shown}"
            );
            assert_eq!(server.log().len(), 1);
            assert_eq!(
                server.log().last().unwrap().body,
                bytes(70_000),
                "the first send is whole"
            );
        }
    });
}

#[test]
fn a_stream_without_need_for_a_retry_is_just_sent() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let request = client(Policy::standard())
            .post(server.url("/"))
            .body(stream("hello"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(server.log().last().unwrap().body, "hello");
    });
}

#[test]
fn a_factory_makes_a_stream_replayable() {
    virtual_time().block_on(async {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let server = Server::start(script![503, reset, 200]).await;
        let request = client(Policy::standard()).put(server.url("/"));
        let request = request.call(|c| {
            c.body_factory(move || {
                counter.fetch_add(1, Ordering::Relaxed);
                stream(bytes(70_000))
            })
        });
        let response = request.header("x-tag", "blue").send().await.unwrap();
        assert_eq!(response.status(), 200);
        let log = server.log().entries();
        assert_eq!(log.len(), 3);
        for received in log {
            assert!(received.body == bytes(70_000), "attempt {}", received.n);
            assert_eq!(received.header("x-tag"), Some("blue"));
        }
        assert_eq!(made.load(Ordering::Relaxed), 3, "once per attempt");
    });
}

#[test]
fn a_factory_does_not_make_a_post_repeatable() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, 200]).await;
        let request = client(Policy::standard()).post(server.url("/"));
        let response = request
            .call(|c| c.body_factory(|| stream("order")))
            .send()
            .await
            .unwrap();
        assert!(matches!(response.record().stop(), Stop::NotRepeatable(_)));
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn a_body_in_memory_is_sent_again_whole() {
    virtual_time().block_on(async {
        let json = serde_json::json!({"amount": 100});
        for (name, body) in [
            ("bytes", reqwest::Body::from(bytes(70_000))),
            ("text", reqwest::Body::from("hello")),
            ("json", reqwest::Body::from(json.to_string())),
        ] {
            let expected = body.as_bytes().unwrap().to_vec();
            let server = Server::start(script![503, reset, 200]).await;
            let request = client(Policy::standard()).put(server.url("/")).body(body);
            assert_eq!(request.send().await.unwrap().status(), 200);
            let log = server.log().entries();
            assert_eq!(log.len(), 3, "{name}");
            for received in log {
                assert!(received.body == expected, "{name}, attempt {}", received.n);
                let length = expected.len().to_string();
                assert_eq!(received.header("content-length"), Some(length.as_str()));
            }
        }
    });
}

#[test]
fn a_form_in_parts_is_a_stream_to_reqwest_so_it_is_sent_once() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, 200]).await;
        let form = Form::new()
            .text("name", "acme")
            .part("file", Part::bytes(bytes(2000)));
        let request = client(Policy::standard())
            .put(server.url("/"))
            .multipart(form);
        let response = request.send().await.unwrap();
        assert_eq!(response.record().stop(), Stop::BodyNotReplayable);
        let log = server.log().entries();
        assert_eq!(log.len(), 1);
        assert!(log[0].body.len() > 2000, "the first send is whole");
    });
}
