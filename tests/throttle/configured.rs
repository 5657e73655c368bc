//! A rate that is configured is trusted: a refusal now and then is granularity, many are a limit.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use steadfast::{Policy, Rate};
use steadfast_testkit::{Received, Step, Transport};
use tokio::task::JoinSet;

use super::common::Watch;
use super::{MS, SECOND, one, status};

const PER_SECOND: u32 = 100;
const BURST: u32 = 10;
const CALLS: u32 = 3_000;
const TASKS: u32 = 64;

/// A token bucket that answers a bare 429, and does so also to the requests with these numbers.
fn bucket(per_second: u32, strays: &'static [usize]) -> Step {
    let state = Mutex::new((f64::from(BURST), None));
    Step::dynamic(move |request: &Received| {
        let mut state = state.lock().unwrap();
        let passed = state.1.map_or(Duration::ZERO, |last| request.at - last);
        let came = passed.as_secs_f64() * f64::from(per_second);
        let tokens = (state.0 + came).min(f64::from(BURST));
        // What is added up may be a little less than it was in the configured rate's integers.
        let accepted = tokens >= 1.0 - 1e-6 && !strays.contains(&request.n);
        *state = (tokens - f64::from(u8::from(accepted)), Some(request.at));
        if accepted { 200 } else { 429 }
    })
}

/// How many requests were refused, and how long all calls took; each has to succeed.
async fn race(server: Step) -> (usize, Duration) {
    let server = Transport::new(server);
    let rate = Rate::per_second(PER_SECOND).burst(BURST);
    let client = one(Policy::standard().rate_limit(rate), server.clone());
    let left = Arc::new(AtomicU32::new(CALLS));
    let (start, mut tasks) = (Watch::start(), JoinSet::new());
    for _ in 0..TASKS {
        let (client, left) = (client.clone(), Arc::clone(&left));
        tasks.spawn(async move {
            let next = |left: u32| left.checked_sub(1);
            let order = Ordering::Relaxed;
            while left.fetch_update(order, order, next).is_ok() {
                assert_eq!(status(&client, "https://api.test/items").await, 200);
            }
        });
    }
    tasks.join_all().await;
    (server.requests() - CALLS as usize, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_stray_refusal_under_a_configured_rate_costs_a_tokens_time_not_a_second() {
    let best = SECOND * (CALLS - BURST) / PER_SECOND;
    // In the first burst, right after it, and on the way.
    for stray in [&[3], &[10], &[1_500]] {
        for latency in [0, 40] {
            let (refused, took) = race(bucket(PER_SECOND, stray).delay(latency * MS)).await;
            assert_eq!(refused, 1, "{stray:?}, {latency} ms");
            let late = took.saturating_sub(best + latency * MS);
            let most = SECOND / PER_SECOND + 5 * MS;
            assert!(late <= most, "{stray:?}, {latency} ms: {late:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_configured_rate_that_is_too_high_is_found_out() {
    for per_second in [25, 50, 80, 95] {
        let (refused, took) = race(bucket(per_second, &[])).await;
        // It is found again every few seconds, which costs a refusal or two.
        assert!(refused <= CALLS as usize / 20, "{per_second}/s: {refused}");
        let best = SECOND * (CALLS - BURST) / per_second;
        assert!(took <= best * 5 / 4, "{per_second}/s: {took:?}");
    }
}
