//! Idempotency keys: which requests carry one, and what an answer to such a request means.

use http::HeaderName;
use steadfast::Policy;
use steadfast::policy::IdempotencyKey;
use steadfast::prelude::*;
use steadfast_testkit::{Server, script, virtual_time};

use super::{arrived, client};

fn keyed() -> Policy {
    Policy::standard().idempotency_key(IdempotencyKey::standard())
}

#[test]
fn all_attempts_of_a_call_carry_one_key_and_calls_carry_different_ones() {
    virtual_time().block_on(async {
        let server = Server::start(script![502, 503, 200].cycle()).await;
        let client = client(keyed().without_budget());
        let mut seen = Vec::new();
        for _ in 0..2 {
            let before = server.requests();
            let response = client.post(server.url("/orders")).send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert!(response.record().is_keyed(), "{}", response.record());
            let keys = arrived(&server, "idempotency-key")[before..].to_vec();
            assert_eq!(keys.len(), 3);
            assert!(
                keys.iter().all(|key| key.is_some() && *key == keys[0]),
                "{keys:?}"
            );
            let key = uuid(keys[0].as_deref().unwrap());
            seen.push(key);
        }
        assert_ne!(seen[0], seen[1]);
    });
}

/// A UUID of version 4, as RFC 9562 writes it.
fn uuid(text: &str) -> String {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{text}");
    assert_eq!(&text[14..15], "4", "{text}");
    text.to_owned()
}

#[test]
fn a_key_of_the_callers_own_is_kept_and_idempotent_methods_get_none() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = client(keyed());
        let own = client
            .post(server.url("/"))
            .header("Idempotency-Key", "mine");
        own.send().await.unwrap();
        client.get(server.url("/")).send().await.unwrap();
        client.put(server.url("/")).send().await.unwrap();
        let keys = arrived(&server, "idempotency-key");
        assert_eq!(keys, [Some("mine".to_owned()), None, None]);
    });
}

#[test]
fn header_and_form_are_those_of_the_api() {
    virtual_time().block_on(async {
        let server = Server::start(script![502, 200]).await;
        let header = HeaderName::from_static("paypal-request-id");
        let key = IdempotencyKey::standard().header(header).quoted();
        let client = client(Policy::standard().idempotency_key(key));
        let response = client.patch(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 2));
        let keys = arrived(&server, "paypal-request-id");
        let bare = keys[0].as_deref().unwrap().trim_matches('"').to_owned();
        uuid(&bare);
        assert_eq!(keys, vec![Some(format!("\"{bare}\"")); 2]);
    });
}

#[test]
fn a_409_to_a_keyed_request_is_retried_later_and_a_422_never() {
    virtual_time().block_on(async {
        let server = Server::start(script![409, 200]).await;
        let client = client(keyed());
        let response = client.post(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 2));
        let keys = arrived(&server, "idempotency-key");
        assert_eq!(keys[0], keys[1]);

        let server = Server::start(script![422.header("x-should-retry", "true")]).await;
        let response = client.post(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (422, 1));
        // Without a key a 409 means what it always does.
        let server = Server::start(409).await;
        client.get(server.url("/")).send().await.unwrap();
        assert_eq!(server.requests(), 1);
    });
}
