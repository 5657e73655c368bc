//! Whose attempts a rate counts together, and what batch jobs are told before they ask.

use std::time::Duration;

use steadfast::prelude::*;
use steadfast::{ErrorKind, LimitScope, Policies, Policy, Quota, Rate};
use steadfast_testkit::{Limited, Says, StatusExt, Transport, script};

use super::common::Watch;
use super::{MS, SECOND, before, get, get_as};

const A: &str = "http://api.test/a";
const B: &str = "http://api.test/b";

/// Two endpoints of one origin under one rate of 1 per second.
fn two(scope: LimitScope) -> Policies {
    let policy = || Policy::standard().rate_limit(Rate::per_second(1).scope(scope));
    let policies = Policies::builder()
        .endpoint(A, policy())
        .endpoint(B, policy());
    policies.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_an_endpoint_is_its_own_and_one_of_an_origin_is_shared() {
    for (scope, expected) in [(LimitScope::Endpoint, 0), (LimitScope::Origin, 1)] {
        let client = before(&two(scope), Transport::new(200));
        let start = Watch::start();
        for url in [A, B] {
            get(&client, url).await.unwrap();
        }
        assert_eq!(start.elapsed(), expected * SECOND, "{scope}");
        get(&client, "http://other.test/a").await.unwrap();
        assert_eq!(start.elapsed(), expected * SECOND, "another origin");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_a_credential_follows_it_over_endpoints_and_no_further() {
    let client = before(&two(LimitScope::Credential), Transport::new(200));
    let start = Watch::start();
    get_as(&client, A, "Bearer one").await.unwrap();
    get_as(&client, B, "Bearer two").await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    get_as(&client, B, "Bearer one").await.unwrap();
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_an_identity_follows_it_over_endpoints_and_no_further() {
    let client = before(&two(LimitScope::Identity), Transport::new(200));
    let start = Watch::start();
    let call = |url: &'static str, name: &'static str| client.get(url).call(|c| c.identity(name));
    call(A, "acme").send().await.unwrap();
    call(B, "other").send().await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    call(B, "acme").send().await.unwrap();
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn several_windows_hold_at_once() {
    let rates = [Rate::per_second(10), Rate::per_minute(20)];
    let client = super::one(Policy::standard().rate_limit(rates), Transport::new(200));
    let start = Watch::start();
    for _ in 0..22 {
        get(&client, A).await.unwrap();
    }
    // 20 within the burst of the minute, two more of them a second; then one each 3 s.
    let took = start.elapsed();
    assert!(took >= 3 * SECOND && took < 7 * SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn ready_is_when_a_call_would_go_at_once_and_takes_nothing() {
    let policies = two(LimitScope::Endpoint);
    let client = before(&policies, Transport::new(200));
    let request = client.get(A).build().unwrap();
    let start = Watch::start();
    for _ in 0..3 {
        policies.throttle().ready(&request).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "nothing is taken");
    get(&client, A).await.unwrap();
    policies.throttle().ready(&request).await.unwrap();
    assert_eq!(start.elapsed(), SECOND);
    let before = Watch::start();
    get(&client, A).await.unwrap();
    assert!(before.elapsed() <= MS, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_a_gate_and_fails_where_a_quota_is_spent() {
    let policy = Policy::standard().attempts(1).quota(Quota::per_day(2));
    let policies = Policies::builder().endpoint(A, policy).build().unwrap();
    let client = before(&policies, Transport::new(script![429.retry_after(20), 200]));
    get(&client, A).await.unwrap();
    let request = client.get(A).build().unwrap();
    let start = Watch::start();
    policies.throttle().ready(&request).await.unwrap();
    assert_eq!(start.elapsed(), 20 * SECOND);
    get(&client, A).await.unwrap();
    let error = policies.throttle().ready(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaUsedUp);
    assert!(error.retry_after().unwrap() <= 24 * super::HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_rate_remainder_gate_queue_and_quota_of_each_scope() {
    let policy = Policy::standard()
        .rate_limit(Rate::per_second(2).burst(1))
        .quota(Quota::per_day(100));
    let policies = Policies::builder()
        .endpoint("api.test/**", policy)
        .build()
        .unwrap();
    assert!(
        policies.throttle().snapshot().is_empty(),
        "nothing was called"
    );
    let server = Limited::token_bucket(100, 10).says(Says::RateLimit);
    let client = before(&policies, server);
    get(&client, A).await.unwrap();
    let waiting = tokio::spawn(client.get(A).send());
    tokio::task::yield_now().await;
    let scopes = policies.throttle().snapshot();
    let [scope] = &scopes[..] else {
        panic!("{scopes:?}");
    };
    assert_eq!(
        (&*scope.origin, &*scope.endpoint),
        ("http://api.test", "api.test/**")
    );
    assert_eq!((scope.remaining, scope.limit), (Some(8), Some(100)));
    assert_eq!((scope.waiting, scope.closed_until), (1, None));
    assert!(scope.rate.is_some_and(|rate| rate <= 2.0), "{scope:?}");
    assert_eq!(scope.quotas[0].1.used, 2, "the one that waits is counted");
    waiting.await.unwrap().unwrap();

    let policies = Policies::standard();
    let client = before(&policies, Transport::new(429.retry_after(60)));
    get(&client, A).await.unwrap();
    let closed = policies.throttle().snapshot()[0].closed_until.unwrap();
    assert_eq!(closed - Watch::start().0, 60 * SECOND);
}
