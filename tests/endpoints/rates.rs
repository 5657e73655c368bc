//! Client-side rates: a burst, then even spacing, per endpoint, origin and identity; every attempt pays.

use std::time::Duration;

use futures_util::future::join_all;
use steadfast::prelude::*;
use steadfast::{Backoff, Error, ErrorKind, Policies, Policy, Rate};
use steadfast_testkit::{Server, script, virtual_time};

use super::SECOND;
use super::common::{Watch, client};

const MS: Duration = Duration::from_millis(1);

/// When the requests to a route arrived, in milliseconds since a moment.
fn arrivals(server: &Server, route: &str, since: Watch) -> Vec<u128> {
    let log = server.log().to(route);
    let mut arrivals: Vec<_> = log
        .iter()
        .map(|received| (received.at.into_std() - since.0).as_millis())
        .collect();
    arrivals.sort_unstable();
    arrivals
}

#[test]
fn an_endpoint_has_its_burst_and_then_its_spacing() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policies = Policies::builder()
            .endpoint(
                server.url("/search/**"),
                Policy::standard().rate_limit(Rate::per_second(5).burst(3)),
            )
            .endpoint(
                server.url("/slow"),
                Policy::standard().rate_limit(Rate::per_second(1).burst(1)),
            )
            .build()
            .unwrap();
        let client = policies.wrap(reqwest::Client::new());
        let start = Watch::start();
        let paths = ["/search/a", "/slow", "/free"];
        let calls = paths
            .iter()
            .flat_map(|path| (0..8).map(|_| client.get(server.url(path)).send()));
        join_all(calls)
            .await
            .into_iter()
            .for_each(|result| assert_eq!(result.unwrap().status(), 200));
        assert_eq!(
            arrivals(&server, "/search/a", start),
            [0, 0, 0, 200, 400, 600, 800, 1000]
        );
        assert_eq!(
            arrivals(&server, "/slow", start),
            [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]
        );
        assert_eq!(arrivals(&server, "/free", start), [0; 8]);
    });
}

#[test]
fn waiters_are_served_as_they_came() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = client(Policy::standard().rate_limit(Rate::per_second(10).burst(1)));
        let mut calls = Vec::new();
        for n in 0..20 {
            calls.push(tokio::spawn(
                client.get(server.url(&format!("/{n}"))).send(),
            ));
            tokio::task::yield_now().await;
        }
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let order: Vec<_> = server
            .log()
            .entries()
            .into_iter()
            .map(|received| received.path)
            .collect();
        let expected: Vec<_> = (0..20).map(|n| format!("/{n}")).collect();
        assert_eq!(order, expected);
    });
}

#[test]
fn every_attempt_pays() {
    virtual_time().block_on(async {
        let server =
            Server::start(script![503.retry_after_ms(10), 503.retry_after_ms(10), 200]).await;
        let policy = Policy::standard().rate_limit(Rate::per_second(1).burst(1));
        // From the second refusal in a row, hints are no shorter than the backoff.
        let at_once = Backoff::fixed(Duration::ZERO);
        let client = client(policy.throttled_backoff(at_once));
        let start = Watch::start();
        client.get(server.url("/")).send().await.unwrap();
        assert_eq!(arrivals(&server, "/", start), [0, 1000, 2000]);
    });
}

#[test]
fn each_identity_and_each_origin_has_a_rate_of_its_own() {
    virtual_time().block_on(async {
        let (server, other) = (Server::start(200).await, Server::start(200).await);
        let client = client(Policy::standard().rate_limit(Rate::per_second(1).burst(2)));
        let start = Watch::start();
        let get = |server: &Server, identity: &str| {
            let identity = identity.to_owned();
            client
                .get(server.url(&format!("/{identity}")))
                .call(|c| c.identity(identity))
                .send()
        };
        let calls = (0..3).flat_map(|_| {
            [
                get(&server, "acme"),
                get(&server, "globex"),
                get(&other, "acme"),
            ]
        });
        join_all(calls).await;
        for (server, route) in [(&server, "/acme"), (&server, "/globex"), (&other, "/acme")] {
            assert_eq!(arrivals(server, route, start), [0, 0, 1000], "{route}");
        }
    });
}

#[test]
fn what_would_wait_too_long_is_refused_at_once_with_the_right_time() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policy = Policy::standard()
            .rate_limit(Rate::per_second(1).burst(1))
            .max_wait(3 * SECOND);
        let client = client(policy);
        let start = Watch::start();
        let calls = (0..8).map(|_| async {
            let result = client.get(server.url("/")).send().await;
            (start.elapsed(), result.map_err(Error::from))
        });
        let mut refused = 0;
        for (at, result) in join_all(calls).await {
            match result {
                Ok(response) => assert_eq!(response.status(), 200),
                Err(error) => {
                    refused += 1;
                    assert_eq!((error.kind(), at), (ErrorKind::RateLimited, Duration::ZERO));
                    assert_eq!(
                        error.retry_after(),
                        Some(4 * SECOND),
                        "behind the three that wait"
                    );
                }
            }
        }
        assert_eq!(refused, 4);
        assert_eq!(arrivals(&server, "/", start), [0, 1000, 2000, 3000]);
        // Whoever comes at the time that was named is served at once.
        tokio::time::sleep(4 * SECOND - start.elapsed()).await;
        let before = Watch::start();
        client.get(server.url("/")).send().await.unwrap();
        assert!(before.elapsed() <= MS, "{:?}", before.elapsed());
    });
}

#[test]
fn without_a_max_wait_a_call_waits_as_long_as_it_takes() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = client(Policy::standard().rate_limit(Rate::per_hour(1)));
        let start = Watch::start();
        client.get(server.url("/")).send().await.unwrap();
        client.post(server.url("/")).send().await.unwrap();
        assert_eq!(arrivals(&server, "/", start), [0, 3_600_000]);
    });
}

#[test]
fn a_429_is_repeated_free_of_the_budget_where_a_rate_paces_it() {
    virtual_time().block_on(async {
        let server = Server::start(429).await;
        let policy = Policy::standard().rate_limit(Rate::per_second(10));
        let client = client(policy.without_gate());
        for _ in 0..40 {
            client.get(server.url("/")).send().await.unwrap();
        }
        assert_eq!(server.requests(), 120);
    });
}
