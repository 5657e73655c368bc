//! Each request gets the policy of its endpoint and what its call asks for; what one scope uses up costs no other.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "endpoints/presets.rs"]
mod presets;
#[path = "endpoints/queue.rs"]
mod queue;
#[path = "endpoints/rates.rs"]
mod rates;

use std::time::Duration;

use common::{Watch, client};
use http::Method;
use steadfast::policy::BudgetConfig;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Backoff, Policies, Policy};
use steadfast_testkit::{Received, Server, Step, Transport, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_most_specific_endpoint_wins() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let at = |pattern: &str| match pattern.split_once(' ') {
            Some((method, path)) => format!("{method} {}", server.url(path)),
            None => format!("{}{pattern}", server.address()),
        };
        let attempts = |attempts| {
            let at_once = Backoff::fixed(Duration::ZERO);
            Policy::standard()
                .attempts(attempts)
                .repeatable(true)
                .throttled_backoff(at_once)
        };
        let policies = Policies::builder()
            .default_policy(attempts(1))
            .endpoint(at("/**"), attempts(2))
            .endpoint(at("/v1/**"), attempts(3))
            .endpoint(at("/v1/search/**"), attempts(4))
            .endpoint(at("GET /v1/search/**"), attempts(5))
            .endpoint(at("/v1/search/users"), attempts(6))
            .endpoint(at("POST /v1/search/users"), attempts(7))
            .build()
            .unwrap();
        let client = policies.wrap(reqwest::Client::new());
        for (method, path, expected) in [
            (Method::GET, "/", 2),
            (Method::GET, "/v2/items", 2),
            (Method::GET, "/v1", 3),
            (Method::GET, "/v1/", 3),
            (Method::GET, "/v1/items?q=/v1/search/users", 3),
            (Method::GET, "/v10/items", 2),
            (Method::PUT, "/v1/search/things", 4),
            (Method::GET, "/v1/search/things", 5),
            (Method::GET, "/v1/search", 5),
            (Method::GET, "/v1/search/users", 6),
            (Method::POST, "/v1/search/users", 7),
            (Method::POST, "/v1/search/users/7", 4),
        ] {
            let before = server.requests();
            client
                .request(method.clone(), server.url(path))
                .send()
                .await
                .unwrap();
            assert_eq!(server.requests() - before, expected, "{method} {path}");
            // Seven attempts are much of a bucket of ten.
            tokio::time::sleep(120 * SECOND).await;
        }
        let elsewhere = Server::start(503).await;
        client
            .get(elsewhere.url("/v1/search"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            elsewhere.requests(),
            1,
            "another port is another origin: the default policy"
        );
    });
}

#[test]
fn a_call_may_want_other_numbers_than_its_policy() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let client = client(Policy::standard().without_budget());
        let count = async |request: reqwest_middleware::RequestBuilder| {
            let before = server.requests();
            let response = request.send().await.unwrap();
            (server.requests() - before, response.record().stop())
        };
        let get = || client.get(server.url("/"));
        let post = || client.post(server.url("/"));
        assert_eq!(
            count(get().call(|c| c.attempts(5))).await,
            (5, Stop::Attempts(5))
        );
        assert_eq!(
            count(get().call(|c| c.attempts(1))).await,
            (1, Stop::Attempts(1))
        );
        assert_eq!(count(post().call(|c| c.repeatable(true))).await.0, 3);
        assert_eq!(
            count(post().call(|c| c.repeatable(true).attempts(4)))
                .await
                .0,
            4
        );
        assert_eq!(count(get().call(|c| c.repeatable(false))).await.0, 1);
        let twice = get().call(|c| c.attempts(5)).call(|c| c.repeatable(false));
        assert_eq!(count(twice).await.0, 1, "a second word adds to the first");
        let twice = post().call(|c| c.attempts(4)).call(|c| c.repeatable(true));
        assert_eq!(count(twice).await.0, 4);
        assert!(matches!(
            count(get().call(|c| c.retry_for(Duration::ZERO))).await,
            (1, Stop::Time(_))
        ));
        assert_eq!(count(get()).await.0, 3, "and no other call is touched");
    });
}

