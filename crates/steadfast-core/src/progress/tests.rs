//! The course of a call, case by case and as properties.

mod paid;
mod unsent;

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::backoff::Backoff;
use crate::classify::Opinion;
use crate::failure_kind::FailureKind;
use crate::policy::Policy;
use crate::repeatable::Why;
use crate::terms::Terms;

const YES: Repeatable = Repeatable::Yes(Why::IdempotentMethod);
const NO: Repeatable = Repeatable::No(WhyNot::Method);

struct Call {
    policy: Prepared,
    limits: Limits,
    progress: Progress,
    now: Instant,
    rng: Chance,
    repeatable: Repeatable,
    replayable: bool,
    redirected: bool,
    paced: bool,
    closed: Option<Duration>,
    tokens: u32,
}

impl Call {
    #[expect(clippy::disallowed_methods, reason = "an arbitrary start")]
    fn new(policy: &Policy) -> Self {
        let (now, policy) = (Instant::now(), policy.prepare().unwrap());
        let limits = Limits::new(now, &Terms::new(&policy, None));
        Self {
            limits,
            progress: Progress::new(now),
            now,
            rng: Chance::with_seed(7),
            repeatable: YES,
            replayable: true,
            redirected: false,
            paced: false,
            closed: None,
            tokens: u32::MAX,
            policy,
        }
    }

