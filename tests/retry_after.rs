//! A server that says when to come back is obeyed: never earlier, in any spelling, and never beyond the time for
//! retrying.
//!
//! What was allowed is worked out here a second time, from the value's meaning and the server's log, not from the
//! library's reading of it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use reqwest::{Client, Response};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::policy::Jitter;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Backoff, Policies, Policy};
use steadfast_testkit::{Received, Server, StatusExt, Step, real_time, script, virtual_time};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[path = "retry_after/said.rs"]
mod said;

use crate::said::{Means, said};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// The time for retrying of `Policy::standard()`.
const RETRY_FOR: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "tests read the virtual clock")]
fn now() -> Instant {
    Instant::now()
}

/// The time of day since the epoch: the one clock that virtual time does not move.
#[expect(clippy::disallowed_methods, reason = "the server's own time of day")]
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Without a budget: a thousand refusals in a row would empty any, and waits are what is asked about.
fn client(seed: u64) -> ClientWithMiddleware {
    let policy = Policy::standard().without_budget();
    let builder = Policies::builder().default_policy(policy).seed(seed);
    builder.build().unwrap().wrap(Client::new())
}

// ===== the property =====

/// What came of one call.
struct Outcome {
    response: Response,
    log: Vec<Received>,
    /// Real time that passed during the call: the wall's clock goes on while virtual time stands.
    lag: Duration,
}

impl Outcome {
    /// When the server was done refusing.
    fn refused_at(&self) -> Instant {
        self.log[0].answered_at.unwrap()
    }

    fn latest(&self) -> Instant {
        self.log[0].at + RETRY_FOR
    }

    /// The second attempt came between these two, or there was none because it would have been too late.
    fn check(&self, earliest: Duration, latest: Duration) {
        let (allowed, end) = (self.refused_at() + earliest, self.latest());
        match self.log.get(1) {
            Some(again) => {
                assert!(again.at >= allowed, "{:?} early", allowed - again.at);
                let latest = (self.refused_at() + latest).min(end) + MILLISECOND;
                assert!(again.at <= latest, "{:?} late", again.at - latest);
                assert_eq!(self.response.status(), 200);
            }
            None => {
                let latest = self.refused_at() + latest;
                assert!(
                    latest > end,
                    "it would have fit: {}",
                    self.response.record()
                );
                let stop = self.response.record().stop();
                assert!(matches!(stop, Stop::Time(_)), "{stop:?}");
                assert!(self.response.record().resume_at().is_some());
            }
        }
        assert!(self.log.len() <= 2);
    }
}

/// A little later than asked is allowed, so that not all come back at once: a tenth, at most 2 s.
fn spread(asked: Duration) -> Duration {
    asked + (asked / 10).min(2 * SECOND)
}

#[test]
fn of_a_thousand_hints_none_is_undercut_or_waited_for_too_long() {
    virtual_time().block_on(async {
        let mut rng = Rng::with_seed(7);
        let client = client(7);
        for n in 0..1_000 {
            let status = rng.choice([408, 429, 502, 503, 504]).unwrap();
            let said = said(&mut rng);
            let before = wall();
            let mut refusal = Step::status(status).delay(rng.u32(..4_000) * MILLISECOND);
            for (name, value) in &said.headers {
                refusal = refusal.header(name, value);
            }
            let server = Server::start(script![refusal, 200]).await;
            let response = client.get(server.url("/")).send().await.unwrap();
            let outcome = Outcome {
                response,
                log: server.log().entries(),
                lag: wall() - before,
            };
            eprintln!("case {n}: {status} {said:?}: {}", outcome.response.record());
            match said.means {
                Means::For(asked) => outcome.check(asked, spread(asked)),
                Means::Until(moment) => {
                    // Full seconds, since two clocks may differ.
                    let asked = moment.saturating_sub(before);
                    let earliest = asked.saturating_sub(outcome.lag);
                    outcome.check(earliest, spread(asked + SECOND));
                }
                Means::Unreadable => {
                    outcome.check(Duration::ZERO, SECOND);
                    assert_eq!(outcome.log.len(), 2);
                }
            }
        }
    });
}

#[test]
fn of_a_thousand_calls_at_once_none_comes_back_early() {
    // Each of these paths is refused by itself: a gate would take them for one limit.
    let policy = Policy::standard().without_budget().without_gate();
    let policies = Policies::builder().default_policy(policy).seed(7);
    let client = policies.build().unwrap().wrap(Client::new());
    real_time().block_on(async {
        let mut rng = Rng::with_seed(7);
        let mut server = Server::builder();
        let waits: Vec<u64> = (0..1_000).map(|_| rng.u64(..=2_000)).collect();
        // When each answer was about to be written: what the server notes afterwards may be late on a busy machine.
        let said: Arc<Vec<OnceLock<Instant>>> =
            Arc::new(waits.iter().map(|_| OnceLock::new()).collect());
        for (n, wait) in waits.iter().copied().enumerate() {
            let said = Arc::clone(&said);
            let too_fast = Step::dynamic(move |_: &Received| {
                said[n].get_or_init(now);
                429.retry_after_ms(wait)
            });
            server = server.on(&format!("/{n}"), script![too_fast, 200]);
        }
        let server = server.start().await;
        let mut calls = JoinSet::new();
        for n in 0..waits.len() {
            let request = client.get(server.url(&format!("/{n}")));
            calls.spawn(async move { request.send().await.unwrap().status() });
            // In bursts, so that connections are used again: a thousand at once are more files than some systems give.
            if n % 50 == 49 {
                sleep(10 * MILLISECOND).await;
            }
        }
        assert!(calls.join_all().await.iter().all(|status| *status == 200));
        let log = server.log();
        for (n, wait) in waits.into_iter().enumerate() {
            let entries = log.to(&format!("/{n}"));
            let waited = entries[1].at - *said[n].get().unwrap();
            assert!(
                waited >= Duration::from_millis(wait),
                "{waited:?} of {wait} ms"
            );
            assert_eq!(entries.len(), 2);
        }
    });
}

