//! Layers above the retry and around attempts: idempotency keys, fallbacks, layers of the user's own, and whose requests
//! they are.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{
    Error, FallbackResponse, IdempotencyKey, Kind, LimitScope, Policies, Policy, Quota,
};
use steadfast_testkit::{Server, script, virtual_time};
use tower::util::MapRequestLayer;

const SECOND: Duration = Duration::from_secs(1);

fn keyed() -> Policy {
    Policy::standard().idempotency_key(IdempotencyKey::standard())
}

fn client(policy: Policy) -> ClientWithMiddleware {
    steadfast::wrap_with(policy, reqwest::Client::new()).unwrap()
}

/// The values of a header in all requests that arrived.
fn arrived(server: &Server, header: &str) -> Vec<Option<String>> {
    let requests = server.log().entries();
    let values = requests.iter().map(|one| one.header(header));
    values.map(|value| value.map(str::to_owned)).collect()
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
            Kind::InvalidRequest
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

/// A layer of one's own that sets a header on each request that passes, with a number that goes up.
fn numbered(
    header: &'static str,
    prefix: &'static str,
) -> MapRequestLayer<impl FnMut(reqwest::Request) -> reqwest::Request + Clone + Send + Sync + 'static>
{
    let number = Arc::new(AtomicUsize::new(0));
    MapRequestLayer::new(move |mut request: reqwest::Request| {
        let value = format!("{prefix}{}", number.fetch_add(1, Ordering::Relaxed));
        let value = HeaderValue::from_str(&value).unwrap();
        request.headers_mut().insert(header, value);
        request
    })
}

#[test]
fn a_layer_around_calls_that_adds_a_key_makes_a_post_repeatable() {
    virtual_time().block_on(async {
        let server = Server::start(script![502, 200]).await;
        let policies = Policies::builder()
            .around_call(numbered("idempotency-key", "k"))
            .build()
            .unwrap();
        let client = policies.wrap(reqwest::Client::new());
        let response = client
            .post(server.url("/"))
            .body("12 cups")
            .send()
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 2));
        assert_eq!(
            arrived(&server, "idempotency-key"),
            vec![Some("k0".to_owned()); 2]
        );
        assert_eq!(
            response.record().attempt_count(),
            2,
            "the record passes the layer"
        );
    });
}

#[test]
fn a_layer_around_attempts_runs_once_per_attempt_and_its_tenants_stay_apart() {
    virtual_time().block_on(async {
        let policies = Policies::builder()
            .default_policy(
                Policy::standard().quota(Quota::per_day(5).scope(LimitScope::Credential)),
            )
            .around_attempt(numbered("authorization", "Bearer token-"))
            .build()
            .unwrap();
        let server = Server::start(script![503.retry_after(0), 200]).await;
        let acme = policies.wrap_as("acme", reqwest::Client::new());
        let other = policies.wrap(reqwest::Client::new());
        let response = acme.get(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 2));
        let tokens = arrived(&server, "authorization");
        assert_ne!(tokens[0], tokens[1], "fresh on every attempt");

        for _ in 0..3 {
            acme.get(server.url("/")).send().await.unwrap();
        }
        let spent = acme.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(Error::from(spent).kind(), Kind::QuotaUsedUp);
        // Another tenant, named per call, has a quota of its own.
        for _ in 0..5 {
            let request = other.get(server.url("/")).call(|c| c.identity("umbrella"));
            request.send().await.unwrap();
        }
        let spent = other
            .get(server.url("/"))
            .call(|c| c.identity("umbrella"))
            .send()
            .await;
        assert_eq!(Error::from(spent.unwrap_err()).kind(), Kind::QuotaUsedUp);
    });
}

#[test]
fn an_error_of_a_layer_of_ones_own_ends_the_call_and_keeps_its_text() {
    virtual_time().block_on(async {
        let refuse = tower::layer::layer_fn(|_: steadfast::Rest<'_>| {
            tower::service_fn(|_: reqwest::Request| async {
                Err::<reqwest::Response, _>(steadfast_tower::BoxError::from("no token to be had"))
            })
        });
        let policies = Policies::builder().around_attempt(refuse).build().unwrap();
        let server = Server::start(200).await;
        let client = policies.wrap(reqwest::Client::new());
        let error = client.get(server.url("/")).send().await.unwrap_err();
        let error = Error::from(error);
        assert_eq!((error.kind(), server.requests()), (Kind::Middleware, 0));
        assert!(error.to_string().contains("no token to be had"), "{error}");
    });
}

/// Signs anew each time, as AWS Signature Version 4 does.
fn signed(
    client: &ClientWithMiddleware,
    url: &str,
    key: &str,
    nonce: usize,
) -> reqwest_middleware::RequestBuilder {
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20261124/eu-west-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={nonce:064x}"
    );
    client.get(url).header("authorization", value)
}