#[test]
fn a_call_may_bring_its_own_timeouts() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let client = client(Policy::standard());
        for (attempts, options) in [
            (3, [Some(SECOND), None]),
            (1, [None, Some(SECOND)]),
            (2, [Some(SECOND), Some(2 * SECOND)]),
        ] {
            let before = server.requests();
            let start = Watch::start();
            let request = client.get(server.url("/")).call(|mut c| {
                if let Some(time) = options[0] {
                    c = c.attempt_timeout(time);
                }
                if let Some(time) = options[1] {
                    c = c.deadline(time);
                }
                c
            });
            let error = request.send().await.unwrap_err();
            assert!(error.timed_out());
            assert_eq!(server.requests() - before, attempts, "{options:?}");
            if let Some(deadline) = options[1] {
                assert_eq!(start.elapsed(), deadline);
            }
        }
    });
}

#[test]
fn an_attempt_that_timed_out_may_have_been_carried_out() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let client = client(Policy::standard().attempt_timeout(SECOND));
        let (record, result) = client.post(server.url("/")).send_recorded().await;
        assert!(result.unwrap_err().timed_out());
        assert!(matches!(record.stop(), Stop::NotRepeatable(_)), "{record}");
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn a_deadline_hands_back_what_there_is_instead_of_waiting_for_it() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(503).retry_after(3)).await;
        let start = Watch::start();
        // From the second refusal in a row, hints are no shorter than the backoff.
        let at_once = Backoff::fixed(Duration::ZERO);
        let policy = Policy::standard().attempts(10).deadline(10 * SECOND);
        let client = client(policy.throttled_backoff(at_once));
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (503, 4));
        assert!(start.elapsed() < 10 * SECOND, "{:?}", start.elapsed());
        assert!(matches!(response.record().stop(), Stop::Time(_)));
    });
}

#[test]
fn a_refused_credential_costs_no_other_one_anything() {
    virtual_time().block_on(async {
        let answer = Step::dynamic(|request: &Received| match request.header("authorization") {
            Some("Bearer a") if request.n < 2 => Step::from(429).retry_after(20),
            _ => Step::from(200),
        });
        let server = Server::start(answer).await;
        let client = client(Policy::standard());
        let start = Watch::start();
        let refused = tokio::spawn(
            client
                .get(server.url("/"))
                .header("authorization", "Bearer a")
                .send(),
        );
        server.log().wait_for(1).await;
        for _ in 0..10 {
            let request = client
                .get(server.url("/"))
                .header("authorization", "Bearer b");
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(refused.await.unwrap().unwrap().status(), 200);
        assert!(start.elapsed() >= 20 * SECOND);
    });
}

/// A budget of one token shows that all of them are one endpoint with one state.
#[tokio::test(start_paused = true)]
async fn a_dot_behind_the_host_and_a_second_slash_lose_no_endpoint() {
    let budget = BudgetConfig::new(0, 0, 1).unwrap();
    let policies = Policies::builder()
        .default_policy(Policy::standard().attempts(7))
        .endpoint("pay.x.com/v1/charges", Policy::standard().budget(budget))
        .build()
        .unwrap();
    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(Transport::new(502))
        .build();
    for (url, attempts) in [
        ("http://pay.x.com./v1/charges", 2),
        ("http://pay.x.com/v1/charges", 1),
        ("http://pay.x.com//v1/charges", 1),
        ("http://PAY.x.com.//v1///charges", 1),
    ] {
        let record = client.get(url).send().await.unwrap().record();
        let found = (record.attempt_count(), record.stop());
        assert_eq!(found, (attempts, Stop::Budget), "{url}: {record}");
    }
}
