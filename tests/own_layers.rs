//! Layers of the user's own above the retry and around attempts, and whose requests they are; keys and fallbacks.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "own_layers/fallbacks.rs"]
mod fallbacks;
#[path = "own_layers/keys.rs"]
mod keys;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderValue;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{Error, ErrorKind, LimitScope, Policies, Policy, Quota};
use steadfast_testkit::{Server, script, virtual_time};
use tower::util::MapRequestLayer;

const SECOND: Duration = Duration::from_secs(1);

fn client(policy: Policy) -> ClientWithMiddleware {
    steadfast::wrap_with(policy, reqwest::Client::new()).unwrap()
}

/// The values of a header in all requests that arrived.
fn arrived(server: &Server, header: &str) -> Vec<Option<String>> {
    let requests = server.log().entries();
    let values = requests.iter().map(|one| one.header(header));
    values.map(|value| value.map(str::to_owned)).collect()
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
        assert_eq!(Error::from(spent).kind(), ErrorKind::QuotaUsedUp);
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
        assert_eq!(
            Error::from(spent.unwrap_err()).kind(),
            ErrorKind::QuotaUsedUp
        );
    });
}

#[test]
fn an_error_of_a_layer_of_ones_own_ends_the_call_and_keeps_its_text() {
    virtual_time().block_on(async {
        let refuse = tower::layer::layer_fn(|_: steadfast::layers::Rest<'_>| {
            tower::service_fn(|_: reqwest::Request| async {
                Err::<reqwest::Response, _>(steadfast_tower::BoxError::from("no token to be had"))
            })
        });
        let policies = Policies::builder().around_attempt(refuse).build().unwrap();
        let server = Server::start(200).await;
        let client = policies.wrap(reqwest::Client::new());
        let error = client.get(server.url("/")).send().await.unwrap_err();
        let error = Error::from(error);
        assert_eq!(
            (error.kind(), server.requests()),
            (ErrorKind::Middleware, 0)
        );
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
            assert_eq!(Error::from(spent).kind(), ErrorKind::QuotaUsedUp, "{key}");
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
        let overlay = Arc::new(steadfast::policy::Overlay::new().attempts(0));
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
