//! Requests that cost more than others take more of a rate.

use std::time::Duration;

use futures_util::future::join_all;
use steadfast::prelude::*;
use steadfast::{Error, ErrorKind, Policy, Rate};
use steadfast_testkit::Transport;

use super::common::Watch;
use super::{MS, SECOND, get, one, since};

const URL: &str = "http://api.test/";

fn ten() -> Policy {
    Policy::standard().rate_limit(Rate::per_second(10))
}

#[tokio::test(start_paused = true)]
async fn a_request_costs_what_the_closure_says() {
    let policy = ten().cost_of(|request| match request.url.path {
        "/batch" => 10,
        "/free" => 0,
        _ => 1,
    });
    let server = Transport::new(200);
    let client = one(policy, server.clone());
    let start = Watch::start();
    for path in ["batch", "batch", "free", "one", "batch"] {
        get(&client, &format!("{URL}{path}")).await.unwrap();
    }
    let at = since(start, &server.log().entries());
    let expected = [0, 1_000, 1_000, 1_100, 2_100].map(|ms| ms * MS);
    assert_eq!(at, expected);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_says_its_cost_pays_that() {
    let server = Transport::new(200);
    let client = one(ten().cost(1), server.clone());
    let start = Watch::start();
    let five = || client.get(URL).call(|c| c.cost(5)).send();
    for result in join_all((0..4).map(|_| five())).await {
        assert_eq!(result.unwrap().status(), 200);
    }
    let at = since(start, &server.log().entries());
    assert_eq!(at, [0, 0, 500, 1_000].map(|ms| ms * MS));
    // And the next one its own again.
    get(&client, URL).await.unwrap();
    assert_eq!(start.elapsed(), SECOND + 100 * MS);
}

#[tokio::test(start_paused = true)]
async fn what_costs_more_than_the_burst_fails_at_once_and_names_both() {
    let server = Transport::new(200);
    let client = one(
        ten().cost_of(|request| if request.url.path == "/huge" { 123 } else { 1 }),
        server.clone(),
    );
    let start = Watch::start();
    let by_closure = get(&client, &format!("{URL}huge")).await.unwrap_err();
    let by_call = client.get(URL).call(|c| c.cost(123)).send().await;
    for error in [by_closure, Error::from(by_call.unwrap_err())] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let text = error.to_string();
        assert!(text.contains("123") && text.contains("(10)"), "{text}");
        assert!(!error.is_transient() && !error.may_have_been_sent());
    }
    assert_eq!((server.requests(), start.elapsed()), (0, Duration::ZERO));
    let mistake = ten().cost(123).prepare().unwrap_err().to_string();
    assert!(
        mistake.contains("123") && mistake.contains("10"),
        "{mistake}"
    );
}
