//! Defects of retry layers that were measured or reported in the field; each is a test named after the promise.
//!
//! Pinned elsewhere: a POST is not retried, and a hint is heard (`status_table.rs`); streaming bodies are sent once, no
//! retried body is empty, refused answers are drained within bounds, cut bodies are retried (`bodies.rs`); the
//! transport's errors keep their type and answers (`errors.rs`).

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "lessons_retry/copies.rs"]
mod copies;
#[path = "lessons_retry/logs.rs"]
mod logs;
#[path = "lessons_retry/stacked.rs"]
mod stacked;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use common::{SEED, Watch, client, policies};
use steadfast::prelude::*;
use steadfast::record::{Stop, WaitSource};
use steadfast::{Backoff, Policies, Policy, Rate};
use steadfast_testkit::{Server, Step, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// As many attempts as there is time for.
fn eager() -> Policy {
    Policy::standard().attempts(1000).without_budget()
}

#[test]
fn no_wait_overruns_the_time_for_retrying() {
    virtual_time().block_on(async {
        let steps = [
            Step::from(503),
            Step::from(502),
            Step::reset(),
            Step::from(503).delay(4 * SECOND),
            Step::from(503).retry_after(7),
            Step::from(429).retry_after_ms(900),
        ];
        for (index, step) in steps.into_iter().enumerate() {
            for seed in 0..8 {
                let server = Server::start(step.clone()).await;
                let policies = Policies::builder()
                    .default_policy(eager())
                    .seed(seed)
                    .build()
                    .unwrap();
                let client = policies.wrap(reqwest::Client::new());
                let start = Watch::start();
                let (record, _) = client.get(server.url("/")).send_recorded().await;
                let last = server.log().last().unwrap().at.into_std() - start.0;
                // A timer of tokio fires up to a millisecond late.
                assert!(
                    last <= 30 * SECOND + MS,
                    "step {index}: the last attempt started at {last:?}"
                );
                assert!(
                    start.elapsed() <= 34 * SECOND + MS,
                    "step {index}: {:?}",
                    start.elapsed()
                );
                assert!(matches!(record.stop(), Stop::Time(_)), "{record}");
                assert!(record.attempt_count() > 3, "{record}");
            }
        }
    });
}

#[test]
fn a_wait_that_does_not_fit_is_not_begun() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let policy = eager()
            .retry_for(SECOND)
            .throttled_backoff(Backoff::fixed(700 * MS));
        let start = Watch::start();
        let response = client(policy).get(server.url("/")).send().await.unwrap();
        assert_eq!((start.elapsed(), server.requests()), (700 * MS, 2));
        assert_eq!(response.record().stop(), Stop::Time(700 * MS));
    });
}

#[test]
fn a_rate_limit_does_not_carry_a_retry_beyond_its_time() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let policy = eager()
            .rate_limit(Rate::per(1, 20 * SECOND))
            .retry_for(30 * SECOND);
        let start = Watch::start();
        let (record, _) = client(policy).get(server.url("/")).send_recorded().await;
        assert_eq!(
            server.requests(),
            2,
            "at 0 s and at 20 s; the next place is at 40 s: {record}"
        );
        assert!(
            start.elapsed() <= 20 * SECOND + 5 * MS,
            "{:?}",
            start.elapsed()
        );
    });
}

#[test]
fn an_attempt_under_way_is_not_cut() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(200).delay(45 * SECOND)).await;
        let start = Watch::start();
        let response = client(Policy::standard())
            .post(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 1));
        assert!(start.elapsed() >= 45 * SECOND);
    });
}

/// The first wait of so many calls.
async fn first_waits(policies: &Policies, server: &Server, calls: usize) -> Vec<Duration> {
    let client = policies.wrap(reqwest::Client::new());
    let mut waits = Vec::new();
    for _ in 0..calls {
        let response = client.get(server.url("/")).send().await.unwrap();
        waits.push(response.record().attempts()[0].wait.unwrap().time);
    }
    waits
}

