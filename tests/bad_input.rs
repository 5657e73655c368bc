//! Nothing that a server sends makes the client panic, and malformed headers are ignored; nor does any policy that
//! can be built.
//!
//! The bulk goes through core alone, where a response is judged in microseconds; some thousands go through the whole
//! stack, in the tower form and through a wrapped client up to `ensure_success`. The driver is the one of the fuzz
//! target in `fuzz/`, whose corpus is replayed here.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "bad_input/dictionary.rs"]
mod dictionary;
#[path = "common/judge_bytes.rs"]
mod judge_bytes;

use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use http::Extensions;
use http_body_util::{BodyExt, Full};
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use steadfast::policy::{Jitter, Opinion, Retry};
use steadfast::prelude::*;
use steadfast::{Backoff, Policies, Policy, Rate, Record};
use steadfast_testkit::cases;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::dictionary::response;
use crate::judge_bytes::{Raw, judge_bytes};

#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn now() -> Instant {
    Instant::now()
}

/// Shows the bytes that made a test panic.
struct Culprit<'a>(&'a [u8]);

impl Drop for Culprit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the response was: {}", self.0.escape_ascii());
        }
    }
}

#[test]
fn no_response_makes_core_panic_or_break_a_promise() {
    let (mut rng, now) = (Rng::with_seed(7), now());
    for _ in 0..cases(100_000) {
        let data = response(&mut rng);
        let _culprit = Culprit(&data);
        judge_bytes(&data, now);
    }
}

#[test]
fn the_corpus_of_the_fuzz_target_is_judged() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/response");
    let mut files = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        let _culprit = Culprit(&data);
        judge_bytes(&data, now());
        files += 1;
    }
    assert!(files >= 40, "{files}");
}

#[test]
fn every_status_is_judged_with_all_headers_at_once() {
    let now = now();
    for status in 100_u16..1000 {
        let mut data = format!("{status}\n").into_bytes();
        for (n, name) in dictionary::NAMES.iter().enumerate() {
            let n = (usize::from(status) + n) % dictionary::VALUES.len();
            data.extend_from_slice(name.as_bytes());
            data.extend_from_slice(b": ");
            data.extend_from_slice(dictionary::VALUES[n]);
            data.push(b'\n');
        }
        data.extend_from_slice(b"\nbody");
        let _culprit = Culprit(&data);
        judge_bytes(&data, now);
    }
}

// ===== the whole stack =====

/// One of which every layer has something to do.
fn policies() -> [Policies; 2] {
    let busy = Policy::guarded()
        .buffer(100)
        .classify(|exchange| match exchange.body_start {
            None => Opinion::ReadBody,
            Some(start) if start.starts_with(b"{") => Opinion::Retry,
            Some(_) => Opinion::Abstain,
        });
    [Policy::standard(), busy].map(|policy| {
        let builder = Policies::builder().default_policy(policy).seed(7);
        builder.build().unwrap()
    })
}

impl Raw {
    fn response(&self) -> http::Response<Full<Bytes>> {
        let mut response = http::Response::new(Full::new(self.body.clone().into()));
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        response
    }
}

/// The last link of a chain, which always answers the same.
struct Terminal(Raw);

#[async_trait::async_trait]
impl Middleware for Terminal {
    async fn handle(
        &self,
        _: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        Ok(self.0.response().map(reqwest::Body::wrap).into())
    }
}

#[tokio::test(start_paused = true)]
async fn no_response_makes_the_tower_form_panic_or_change_it() {
    let mut rng = Rng::with_seed(8);
    for n in 0..cases(2_000) as usize {
        let data = response(&mut rng);
        let _culprit = Culprit(&data);
        let raw = Raw::parse(&data);
        let answer = raw.response();
        let server = service_fn(move |_: http::Request<()>| {
            let answer = answer.clone();
            async move { Ok::<_, Infallible>(answer) }
        });
        let mut service = policies()[n % 2].layer().layer(server);
        let request = http::Request::get("http://api.test/v1/items?key=secret");
        let response = service.ready().await.unwrap();
        let response = response.call(request.body(()).unwrap()).await.unwrap();
        assert_eq!(response.status(), raw.status);
        assert_eq!(*response.headers(), raw.headers);
        if let Some(record) = response.extensions().get::<Record>() {
            assert!(!record.to_string().is_empty());
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, raw.body);
    }
}