    fn status(&mut self, status: u16, pairs: &[(&'static str, &str)]) -> Step {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        let status = StatusCode::from_u16(status).unwrap();
        let wall = || SystemTime::UNIX_EPOCH;
        let judged = Judged::response(&self.policy, status, &headers, wall, Opinion::Abstain, None);
        self.outcome(&judged)
    }

    fn failure(&mut self, kind: FailureKind) -> Step {
        let judged = Judged::failure(&self.policy, kind, Opinion::Abstain);
        self.outcome(&judged)
    }

    /// Sends, meets the outcome, and lets the wait pass.
    fn outcome(&mut self, judged: &Judged) -> Step {
        self.progress.on_send(self.now);
        let tokens = &mut self.tokens;
        let take_token = |_| {
            let there = *tokens > 0;
            *tokens = tokens.saturating_sub(1);
            there
        };
        let situation = Situation::new(self.repeatable, take_token, &mut self.rng)
            .replayable(self.replayable)
            .redirected(self.redirected)
            .paced_until(self.paced.then_some(self.now))
            .closed_until(self.closed.map(|time| self.now + time));
        let step =
            self.progress
                .on_outcome(self.now, judged, &self.policy, &self.limits, situation);
        if let Step::Again { wait, .. } = step {
            self.now += wait.time;
        }
        step
    }
}

fn again(step: Step) -> Wait {
    match step {
        Step::Again { wait, .. } => wait,
        Step::Return(stop) => panic!("returned: {stop}"),
    }
}

fn stop(step: Step) -> Stop {
    match step {
        Step::Return(stop) => stop,
        Step::Again { wait, .. } => panic!("again after {wait}"),
    }
}

#[test]
fn three_attempts_are_three_sends() {
    let mut call = Call::new(&Policy::standard());
    again(call.status(502, &[]));
    again(call.status(503, &[]));
    assert_eq!(stop(call.status(504, &[])), Stop::Attempts(3));
    assert_eq!(call.progress.sent(), 3);
}

#[test]
fn a_rule_may_allow_fewer_retries_than_the_policy() {
    let mut call = Call::new(&Policy::standard().attempts(9).on(409, Rule::retry(2)));
    again(call.status(409, &[]));
    again(call.status(409, &[]));
    assert_eq!(stop(call.status(409, &[])), Stop::RuleLimit(2));
    let mut call = Call::new(&Policy::standard().attempts(9));
    again(call.status(500, &[]));
    assert_eq!(stop(call.status(500, &[])), Stop::RuleLimit(1));
}

#[test]
fn what_may_have_run_is_repeated_only_when_that_is_safe() {
    for (status, repeated) in [
        (502, false),
        (503, false),
        (500, false),
        (429, true),
        (425, true),
    ] {
        let mut call = Call::new(&Policy::standard());
        call.repeatable = NO;
        let step = call.status(status, &[]);
        assert_eq!(
            matches!(step, Step::Again { .. }),
            repeated,
            "{status}: {step:?}"
        );
    }
    for (kind, repeated) in [
        (FailureKind::Connect, true),
        (FailureKind::Dns, true),
        (FailureKind::Unprocessed, true),
        (FailureKind::Reset, false),
        (FailureKind::Timeout, false),
        (FailureKind::Other, false),
    ] {
        let mut call = Call::new(&Policy::standard());
        call.repeatable = NO;
        let step = call.failure(kind);
        assert_eq!(
            matches!(step, Step::Again { .. }),
            repeated,
            "{kind}: {step:?}"
        );
    }
}

#[test]
fn who_declares_a_request_not_repeatable_wins_over_a_rule_that_asks_for_that() {
    let declared = Repeatable::No(WhyNot::Declared);
    let any = Rule::RETRY_ANY_METHOD;
    let once: Rule = Retry::THROTTLED.at_most(1).into();
    for (rule, repeatable, repeated) in [
        (None, NO, true),
        (None, declared, true),
        (Some(Rule::RETRY), NO, true),
        (Some(Rule::RETRY_THROTTLED), NO, true),
        (Some(Rule::RETRY), declared, false),
        (Some(Rule::RETRY_THROTTLED), declared, false),
        (Some(once), declared, false),
        (Some(any), declared, true),
    ] {
        let policy = Policy::standard();
        let policy = match rule {
            Some(rule) => policy.on(429, rule).on_failure(FailureKind::Connect, rule),
            None => policy,
        };
        let mut call = Call::new(&policy);
        call.repeatable = repeatable;
        for step in [call.status(429, &[]), call.failure(FailureKind::Connect)] {
            if call.progress.sent() == 2 && rule == Some(once) {
                continue;
            }
            let again = matches!(step, Step::Again { .. });
            assert_eq!(again, repeated, "{rule:?} {repeatable}: {step:?}");
        }
    }
    // Any method means what may have run, too.
    let mut call = Call::new(&Policy::standard().on(502, any));
    call.repeatable = declared;
    again(call.status(502, &[]));
}

#[test]
fn an_answer_from_where_a_redirect_led_proves_nothing_of_the_request() {
    for status in [421, 425, 429] {
        let mut call = Call::new(&Policy::standard());
        (call.repeatable, call.redirected) = (NO, true);
        assert_eq!(
            stop(call.status(status, &[])),
            Stop::NotRepeatable(NO),
            "{status}"
        );
    }
}

#[test]
fn a_body_that_is_gone_is_the_reason() {
    let mut call = Call::new(&Policy::standard());
    call.replayable = false;
    assert_eq!(stop(call.status(503, &[])), Stop::BodyNotReplayable);
}

#[test]
fn a_wait_that_does_not_fit_is_not_begun() {
    let mut call = Call::new(&Policy::standard());
    let stopped = stop(call.status(503, &[("retry-after", "31")]));
    assert!(matches!(stopped, Stop::Time(wait) if wait >= Duration::from_secs(31)));
    let mut call = Call::new(&Policy::standard());
    assert_eq!(
        again(call.status(503, &[("retry-after", "30")])).time,
        Duration::from_secs(30)
    );
    let mut call = Call::new(&Policy::standard().deadline(Duration::from_secs(5)));
    assert!(matches!(
        stop(call.status(503, &[("retry-after", "5")])),
        Stop::Time(_)
    ));
}

#[test]
fn a_first_wait_of_zero_is_a_wait_of_zero() {
    let mut call = Call::new(&Policy::standard());
    assert_eq!(
        again(call.status(503, &[("retry-after", "0")])).time,
        Duration::ZERO
    );
}

#[test]
fn from_the_second_refusal_on_no_hint_is_shorter_than_the_backoff() {
    let fixed = Backoff::fixed(Duration::from_secs(2));
    let policy = Policy::standard().attempts(4).throttled_backoff(fixed);
    let (ms, backoff) = (Duration::from_millis, WaitSource::Backoff);
    for (name, value, first, second) in [
        ("retry-after", "0", ms(0), (ms(2000), Some(backoff))),
        ("retry-after", "0.001", ms(1), (ms(2000), Some(backoff))),
        (
            "retry-after",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            ms(0),
            (ms(2000), Some(backoff)),
        ),
        (
            "retry-after-ms",
            "1500",
            ms(1500),
            (ms(2000), Some(backoff)),
        ),
        ("retry-after", "3", ms(3000), (ms(3000), None)),
    ] {
        for status in [429, 503] {
            let mut call = Call::new(&policy);
            let wait = again(call.status(status, &[(name, value)]));
            assert!(
                wait.time >= first && wait.time <= first + first / 10,
                "{value}: {wait}"
            );
            assert!(matches!(wait.source, WaitSource::Hint(_)), "{wait}");
            for _ in 0..2 {
                let wait = again(call.status(status, &[(name, value)]));
                let (least, source) = second;
                assert!(
                    wait.time >= least && wait.time <= least + least / 10,
                    "{value}: {wait}"
                );
                assert!(
                    source.is_none_or(|source| source == wait.source),
                    "{value}: {wait}"
                );
            }
        }
    }
}

#[test]
fn a_classifier_that_asks_for_no_wait_gets_none() {
    let policy = Policy::standard().attempts(9);
    let mut call = Call::new(&policy);
    for _ in 0..8 {
        let opinion = Opinion::RetryAfter(Duration::ZERO);
        let judged = Judged::failure(&call.policy, FailureKind::Reset, opinion);
        let wait = again(call.outcome(&judged));
        assert_eq!(
            (wait.time, wait.source),
            (Duration::ZERO, WaitSource::Classifier)
        );
    }
}

#[test]
fn a_throttled_call_backs_off_for_longer() {
    let longest = |status| {
        let waits = (0..200).map(|seed| {
            let mut call = Call::new(&Policy::standard());
            call.rng = Chance::with_seed(seed);
            again(call.status(status, &[])).time
        });
        waits.max().unwrap()
    };
    assert!(longest(502) <= Duration::from_millis(200));
    assert!((Duration::from_millis(900)..=Duration::from_secs(1)).contains(&longest(503)));
}

#[test]
fn a_record_reads_as_a_sentence() {
    let mut call = Call::new(&Policy::standard());
    let head = || (Method::GET, "api.x.com".to_owned());
    for (status, wait) in [(503, Some(1000)), (502, Some(180)), (200, None)] {
        let judged = Judged::accepted(StatusCode::from_u16(status).unwrap());
        let source = WaitSource::Backoff;
        let wait = wait.map(|ms| Wait {
            time: Duration::from_millis(ms),
            source,
        });
        call.progress.on_send(call.now);
        call.progress.note(
            call.now,
            &judged,
            wait,
            Duration::ZERO,
            crate::redirect::Hops::NONE,
            head,
        );
        call.now += wait.map_or(Duration::ZERO, |wait| wait.time);
    }
    let record = call.progress.finish(call.now, Stop::Accepted, None);
    assert_eq!(
        record.to_string(),
        "3 attempts in 1.1 s: 503 (backoff 1 s), 502 (backoff 180 ms), 200"
    );
    assert_eq!(record.waited(), Duration::from_millis(1180));
    assert_eq!(record.attempts()[2].at, Duration::from_millis(1180));
    assert_eq!(Record::FIRST_TRY.attempt_count(), 1);
}

proptest! {
    /// Whatever a server says: no earlier than asked, no later than the time for retrying, no more attempts.
    #[test]
    fn no_answer_buys_more_than_the_policy_grants(
        answers in prop::collection::vec((400_u16..600, prop::option::of(0_u64..40_000)), 1..20),
        attempts in 1_u32..8,
        seed in any::<u64>(),
    ) {
        let mut call = Call::new(&Policy::standard().attempts(attempts));
        call.rng = Chance::with_seed(seed);
        let started = call.now;
        let mut ended = false;
        for (status, millis) in answers {
            if ended { break; }
            let asked = millis.map(|millis| millis.to_string());
            let pairs: Vec<_> = asked.iter().map(|ms| ("retry-after-ms", ms.as_str())).collect();
            let before = call.now;
            match call.status(status, &pairs) {
                Step::Again { wait, .. } => {
                    prop_assert!(wait.time >= Duration::from_millis(millis.unwrap_or(0)));
                    prop_assert!(before + wait.time <= started + Duration::from_secs(30));
                }
                Step::Return(_) => ended = true,
            }
        }
        prop_assert!(call.progress.sent() <= attempts);
    }
}