#[test]
fn jitter_differs_between_calls_and_repeats_with_a_seed() {
    virtual_time().block_on(async {
        let server = Server::start(502).await;
        let policy = || Policy::standard().without_budget();
        let waits = first_waits(&policies(policy()), &server, 50).await;
        let distinct: HashSet<_> = waits.iter().collect();
        assert_eq!(distinct.len(), 50, "{waits:?}");
        let mean = waits.iter().sum::<Duration>() / 50;
        assert!(
            (60 * MS..140 * MS).contains(&mean),
            "spread over all of 0 to 200 ms: {mean:?}"
        );

        assert_eq!(
            first_waits(&policies(policy()), &server, 50).await,
            waits,
            "the same seed"
        );
        let other = Policies::builder()
            .default_policy(policy())
            .seed(SEED + 1)
            .build()
            .unwrap();
        assert_ne!(first_waits(&other, &server, 50).await, waits);
        let from_os = || {
            Policies::builder()
                .default_policy(policy())
                .build()
                .unwrap()
        };
        assert_ne!(
            first_waits(&from_os(), &server, 5).await,
            first_waits(&from_os(), &server, 5).await
        );
    });
}

#[test]
fn a_wait_of_more_than_the_time_hands_the_429_back_at_once_with_when_to_resume() {
    virtual_time().block_on(async {
        for seconds in [31, 60, 100, 86_400, 1_000_000] {
            let server = Server::start(Step::from(429).retry_after(seconds)).await;
            let start = Watch::start();
            let response = client(Policy::standard())
                .get(server.url("/"))
                .send()
                .await
                .unwrap();
            assert_eq!((start.elapsed(), server.requests()), (Duration::ZERO, 1));
            assert_eq!(response.status(), 429);
            let record = response.record();
            assert_eq!(
                record.resume_at(),
                Some(start.0 + Duration::from_secs(seconds)),
                "{seconds}"
            );
            assert!(matches!(record.stop(), Stop::Time(_)), "{record}");
        }
        let server = Server::start(script![429.retry_after(100), 200]).await;
        let client = client(Policy::patient());
        let response = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), server.requests()),
            (200, 2),
            "patient() waits"
        );
    });
}

#[test]
fn no_attempt_comes_earlier_than_it_was_asked_to() {
    virtual_time().block_on(async {
        for asked in 1..=40 {
            let asked = asked * 53;
            let server = Server::start(script![503.retry_after_ms(asked), 200]).await;
            let response = client(Policy::standard())
                .get(server.url("/"))
                .send()
                .await
                .unwrap();
            let log = server.log().entries();
            let waited = log[1].at - log[0].answered_at.unwrap();
            let asked = Duration::from_millis(asked);
            assert!(waited >= asked, "{waited:?} instead of {asked:?}");
            assert!(
                waited <= asked + asked / 10 + 2 * MS,
                "{waited:?} instead of {asked:?}"
            );
            let source = response.record().attempts()[0].wait.unwrap().source;
            assert!(matches!(source, WaitSource::Hint(_)));
        }
    });
}

#[test]
fn a_hint_of_a_million_seconds_costs_no_other_endpoint_anything() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/closed", Step::from(429).retry_after(1_000_000))
            .fallback(200)
            .start()
            .await;
        let policies = Policies::builder()
            .endpoint(server.url("/closed"), Policy::standard())
            .endpoint(server.url("/open/**"), Policy::standard())
            .build()
            .unwrap();
        let client = Arc::new(policies.wrap(reqwest::Client::new()));
        let start = Watch::start();
        for n in 0..20 {
            let answer = client.get(server.url("/closed")).send().await;
            let said = answer.map(|answer| answer.status().as_u16());
            let hour = Duration::from_secs(3600);
            // The first one gets the answer. Nobody else is sent there, and nobody waits.
            let expected = if n == 0 { Ok(429) } else { Err(Some(hour)) };
            assert_eq!(said.map_err(|error| error.retry_after()), expected);
            for path in ["/open/a", "/elsewhere"] {
                assert_eq!(
                    client.get(server.url(path)).send().await.unwrap().status(),
                    200
                );
            }
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(server.requests_to("/closed"), 1);
    });
}

