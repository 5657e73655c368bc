//! In company: what stands inside the middleware runs once per attempt, what stands outside once per call; tower layers
//! are middlewares, the policies are a tower layer, and all clones of a handle share what they share.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "chains/tokens.rs"]
mod tokens;
#[path = "chains/tower_layers.rs"]
mod tower_layers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{Watch, policies};
use http::{Extensions, HeaderValue};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Backoff, Policies, Policy, Rate};
use steadfast_testkit::{Server, Transport, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// Signs each request that passes with the next token.
#[derive(Clone, Default)]
struct Auth {
    issued: Arc<AtomicU32>,
}

#[async_trait::async_trait]
impl Middleware for Auth {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let token = format!("token-{}", self.issued.fetch_add(1, Ordering::Relaxed) + 1);
        let token = HeaderValue::from_str(&token).unwrap();
        request.headers_mut().insert("authorization", token);
        next.run(request, extensions).await
    }
}

fn tokens(server: &Server) -> Vec<String> {
    let log = server.log().entries();
    log.iter()
        .map(|received| received.header("authorization").unwrap().to_owned())
        .collect()
}

#[test]
fn an_auth_middleware_inside_gives_each_attempt_a_fresh_token() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, reset, 200]).await;
        let client = ClientBuilder::new(reqwest::Client::new())
            .with(Policies::standard().middleware())
            .with(Auth::default())
            .build();
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(tokens(&server), ["token-1", "token-2", "token-3"]);
    });
}

#[test]
fn one_outside_signs_once_per_call() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, reset, 200]).await;
        let client = ClientBuilder::new(reqwest::Client::new())
            .with(Auth::default())
            .with(Policies::standard().middleware())
            .build();
        client.get(server.url("/")).send().await.unwrap();
        client.get(server.url("/")).send().await.unwrap();
        assert_eq!(
            tokens(&server),
            ["token-1", "token-1", "token-1", "token-2"]
        );
    });
}

/// What the call started with.
#[derive(Clone, Debug, PartialEq)]
struct Tenant(&'static str);

/// What the attempts left behind.
#[derive(Clone, Debug, Default, PartialEq)]
struct Trail(Vec<u32>);

/// Leaves its mark in the extensions of each attempt.
#[derive(Default)]
struct Marks(AtomicU32);

#[async_trait::async_trait]
impl Middleware for Marks {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let attempt = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        assert_eq!(
            extensions.get::<Tenant>(),
            Some(&Tenant("acme")),
            "attempt {attempt}"
        );
        extensions.get_or_insert_default::<Trail>().0.push(attempt);
        request.headers_mut().insert("x-attempt", attempt.into());
        next.run(request, extensions).await
    }
}

/// Looks into the extensions when the call is over.
struct Looks(Arc<std::sync::Mutex<Vec<Trail>>>);

#[async_trait::async_trait]
impl Middleware for Looks {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let result = next.run(request, extensions).await;
        assert_eq!(extensions.get::<Tenant>(), Some(&Tenant("acme")));
        self.0
            .lock()
            .unwrap()
            .push(extensions.get::<Trail>().cloned().unwrap());
        result
    }
}

#[test]
fn each_attempt_starts_as_the_call_did_and_the_last_ones_extensions_are_handed_back() {
    virtual_time().block_on(async {
        for (script, last) in [
            (script![200], 1),
            (script![503, 200], 2),
            (script![503, reset, 200], 3),
            (script![reset], 3),
        ] {
            let seen = Arc::default();
            let server = Server::start(script).await;
            let client = ClientBuilder::new(reqwest::Client::new())
                .with(Looks(Arc::clone(&seen)))
                .with(Policies::standard().middleware())
                .with(Marks::default())
                .build();
            let _ = client
                .get(server.url("/"))
                .with_extension(Tenant("acme"))
                .send()
                .await;
            assert_eq!(*seen.lock().unwrap(), [Trail(vec![last])]);
            let sent = server.log().last().unwrap();
            assert_eq!(sent.header("x-attempt"), Some(last.to_string().as_str()));
        }
    });
}

#[test]
fn a_middleware_that_answers_itself_is_a_transport_like_others() {
    virtual_time().block_on(async {
        let transport = Transport::new(script![503, 502, 200.body("from afar")]);
        let client = ClientBuilder::new(reqwest::Client::new())
            .with(Policies::standard().middleware())
            .with(transport.clone())
            .build();
        let response = client
            .get("https://api.example.com/v1/items")
            .send()
            .await
            .unwrap();
        assert_eq!(
            (transport.requests(), response.record().attempt_count()),
            (3, 3)
        );
        assert_eq!(response.text().await.unwrap(), "from afar");
    });
}

#[test]
fn clones_of_a_handle_share_the_rate_limit() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policies = policies(Policy::standard().rate_limit(Rate::per_second(1).burst(2)));
        let one = policies.wrap(reqwest::Client::new());
        let other = policies.clone().wrap(reqwest::Client::new());
        let joined = ClientBuilder::new(reqwest::Client::new())
            .with(policies.middleware())
            .build();
        let start = Watch::start();
        for client in [&one, &other, &joined, &one, &other] {
            client.get(server.url("/")).send().await.unwrap();
        }
        let arrivals: Vec<_> = server
            .log()
            .arrivals()
            .into_iter()
            .map(|at| (at.into_std() - start.0).as_secs())
            .collect();
        assert_eq!(arrivals, [0, 0, 1, 2, 3]);
    });
}

#[test]
fn clones_of_a_handle_share_the_budget_and_others_do_not() {
    virtual_time().block_on(async {
        let server = Server::start(502).await;
        let policy = || Policy::standard().backoff(Backoff::fixed(Duration::ZERO));
        let shared = policies(policy());
        let stop = async |client: &ClientWithMiddleware| {
            let response = client.get(server.url("/")).send().await.unwrap();
            response.record().stop()
        };
        let one = shared.wrap(reqwest::Client::new());
        for _ in 0..20 {
            stop(&one).await;
        }
        assert_eq!(stop(&one).await, Stop::Budget);
        assert_eq!(
            stop(&shared.clone().wrap(reqwest::Client::new())).await,
            Stop::Budget
        );
        let stranger = policies(policy()).wrap(reqwest::Client::new());
        assert_eq!(stop(&stranger).await, Stop::Attempts(3));
        let elsewhere = Server::start(502).await;
        let response = one.get(elsewhere.url("/")).send().await.unwrap();
        assert_eq!(
            response.record().stop(),
            Stop::Attempts(3),
            "another origin is not to blame"
        );
        tokio::time::sleep(10 * SECOND).await;
        assert_eq!(
            stop(&one).await,
            Stop::Attempts(3),
            "the trickle brought it back"
        );
    });
}
