//! What retries add to a server's load: little when it is down, and enough when it stumbles.
//!
//! All of it with the default policy, in open loop: calls start on their schedule, whatever became of those before
//! them, as the users of a service do. What is counted is what arrived at the server. The server is a `Transport` on
//! tokio's paused clock, not a socket in virtual time: nothing is in flight that the clock could overtake, and
//! 10,000 calls take a second instead of ten.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::policy::BudgetConfig;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Backoff, Policies, Policy};
use steadfast_testkit::{Script, Step, Transport, script};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

const SECOND: Duration = Duration::from_secs(1);

/// What became of a run.
#[derive(Debug)]
struct Run {
    calls: u32,
    succeeded: u32,
    arrived: usize,
    took: Duration,
}

impl Run {
    /// How many times the load of the calls alone the server saw.
    fn load(&self) -> f64 {
        self.arrived as f64 / f64::from(self.calls)
    }

    fn succeeded(&self) -> f64 {
        f64::from(self.succeeded) / f64::from(self.calls)
    }

    fn throughput(&self) -> f64 {
        f64::from(self.succeeded) / self.took.as_secs_f64()
    }
}

fn client(policies: &Policies, transport: &Transport) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(transport.clone())
        .build()
}

fn policies(policy: Policy) -> Policies {
    let builder = Policies::builder().default_policy(policy).seed(7);
    builder.build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests read the paused clock")]
fn now() -> Instant {
    Instant::now()
}

/// Fails so many requests of a hundred, after 20 ms each, the same ones in every run.
fn failing(percent: u32) -> Step {
    let rng = Mutex::new(fastrand::Rng::with_seed(42));
    Step::dynamic(move |_| match rng.lock().unwrap().u32(..100) < percent {
        true => 503,
        false => 200,
    })
    .delay(Duration::from_millis(20))
}

/// GETs on a schedule.
async fn open_loop(policy: Policy, server: Step, calls: u32, every: Duration) -> Run {
    let transport = Transport::new(server);
    let client = client(&policies(policy), &transport);
    let (start, mut under_way) = (now(), JoinSet::new());
    for call in 0..calls {
        sleep_until(start + every * call).await;
        let request = client.get("http://api.test/items");
        under_way.spawn(async move { request.send().await.unwrap().status() });
    }
    let statuses = under_way.join_all().await;
    let succeeded = statuses
        .iter()
        .filter(|status| status.is_success())
        .count()
        .try_into()
        .unwrap();
    Run {
        calls,
        succeeded,
        arrived: transport.requests(),
        took: now() - start,
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_outage_is_met_with_at_most_an_eighth_more_load() {
    let run = open_loop(Policy::standard(), failing(100), 10_000, SECOND / 100).await;
    assert_eq!(run.succeeded, 0);
    assert!(run.load() <= 1.12, "{:.4}: {run:?}", run.load());
    // Nothing was switched off to get there.
    assert!(run.load() > 1.09, "{:.4}: {run:?}", run.load());
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_twenty_is_hidden_from_999_calls_of_1000() {
    let policy = Policy::standard();
    let run = open_loop(policy.clone(), failing(5), 10_000, SECOND / 100).await;
    assert!(run.succeeded() >= 0.999, "{:.4}: {run:?}", run.succeeded());
    let bare = open_loop(policy.attempts(1), failing(5), 10_000, SECOND / 100).await;
    assert!(bare.succeeded() < 0.96, "{bare:?}");
    let ratio = run.throughput() / bare.throughput();
    assert!(
        ratio >= 0.9,
        "{ratio:.3}: {run:?}, without retries {bare:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_five_is_hidden_from_985_calls_of_1000_however_seldom_they_are() {
    // With 6,000 calls the expected 99 % is known to an eighth of a percent.
    for every in [SECOND, 60 * SECOND] {
        let run = open_loop(Policy::standard(), failing(20), 6_000, every).await;
        let succeeded = run.succeeded();
        assert!(succeeded >= 0.985, "every {every:?}: {succeeded:.4}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_five_is_hidden_from_985_calls_of_1000_when_there_are_twenty_a_second() {
    let run = open_loop(Policy::standard(), failing(20), 6_000, SECOND / 20).await;
    assert!(run.succeeded() >= 0.985, "{:.4}: {run:?}", run.succeeded());
    assert!(run.load() <= 1.26, "{:.4}: {run:?}", run.load());
}

// ===== the budget =====

/// Calls one after the other until the budget is empty.
async fn exhaust(client: &ClientWithMiddleware, url: &str) {
    for _ in 0..100 {
        let response = client.get(url).send().await.unwrap();
        if response.record().stop() == Stop::Budget {
            return;
        }
    }
    panic!("a hundred failures did not empty the budget");
}

/// Five retries, and none to come.
fn five_retries() -> Policy {
    Policy::standard().budget(BudgetConfig::new(0, 0, 5).unwrap())
}

/// A server of which one path is broken and the others answer at the second attempt.
fn half_broken() -> Transport {
    Transport::builder()
        .on("/broken/**", 503)
        .fallback(script![503, 200].cycle())
        .build()
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_not_shared_between_hosts() {
    let transport = half_broken();
    let client = client(&policies(five_retries()), &transport);
    exhaust(&client, "http://one.test/broken/a").await;
    let other = client.get("http://two.test/b").send().await.unwrap();
    assert_eq!(other.status(), 200, "{}", other.record());
    let same = client.get("http://one.test/b").send().await.unwrap();
    assert_eq!(same.record().stop(), Stop::Budget);
}

#[tokio::test(start_paused = true)]
async fn a_broken_endpoint_does_not_empty_the_budget_of_another() {
    let transport = half_broken();
    let policies = Policies::builder()
        .endpoint("http://api.test/broken/**", five_retries())
        .endpoint("http://api.test/**", five_retries());
    let client = client(&policies.build().unwrap(), &transport);
    exhaust(&client, "http://api.test/broken/a").await;
    let other = client.get("http://api.test/b").send().await.unwrap();
    assert_eq!(other.status(), 200, "{}", other.record());
}

#[tokio::test(start_paused = true)]
async fn identities_have_budgets_of_their_own() {
    let transport = half_broken();
    let client = client(&policies(five_retries()), &transport);
    exhaust(&client, "http://api.test/broken/a").await;
    let request = client.get("http://api.test/b").call(|c| c.identity("acme"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn sixty_percent_are_sixty_retries_for_a_hundred_calls() {
    let budget = BudgetConfig::new(60, 0, 100).unwrap();
    let policy = Policy::standard().attempts(2).budget(budget);
    let run = open_loop(policy, failing(100), 10_000, SECOND / 100).await;
    // And a hundred more, from the bucket that starts full; what the first calls pay into a full one is lost.
    let retries = run.arrived - 10_000;
    assert!((6_090..=6_100).contains(&retries), "{retries}");
}

#[test]
fn eight_threads_do_not_overdraw_the_budget() {
    let transport = Transport::new(503);
    let budget = BudgetConfig::new(0, 0, 100).unwrap();
    let policy = Policy::standard()
        .budget(budget)
        .throttled_backoff(Backoff::fixed(Duration::ZERO));
    let client = client(&policies(policy), &transport);
    let start = Arc::new(std::sync::Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (client, start) = (client.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .start_paused(true)
                    .build()
                    .unwrap();
                start.wait();
                runtime.block_on(async {
                    for _ in 0..250 {
                        client.get("http://api.test/").send().await.unwrap();
                    }
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(transport.requests(), 8 * 250 + 100);
}

fn one_token(script: impl Into<Script>) -> (Transport, ClientWithMiddleware) {
    let transport = Transport::new(script);
    let budget = BudgetConfig::new(0, 0, 1).unwrap();
    // Without a gate, or the first `Retry-After` would keep the others from being sent.
    let policy = Policy::standard().budget(budget).without_gate();
    let client = client(&policies(policy), &transport);
    (transport, client)
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_asked_before_the_wait_and_not_after_it() {
    let (transport, client) = one_token(script![503.retry_after(10)]);
    let start = now();
    let waiting = tokio::spawn(client.get("http://api.test/1").send());
    transport.log().wait_for(1).await;
    let refused = client.get("http://api.test/2").send().await.unwrap();
    assert_eq!(refused.record().stop(), Stop::Budget);
    assert_eq!(now() - start, Duration::ZERO, "refused without a wait");
    waiting.await.unwrap().unwrap();
    assert_eq!(transport.requests(), 3, "one token, one retry");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_gives_its_token_back() {
    let (_, client) = one_token(script![503.retry_after(10), 503.retry_after(10), 200]);
    let first = client.get("http://api.test/1").send();
    let dropped = tokio::time::timeout(5 * SECOND, first).await;
    assert!(dropped.is_err(), "it was to wait for 10 s");
    let second = client.get("http://api.test/2").send().await.unwrap();
    assert_eq!(second.status(), 200, "{}", second.record());
}
