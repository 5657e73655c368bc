//! A server that says when to come back is obeyed: never earlier, in any spelling, and never beyond the time for
//! retrying.
//!
//! What was allowed is worked out here a second time, from the value's meaning and the server's log, not from the
//! library's reading of it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use reqwest::{Client, Response};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{Policies, Policy, Stop};
use steadfast_testkit::{Received, Server, StatusExt, Step, real_time, script, virtual_time};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

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

// ===== what servers say =====

/// The headers of one refusal, and what they mean.
#[derive(Clone, Debug)]
struct Said {
    headers: Vec<(&'static str, String)>,
    means: Means,
}

#[derive(Clone, Copy, Debug)]
enum Means {
    /// Come back after this long.
    For(Duration),
    /// Come back at this time of day, by the clock on the wall.
    Until(Duration),
    /// Nothing.
    Nothing,
}

const JUNK: [&str; 16] = [
    "",
    "-1",
    "-0.5",
    "+5",
    "inf",
    "nan",
    "120junk",
    "1e3",
    ".5",
    "1.",
    "0x10",
    "soon",
    "١٢",
    "1 2",
    "Sun, 32 Nov 2026 08:49:37 GMT",
    "2026-11-23T12:00:00Z",
];

fn said(rng: &mut Rng) -> Said {
    match rng.u32(..11) {
        0 => {
            let seconds = rng.u32(..45);
            one("retry-after", seconds, Means::For(seconds * SECOND))
        }
        1 => decimal(rng),
        2 => {
            // A day, twelve days, and integers beyond any type.
            let value = ["86400", "1000000", "99999999999999999999999999"];
            let means = Means::For(86_400 * SECOND);
            one("retry-after", rng.choice(value).unwrap(), means)
        }
        3 => one("retry-after", rng.choice(JUNK).unwrap(), Means::Nothing),
        4 | 5 => dated(rng),
        6 => on_the_wall(rng),
        7 => twin(rng),
        8 => epoch(rng),
        9 => twice(rng),
        _ => {
            // A proxy joined two lines.
            let (a, b) = (rng.u32(..45), rng.u32(..45));
            one("retry-after", format!(" {a} , {b}"), Means::For(a * SECOND))
        }
    }
}

fn one(name: &'static str, value: impl ToString, means: Means) -> Said {
    let headers = vec![(name, value.to_string())];
    Said { headers, means }
}

fn decimal(rng: &mut Rng) -> Said {
    let whole = rng.u32(..40);
    let digits: String = (0..rng.usize(1..13)).map(|_| rng.digit(10)).collect();
    let (nanos, beyond) = digits.split_at(digits.len().min(9));
    let nanos: u32 = format!("{nanos:0<9}").parse().unwrap();
    let up = u32::from(beyond.contains(|digit| digit != '0'));
    let means = whole * SECOND + Duration::from_nanos(1) * (nanos + up);
    one(
        "retry-after",
        format!("{whole}.{digits}"),
        Means::For(means),
    )
}

/// Read against the response's own `Date`, however wrong that is; what is past means now.
fn dated(rng: &mut Rng) -> Said {
    let (date, later) = (rng.u32(1_700_000_000..1_900_000_000), rng.i32(-10..45));
    let moment = date.checked_add_signed(later).unwrap();
    let headers = vec![
        ("date", http_date(date.into(), rng)),
        ("retry-after", http_date(moment.into(), rng)),
    ];
    let means = Means::For(u32::try_from(later).unwrap_or(0) * SECOND);
    Said { headers, means }
}

/// Without a `Date`, or with one that a cache has kept for a while.
fn on_the_wall(rng: &mut Rng) -> Said {
    let moment = wall().as_secs() + rng.u64(..45);
    let mut headers = vec![("retry-after", http_date(moment, rng))];
    if rng.bool() {
        headers.push(("date", http_date(moment - 7, rng)));
        headers.push(("age", "5".to_owned()));
    }
    let means = Means::Until(Duration::from_secs(moment));
    Said { headers, means }
}

fn twin(rng: &mut Rng) -> Said {
    let names = ["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after"];
    let (name, millis, seconds) = (rng.choice(names).unwrap(), rng.u32(..45_000), rng.u32(..45));
    let (value, means) = match rng.u32(..3) {
        0 => ("soon".to_owned(), Means::For(seconds * SECOND)),
        1 => (format!("{millis}.0"), Means::For(millis * MILLISECOND)),
        _ => (millis.to_string(), Means::For(millis * MILLISECOND)),
    };
    let headers = vec![("retry-after", seconds.to_string()), (name, value)];
    Said { headers, means }
}

/// In seconds or milliseconds, by the server's clock or by the one on the wall.
fn epoch(rng: &mut Rng) -> Said {
    let later = rng.u32(..45);
    let digits = |seconds: u64, rng: &mut Rng| match rng.bool() {
        true => seconds.to_string(),
        false => format!("{seconds}000"),
    };
    if rng.bool() {
        let moment = wall().as_secs() + u64::from(later);
        let means = Means::Until(Duration::from_secs(moment));
        return one("retry-after", digits(moment, rng), means);
    }
    let date = rng.u64(1_700_000_000..1_900_000_000);
    let headers = vec![
        ("retry-after", digits(date + u64::from(later), rng)),
        ("date", http_date(date, rng)),
    ];
    let means = Means::For(later * SECOND);
    Said { headers, means }
}

/// On two lines: the first that can be read.
fn twice(rng: &mut Rng) -> Said {
    let (a, b) = (rng.u32(..45), rng.u32(..45));
    let (first, means) = match rng.bool() {
        true => (a.to_string(), Means::For(a * SECOND)),
        false => ("120junk".to_owned(), Means::For(b * SECOND)),
    };
    let headers = vec![("retry-after", first), ("retry-after", b.to_string())];
    Said { headers, means }
}

/// One of the three forms of RFC 9110, 5.6.7.
fn http_date(epoch: u64, rng: &mut Rng) -> String {
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (mut days, of_day) = (epoch / 86_400, epoch % 86_400);
    let name = DAYS[usize::try_from(days % 7).unwrap()];
    let time = format!(
        "{:02}:{:02}:{:02}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    );
    // No leap year is left out between 1970 and 2099.
    let mut year = 1970;
    while days >= 365 + u64::from(year % 4 == 0) {
        days -= 365 + u64::from(year % 4 == 0);
        year += 1;
    }
    let february = 28 + u64::from(year % 4 == 0);
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (day, month) = (days + 1, MONTHS[month]);
    let short = &name[..3];
    match rng.u32(..3) {
        0 => format!("{short}, {day:02} {month} {year} {time} GMT"),
        1 => format!("{name}, {day:02}-{month}-{:02} {time} GMT", year % 100),
        _ => format!("{short} {month} {day:2} {time} {year}"),
    }
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
                Means::Nothing => {
                    let most = if matches!(status, 429 | 503) {
                        1_000
                    } else {
                        200
                    };
                    outcome.check(Duration::ZERO, most * MILLISECOND);
                    assert_eq!(outcome.log.len(), 2);
                }
            }
        }
    });
}

#[test]
fn of_a_thousand_calls_at_once_none_comes_back_early() {
    let client = client(7);
    real_time().block_on(async {
        let mut rng = Rng::with_seed(7);
        let mut server = Server::builder();
        let waits: Vec<u64> = (0..1_000).map(|_| rng.u64(..=2_000)).collect();
        for (n, wait) in waits.iter().enumerate() {
            server = server.on(&format!("/{n}"), script![429.retry_after_ms(*wait), 200]);
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
            let waited = entries[1].at - entries[0].answered_at.unwrap();
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