#[tokio::test(start_paused = true)]
async fn no_response_makes_a_wrapped_client_panic_also_when_it_is_shown() {
    let (mut rng, transport) = (Rng::with_seed(9), Client::new());
    for n in 0..cases(2_000) as usize {
        let data = response(&mut rng);
        let _culprit = Culprit(&data);
        let raw = Raw::parse(&data);
        let (status, body) = (raw.status, raw.body.clone());
        let client = ClientBuilder::new(transport.clone())
            .with(policies()[n % 2].middleware())
            .with(Terminal(raw))
            .build();
        let response = client.get("http://api.test/{id}").send().await.unwrap();
        assert_eq!(response.status(), status);
        let record = response.record().to_string();
        let error = match response.ensure_success().await {
            Ok(response) => {
                assert!(!status.is_client_error() && !status.is_server_error());
                assert_eq!(response.bytes().await.unwrap(), body);
                continue;
            }
            Err(error) => error,
        };
        assert_eq!(error.status(), Some(status));
        let details = error.details().unwrap();
        assert!(body.starts_with(details.body_start()));
        for shown in [
            error.to_string(),
            details.to_string(),
            details.advice().to_string(),
            record,
        ] {
            assert!(
                !shown.contains(|c: char| c.is_control() && c != '\n'),
                "{shown:?}"
            );
        }
        let _ = (
            format!("{error:?}"),
            error.is_transient(),
            error.retry_after(),
        );
    }
}

// ===== policies =====

/// A policy of extremes.
fn extreme(rng: &mut Rng) -> Policy {
    let times = [0, 1, 1_000_000, u64::MAX / 2, u64::MAX].map(Duration::from_nanos);
    let times = [
        times[0],
        times[1],
        times[2],
        times[3],
        times[4],
        Duration::MAX,
    ];
    let counts = [0, 1, 2, 1_000, u32::MAX];
    let (time, count) = (
        |rng: &mut Rng| rng.choice(times).unwrap(),
        rng.choice(counts).unwrap(),
    );
    let mut policy = match rng.u8(..4) {
        0 => Policy::guarded(),
        1 => Policy::interactive(),
        2 => Policy::patient(),
        _ => Policy::standard(),
    };
    for _ in 0..rng.u8(1..6) {
        policy = match rng.u8(..13) {
            0 => policy.attempts(count),
            1 => policy.retry_for(time(rng)),
            2 => policy.attempt_timeout(time(rng)),
            3 => policy.deadline(time(rng)),
            4 => policy.max_wait(time(rng)),
            5 => policy.buffer(rng.choice([0, 1, usize::MAX]).unwrap()),
            6 => policy.drain(rng.choice([0, 1, usize::MAX]).unwrap()),
            7 => policy.rate_limit(Rate::per(count, time(rng)).burst(rng.choice(counts).unwrap())),
            8 => policy.backoff(Backoff::fixed(time(rng)).jitter(Jitter::Full)),
            9 => policy.throttled_backoff(Backoff::fixed(time(rng))),
            10 => policy.on(rng.u16(..)..=rng.u16(..), Retry::BACKOFF.at_most(count)),
            11 => policy.rate_limit(Rate::per_second(count)),
            _ => policy.without_budget(),
        };
    }
    policy
}

#[tokio::test(start_paused = true)]
async fn no_policy_makes_a_call_panic() {
    let (mut rng, transport) = (Rng::with_seed(10), Client::new());
    let mut built = 0;
    for _ in 0..cases(3_000) {
        let policy = extreme(&mut rng);
        let culprit = format!("{policy:?}");
        let _culprit = Culprit(culprit.as_bytes());
        let Ok(policies) = Policies::builder().default_policy(policy).build() else {
            continue;
        };
        built += 1;
        for data in ["503\n\nbody", "429\nretry-after: 1000000\n\n", "200\n\n{}"] {
            let client = ClientBuilder::new(transport.clone())
                .with(policies.middleware())
                .with(Terminal(Raw::parse(data.as_bytes())))
                .build();
            // Ten attempts, so that millions of them do not take forever.
            let call = client.get("http://api.test/").call(|c| c.attempts(10));
            let (record, _) = call.send_recorded().await;
            assert!(!record.to_string().is_empty());
        }
    }
    assert!(built > cases(1_000), "{built}");
}
