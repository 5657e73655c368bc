//! Whoever stops waiting leaves no place taken: the others go on.

use std::time::Duration;

use steadfast::{Policy, Rate};
use steadfast_testkit::{Limited, Says, Transport, script};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::common::Watch;
use super::{MS, SECOND, one, status};

const URL: &str = "http://api.test/";
const CALLS: usize = 16;

/// Drops every second call, or the first half, or all of them after a time; tells whether the others went on, and one
/// more that comes later.
async fn drops(policy: Policy, after: Duration, drop: impl Fn(usize) -> bool) -> bool {
    let server = Limited::token_bucket(20, 1).latency(40 * MS);
    let client = one(policy, server.says(Says::RetryAfter(1)));
    let mut others = JoinSet::new();
    let mut dropped = Vec::new();
    for n in 0..CALLS {
        let client = client.clone();
        let call = async move { status(&client, URL).await };
        if drop(n) {
            dropped.push(tokio::spawn(call));
        } else {
            others.spawn(call);
        }
    }
    sleep(after).await;
    for call in &dropped {
        call.abort();
    }
    let others = async {
        let all = others.join_all().await;
        all.iter().all(|status| *status == 200) && status(&client, URL).await == 200
    };
    timeout(60 * SECOND, others).await.unwrap_or(false)
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_at_any_time_leave_nothing_waiting() {
    // A rate of ours, a gate that the server closes, and both.
    let policies = [
        Policy::standard().rate_limit(Rate::per_second(20).burst(1)),
        Policy::standard().attempts(30).retry_for(600 * SECOND),
        Policy::standard()
            .attempts(30)
            .rate_limit(Rate::per_second(40).burst(2)),
    ];
    let drops_which: [fn(usize) -> bool; 3] = [|n| n % 2 == 0, |n| n < CALLS / 2, |_| true];
    for policy in &policies {
        for (which, drop) in drops_which.into_iter().enumerate() {
            // In steps that meet waits, requests under way and the moment when a gate opens.
            for step in 0..80 {
                let after = step * 20 * MS;
                let went_on = drops(policy.clone(), after, drop).await;
                assert!(went_on, "{which} after {after:?}: {policy:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_goes_first_when_the_one_that_did_is_dropped() {
    let server = Transport::new(script![429.retry_after(5), 200.delay(100 * SECOND), 200]);
    let client = one(Policy::standard(), server.clone());
    let mut calls = Vec::new();
    for n in 0..5 {
        let (client, url) = (client.clone(), format!("{URL}{n}"));
        calls.push(tokio::spawn(async move { status(&client, &url).await }));
        server.log().wait_for(1).await;
    }
    server.log().wait_for(2).await;
    sleep(SECOND).await;
    let first = server.log().entries()[1].path[1..]
        .parse::<usize>()
        .unwrap();
    calls.remove(first).abort();
    let start = Watch::start();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    let next = server.log().entries()[2].at.into_std() - start.0;
    assert!(next < 10 * MS, "the next went first {next:?} later");
}