#[test]
fn tenants_that_sign_each_request_anew_have_a_quota_and_a_gate_each() {
    virtual_time().block_on(async {
        let quota = Quota::per_day(5).scope(LimitScope::Credential);
        let client = client(Policy::standard().quota(quota).attempts(1));
        let server = Server::start(200).await;
        for key in ["AKIDONE", "AKIDTWO"] {
            for nonce in 0..5 {
                let url = server.url("/");
                signed(&client, &url, key, nonce).send().await.unwrap();
            }
            let spent = signed(&client, &server.url("/"), key, 5)
                .send()
                .await
                .unwrap_err();
            assert_eq!(Error::from(spent).kind(), Kind::QuotaUsedUp, "{key}");
        }
        assert_eq!(server.requests(), 10);

        let client = self::client(Policy::standard().attempts(1));
        let server = Server::start(script![429.retry_after(20), 200]).await;
        let url = server.url("/");
        let start = steadfast_tower::clock::now();
        let refused = signed(&client, &url, "AKIDONE", 0).send().await.unwrap();
        assert_eq!(refused.status(), 429);
        signed(&client, &url, "AKIDTWO", 1).send().await.unwrap();
        assert!(
            steadfast_tower::clock::now() - start < SECOND,
            "another tenant's gate"
        );
        signed(&client, &url, "AKIDONE", 2).send().await.unwrap();
        assert!(
            steadfast_tower::clock::now() - start >= 20 * SECOND,
            "its own gate"
        );
    });
}

#[test]
fn a_principal_is_the_identity_of_the_call_then_of_the_client_then_what_the_closure_says() {
    virtual_time().block_on(async {
        let policies = Policies::builder()
            .default_policy(Policy::standard().attempts(1))
            .principal(|request| {
                let tenant = request.headers.get("x-tenant")?;
                Some(tenant.to_str().ok()?.to_owned())
            })
            .build()
            .unwrap();
        let server = Server::start(script![429.retry_after(20), 200]).await;
        let url = server.url("/");
        let plain = policies.wrap(reqwest::Client::new());
        let wrapped = policies.wrap_as("client", reqwest::Client::new());
        let start = steadfast_tower::clock::now();
        let waited = || steadfast_tower::clock::now() - start >= 20 * SECOND;
        let closure = |name: &str| plain.get(&url).header("x-tenant", name);
        assert_eq!(closure("acme").send().await.unwrap().status(), 429);
        // Others pass at once: another name, no name, the client's name, the call's name.
        closure("umbrella").send().await.unwrap();
        plain.get(&url).send().await.unwrap();
        wrapped
            .get(&url)
            .header("x-tenant", "acme")
            .send()
            .await
            .unwrap();
        closure("acme")
            .call(|c| c.identity("call"))
            .send()
            .await
            .unwrap();
        assert!(!waited());
        // The same name by another way is the same principal.
        plain
            .get(&url)
            .call(|c| c.identity("acme"))
            .send()
            .await
            .unwrap();
        assert!(waited());
    });
}

#[test]
fn the_tower_form_has_the_same_places_and_checks_an_overlay() {
    use tower::{Layer, ServiceExt};

    virtual_time().block_on(async {
        let key = MapRequestLayer::new(|mut request: http::Request<String>| {
            let value = HeaderValue::from_static("k1");
            request.headers_mut().insert("idempotency-key", value);
            request
        });
        let count = Arc::new(AtomicUsize::new(0));
        let attempts = Arc::clone(&count);
        let counted = MapRequestLayer::new(move |request: http::Request<String>| {
            attempts.fetch_add(1, Ordering::Relaxed);
            request
        });
        let transport = steadfast_testkit::Transport::new(script![502, 200]);
        let transport = ServiceExt::<http::Request<String>>::map_err(transport, |error| {
            tower::BoxError::from(error)
        });
        let layer = Policies::standard().layer();
        let service = layer
            .around_call(key)
            .around_attempt(counted)
            .layer(transport.clone());
        let post = || {
            http::Request::post("https://api.test/")
                .body("12 cups".to_owned())
                .unwrap()
        };
        let response = service.oneshot(post()).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), count.load(Ordering::Relaxed)),
            (200, 2)
        );

        let mut request = post();
        let overlay = Arc::new(steadfast::Overlay::new().attempts(0));
        request.extensions_mut().insert(overlay);
        let service = Policies::standard().layer().layer(transport.clone());
        let failure = service.oneshot(request).await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "invalid call: `attempts` is 0, but has to be at least 1"
        );
        assert_eq!(failure.report.record.attempt_count(), 0);
    });
}
