//! A request is copied only when a retry can follow, and the last attempt sends the original.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use steadfast::{Backoff, Policy};
use steadfast_testkit::{Script, Transport, script, virtual_time};
use steadfast_tower::retry::RetryLayer;
use tower::{Layer, ServiceExt};

/// A body that says how often it was copied.
struct Counted;

/// How many attempts one call takes, and how many copies are made for them.
async fn copies(policy: Policy, calls: usize, script: impl Into<Script>) -> (usize, usize) {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let layer =
        RetryLayer::new(&policy.backoff(Backoff::fixed(std::time::Duration::ZERO))).unwrap();
    let layer = layer.replay_with(move |_: &Counted| {
        counter.fetch_add(1, Ordering::Relaxed);
        Some(Counted)
    });
    let transport = Transport::new(script);
    let service = transport
        .clone()
        .map_request(|request: Request<Counted>| request.map(|_| String::new()))
        .map_err(tower::BoxError::from);
    let service = layer.layer(service);
    for _ in 0..calls {
        let request = Request::get("http://api.example/").body(Counted).unwrap();
        let _ = service.clone().oneshot(request).await;
    }
    (transport.requests(), made.load(Ordering::Relaxed))
}

#[test]
fn one_attempt_makes_no_copy() {
    virtual_time().block_on(async {
        assert_eq!(copies(Policy::standard().attempts(1), 1, 200).await, (1, 0));
        assert_eq!(copies(Policy::standard().attempts(1), 1, 502).await, (1, 0));
    });
}

#[test]
fn the_last_attempt_sends_the_original() {
    virtual_time().block_on(async {
        assert_eq!(copies(Policy::standard(), 1, 200).await, (1, 1));
        assert_eq!(
            copies(Policy::standard(), 1, script![502, 502, 200]).await,
            (3, 2)
        );
        assert_eq!(copies(Policy::standard().attempts(2), 1, 502).await, (2, 1));
        assert_eq!(copies(Policy::standard(), 1, script![reset]).await, (3, 2));
    });
}

#[test]
fn an_empty_budget_makes_no_copy() {
    virtual_time().block_on(async {
        let (attempts, before) = copies(Policy::standard(), 40, 502).await;
        let (more_attempts, after) = copies(Policy::standard(), 45, 502).await;
        assert!(attempts < 60, "the budget is empty by then: {attempts}");
        assert!(
            after - before <= 2,
            "{before} copies for 40 calls, {after} for 45"
        );
        assert!(more_attempts - attempts <= 6);
    });
}
