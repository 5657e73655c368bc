//! Takes any bytes for a response and asks core everything about it: the driver that the fuzz target and the property
//! test share.
//!
//! The bytes are a response as one would write it down: a status, header lines, an empty line, a body. What cannot be
//! a header is left out, as a client leaves it out. Nothing may panic, and what is promised of any response is
//! asserted.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use steadfast_core::advice::{Advice, Facts};
use steadfast_core::hint::{Allowances, Hints, LONGEST, spent_quota, tells_of_limits};
use steadfast_core::redact::redact_url;
use steadfast_core::repeatable::Repeatable;
use steadfast_core::{
    Chance, Judged, Limits, Opinion, Policy, Prepared, Progress, Retry, Rule, Situation,
    StatusClass, Step, Stop, Terms,
};

/// A response, read from bytes.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

static POLICIES: LazyLock<[Prepared; 2]> = LazyLock::new(|| {
    let own = Policy::standard()
        .attempts(5)
        .on(StatusClass::ClientError, Retry::BACKOFF.any_method())
        .on(200, Rule::retry(1))
        .on(600.., Rule::FailFast);
    [Policy::standard(), own].map(|policy| policy.prepare().expect("both make sense"))
});

// ===== impl Raw =====

impl Raw {
    /// Reads a response; whatever does not look like one is a 503 with that body.
    pub(crate) fn parse(data: &[u8]) -> Self {
        let mut rest = data;
        let mut line = || {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            Some(line.trim_ascii())
        };
        let status = line().and_then(|line| StatusCode::from_bytes(line).ok());
        let mut headers = HeaderMap::new();
        while let Some(line) = line().filter(|line| !line.is_empty()) {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                continue;
            };
            let name = HeaderName::from_bytes(&line[..colon]);
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        Self {
            status: status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            headers,
            body: rest.to_vec(),
        }
    }
}

/// Asks everything about the response that these bytes are.
pub(crate) fn judge_bytes(data: &[u8], now: Instant) {
    let raw = Raw::parse(data);
    hints(&raw);
    allowances(&raw);
    for policy in &*POLICIES {
        for method in [Method::GET, Method::POST] {
            course(policy, &method, &raw, now);
        }
    }
    advice(&raw);
    let text = String::from_utf8_lossy(&raw.body);
    assert!(!redact_url(&text).contains('#'), "fragments are dropped");
}

/// The time of day when the response came.
fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
}

fn hints(raw: &Raw) {
    let any = Hints::read(&raw.headers, wall);
    let refusal = Hints::read_refusal(raw.status, &raw.headers, wall);
    for hint in [any.retry_after, refusal.retry_after].into_iter().flatten() {
        assert!(hint.wait <= LONGEST, "{hint:?}");
    }
    assert!(any.retry_after.is_none() || any.retry_after == refusal.retry_after);
}

fn allowances(raw: &Raw) {
    let all = Allowances::read(&raw.headers, wall);
    assert!(tells_of_limits(&raw.headers) || all == Allowances::default());
    for (at, one) in all.iter().enumerate() {
        assert!(one.limit.is_some() || one.remaining.is_some(), "{one:?}");
        for time in [one.reset, one.window].into_iter().flatten() {
            assert!(time <= LONGEST, "{one:?}");
        }
        assert!(one.window != Some(Duration::ZERO), "{one:?}");
        let same = all.iter().skip(at + 1).find(|it| it.name == one.name);
        assert_eq!(same, None, "each name once");
    }
    assert!(all.iter().count() <= 8 && all.is_empty() == (all.iter().count() == 0));
    if let Some(oddity) = all.oddity() {
        assert!(raw.headers.contains_key(oddity.header), "{oddity}");
        assert_readable(&oddity.to_string());
    }
}

/// The whole course of a call that is answered with the same response every time.
fn course(policy: &Prepared, method: &Method, raw: &Raw, now: Instant) {
    let retry = policy.retry();
    let limits = Limits::new(now, &Terms::new(policy, None));
    let (mut progress, mut at) = (Progress::new(now), now);
    let mut chance = Chance::with_seed(7);
    let judged = Judged::response(
        policy,
        raw.status,
        &raw.headers,
        wall,
        Opinion::Abstain,
        Some(&raw.body),
    );
    let stop = loop {
        progress.on_send(at);
        let repeatable = Repeatable::of(method, &raw.headers, None);
        let situation = Situation::new(repeatable, |_| true, &mut chance);
        let step = progress.on_outcome(at, &judged, policy, &limits, situation);
        let wait = match step {
            Step::Again { wait, .. } => Some(wait),
            _ => None,
        };
        progress.note(
            at,
            &judged,
            wait,
            Duration::ZERO,
            steadfast_core::redirect::Hops::NONE,
            || (method.clone(), "api.test".to_owned()),
        );
        match (step, wait) {
            (_, Some(wait)) => {
                let floor = judged
                    .hints
                    .retry_after
                    .map_or(Duration::ZERO, |hint| hint.wait);
                assert!(wait.time >= floor, "{wait:?} is earlier than asked");
                at += wait.time;
                assert!(at <= now + retry.retry_for, "{wait:?} is too long");
            }
            (Step::Return(stop), _) => break stop,
            (step, _) => panic!("unknown {step:?}"),
        }
    };
    let success = !raw.status.is_client_error() && !raw.status.is_server_error();
    if retry.statuses.accepts_at_once(raw.status) || progress.sent() > retry.attempts {
        assert!(success && stop == Stop::Accepted, "{stop:?}");
    }
    let record = progress.finish(at, stop, None);
    assert_eq!(record.attempt_count(), progress.sent() as usize);
    assert_readable(&record.to_string());
}

fn advice(raw: &Raw) {
    let path = String::from_utf8_lossy(&raw.body);
    let facts = Facts::new(raw.status, &raw.headers)
        .method(&Method::POST)
        .path(&path)
        .request_headers(&raw.headers)
        .body_start(&raw.body)
        .hints(Hints::read_refusal(raw.status, &raw.headers, wall))
        .quota(spent_quota(&raw.body, &raw.headers));
    let report = Advice::about(&facts);
    assert_readable(&report.to_string());
    assert_readable(&report.summary());
    assert!(!report.summary().contains('\n'), "{}", report.summary());
    for finding in report.findings() {
        assert_readable(&finding.to_string());
    }
}

/// What a server sends ends up in logs and terminals: nothing that they would obey.
fn assert_readable(text: &str) {
    assert!(!text.is_empty());
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(obeyed), "{text:?}");
}