#[test]
fn a_call_that_is_dropped_in_its_backoff_is_over() {
    virtual_time().block_on(async {
        let server = Server::start(script![503.retry_after(10), 200]).await;
        let client = client(Policy::standard());
        let call = client.get(server.url("/")).send();
        tokio::time::timeout(5 * SECOND, call).await.unwrap_err();
        let task = tokio::spawn(client.get(server.url("/aborted")).send());
        server.log().wait_for(2).await;
        task.abort();
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(
            server.requests(),
            2,
            "nothing is sent for a call that nobody waits for"
        );
    });
}

#[test]
fn attempts_are_what_they_say() {
    virtual_time().block_on(async {
        for most in 1..=6 {
            let server = Server::start(503).await;
            let client = client(
                Policy::standard()
                    .attempts(most)
                    .retry_for(600 * SECOND)
                    .without_budget(),
            );
            let record = client.get(server.url("/")).send().await.unwrap().record();
            assert_eq!(
                (server.requests(), record.attempt_count()),
                (most as usize, most as usize)
            );
            assert_eq!(record.attempts().len(), most as usize);
            assert_eq!(
                record
                    .attempts()
                    .iter()
                    .filter(|attempt| attempt.wait.is_some())
                    .count(),
                most as usize - 1
            );
            assert_eq!(record.stop(), Stop::Attempts(most));
        }
        let server = Server::start(script![503, 503, 200]).await;
        let record = client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap()
            .record();
        assert_eq!((record.attempt_count(), record.stop()), (3, Stop::Accepted));
        let record = client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap()
            .record();
        assert_eq!(
            (record.attempt_count(), record.to_string()),
            (1, "1 attempt".to_owned())
        );
    });
}

#[test]
fn whatever_ends_a_call_has_its_reason() {
    virtual_time().block_on(async {
        let standard = Policy::standard;
        let ends = [
            (standard(), Step::from(404), "a retry would not help"),
            (
                standard().on(404, steadfast::Rule::FailFast),
                Step::from(404),
                "not retried: rule of the policy",
            ),
            (
                standard(),
                Step::from(503),
                "gave up: 3 attempts are allowed",
            ),
            (
                standard().attempts(1),
                Step::from(503),
                "gave up: 1 attempt is allowed",
            ),
            (
                standard(),
                Step::from(500),
                "gave up: this outcome is retried once",
            ),
            (
                standard().repeatable(false),
                Step::from(503),
                "not retried: ",
            ),
            (
                standard(),
                Step::from(503).retry_after(99),
                "gave up: a wait of 99 s does not fit the time",
            ),
            (
                standard().deadline(SECOND),
                Step::silence(),
                "the call was not answered by its deadline",
            ),
        ];
        for (policy, step, reason) in ends {
            let server = Server::start(step).await;
            let (record, _) = client(policy).get(server.url("/")).send_recorded().await;
            let shown = record.to_string();
            let (_, end) = shown.split_once("; ").unwrap();
            assert!(end.starts_with(reason), "{shown}");
        }
    });
}

#[test]
fn an_empty_budget_is_a_reason_too_and_costs_no_wait() {
    virtual_time().block_on(async {
        let server = Server::start(502).await;
        let client = client(Policy::standard().backoff(Backoff::fixed(Duration::ZERO)));
        let mut last = None;
        for _ in 0..20 {
            last = Some(client.get(server.url("/")).send().await.unwrap().record());
        }
        assert_eq!(last.unwrap().stop(), Stop::Budget);
        let sent = server.requests();
        assert!(
            (30..=33).contains(&sent),
            "20 calls, a bucket of 10, a tenth of the calls: {sent}"
        );
    });
}