// ===== by name =====

#[test]
fn a_hint_that_cannot_be_read_is_waited_for_as_for_an_overloaded_server() {
    virtual_time().block_on(async {
        let policy = Policy::standard()
            .backoff(Backoff::fixed(10 * MILLISECOND).jitter(Jitter::None))
            .throttled_backoff(Backoff::fixed(5 * SECOND).jitter(Jitter::None));
        let client = steadfast::wrap_with(policy, Client::new()).unwrap();
        for (status, headers, waited) in [
            (502, &[][..], 10 * MILLISECOND),
            (502, &[("retry-after", "soon")], 5 * SECOND),
            (500, &[("retry-after", "")], 5 * SECOND),
            (504, &[("retry-after-ms", "-1")], 5 * SECOND),
            (413, &[("retry-after", "-1")], 5 * SECOND),
            (403, &[("retry-after", "whenever")], 5 * SECOND),
            (
                502,
                &[("retry-after", "soon"), ("retry-after-ms", "0")],
                Duration::ZERO,
            ),
        ] {
            let refusal = headers
                .iter()
                .fold(Step::status(status), |step, (name, value)| {
                    step.header(name, value)
                });
            let server = Server::start(script![refusal, 200]).await;
            let response = client.get(server.url("/")).send().await.unwrap();
            let record = response.record();
            assert_eq!(response.status(), 200, "{status} {headers:?}");
            assert_eq!(record.waited(), waited, "{status} {headers:?}: {record}");
        }
    });
}

#[test]
fn an_hour_that_is_asked_for_in_any_common_form_is_not_cut_short() {
    virtual_time().block_on(async {
        for value in [
            "Sun, 06 Nov 1994 09:49:37 UTC",
            "Sun, 06 Nov 1994 09:49:37 +0000",
            "Sun, 06-Nov-1994 09:49:37 GMT",
            "sun, 6 nov 1994 09:49:37 gmt",
            "1994-11-06T09:49:37Z",
            "3600 seconds",
            "1h0m0s",
        ] {
            let refusal = 503
                .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("retry-after", value);
            let server = Server::start(refusal).await;
            let response = client(7).get(server.url("/")).send().await.unwrap();
            assert_eq!(server.requests(), 1, "{value}");
            let error = response.ensure_success().await.unwrap_err();
            assert_eq!(
                error.retry_after(),
                Some(Duration::from_secs(3600)),
                "{value}"
            );
        }
    });
}

#[test]
fn a_refused_credential_delays_no_other() {
    virtual_time().block_on(async {
        let server = Server::start(script![dynamic(|request: &Received| {
            match request.header("authorization") {
                Some("Bearer a") if request.n == 0 => 429.retry_after(20),
                _ => Step::from(200),
            }
        })])
        .await;
        let client = client(7);
        let start = now();
        let refused = tokio::spawn(client.get(server.url("/")).bearer_auth("a").send());
        server.log().wait_for(1).await;
        for _ in 0..10 {
            let response = client.get(server.url("/")).bearer_auth("b").send().await;
            assert_eq!(response.unwrap().status(), 200);
        }
        assert_eq!(now() - start, Duration::ZERO, "b waits for nothing");
        assert_eq!(refused.await.unwrap().unwrap().status(), 200);
        assert!(now() - start >= 20 * SECOND);
    });
}

#[test]
fn a_wait_of_twelve_days_costs_no_time_and_no_other_endpoint_anything() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/hostile", 429.retry_after(1_000_000).body("later"))
            .fallback(script![503.retry_after(1), 200])
            .start()
            .await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let response = client.get(server.url("/hostile")).send().await.unwrap();
        assert_eq!((now() - start, server.requests()), (Duration::ZERO, 1));
        let record = response.record();
        assert!(matches!(record.stop(), Stop::Time(_)), "{record}");
        let resume = record.resume_at().unwrap() - start.into_std();
        assert_eq!(resume, 1_000_000 * SECOND, "when it makes sense again");
        assert_eq!(
            response.text().await.unwrap(),
            "later",
            "nobody read the body"
        );
        let other = client.get(server.url("/other")).send().await.unwrap();
        assert_eq!(other.status(), 200);
        assert!(now() - start < 2 * SECOND);
    });
}

#[test]
fn the_429_that_cannot_be_waited_out_is_kept_and_not_slept_away() {
    virtual_time().block_on(async {
        for seconds in [60, 86_400] {
            let server = Server::start(429.retry_after(seconds).body("slow down")).await;
            let start = now();
            let response = client(7).get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status(), 429);
            assert_eq!(now() - start, Duration::ZERO);
            let error = response.ensure_success().await.unwrap_err();
            assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        }
    });
}

#[test]
fn waits_of_one_seed_repeat_and_of_another_differ() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let mut waits = Vec::new();
        for seed in [1, 1, 2] {
            let response = client(seed).get(server.url("/")).send().await.unwrap();
            waits.push(response.record().waited());
        }
        assert_eq!(waits[0], waits[1]);
        assert_ne!(waits[0], waits[2]);
    });
}
