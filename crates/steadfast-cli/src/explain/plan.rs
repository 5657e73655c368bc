//! What happens to a call whose attempts all end in the same way: found out by running the code that decides.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use steadfast::policy::{InvalidPolicy, Jitter, Opinion};
use steadfast::record::{Human, Stop};
use steadfast::record::{Outcome, Reason};
use steadfast::{Policy, Rule};
use steadfast_core::repeatable::Repeatable;
use steadfast_core::{Chance, Judged, Limits, Pace, Prepared, Progress, Situation, Step, Terms};

use crate::{clock, time};

/// More waits than these are not shown one by one.
const SHOWN: usize = 12;

/// The course of such a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The shortest and longest wait before each retry.
    waits: Vec<RangeInclusive<Duration>>,
    /// Why no further attempt is made; `None` when there are more waits than anybody wants to read.
    stop: Option<Stop>,
    /// Who decided.
    reason: Reason,
}

/// Plays calls under one policy.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) policy: Prepared,
    /// The same without chance: it takes the longest wait each time.
    steady: Prepared,
    pub(super) repeatable: Repeatable,
    /// Whether the request gets an idempotency key by its policy.
    pub(super) keyed: bool,
}

// ===== impl Planner =====

impl Planner {
    pub(super) fn new(policy: &Policy, method: &Method) -> Result<Self, InvalidPolicy> {
        let prepared = policy.prepare()?;
        let retry = prepared.retry();
        let steady = policy
            .clone()
            .backoff(retry.backoff.clone().jitter(Jitter::None))
            .throttled_backoff(retry.throttled_backoff.clone().jitter(Jitter::None))
            .prepare()?;
        let mut headers = HeaderMap::new();
        let key = retry.idempotency_key.as_ref();
        let key = key.filter(|key| key.is_needed(method, &headers)).cloned();
        if let Some(key) = &key {
            headers.insert(key.name().clone(), HeaderValue::from_static("key"));
        }
        let repeatable = retry.repeatable(method, &headers, retry.repeatable);
        let keyed = key.is_some();
        Ok(Self {
            policy: prepared,
            steady,
            repeatable,
            keyed,
        })
    }

    /// Attempts take no time here, the budget is full, and the server gives no hint.
    pub(super) fn plan(&self, outcome: Outcome) -> Plan {
        let judged = self.judge(outcome);
        let start = clock::now().into_std();
        let limits = Limits::new(start, &Terms::new(&self.policy, None));
        let mut progress = Progress::new(start);
        // Nothing is left to chance here; the state machine wants it all the same.
        let mut chance = Chance::with_seed(0);
        let mut now = start;
        let mut waits = Vec::new();
        let stop = loop {
            progress.on_send(now);
            let situation = Situation::new(self.repeatable, |_| true, &mut chance);
            match progress.on_outcome(now, &judged, &self.steady, &limits, situation) {
                // One line for all refusals: their numbers are of no matter here.
                Step::Return(Stop::Refused(_)) => break Some(Stop::FailFast(Reason::Own)),
                Step::Return(stop) => break Some(stop),
                Step::Again { wait, .. } => {
                    waits.extend(self.range(&judged, progress.sent()));
                    now = now.checked_add(wait.time).unwrap_or(now);
                }
                _ => break None,
            }
            if waits.len() >= SHOWN {
                break None;
            }
        };
        Plan {
            waits,
            stop,
            reason: judged.reason,
        }
    }

    fn judge(&self, outcome: Outcome) -> Judged {
        match outcome {
            Outcome::Status(status) => {
                let (headers, opinion) = (HeaderMap::new(), Opinion::Abstain);
                let wall = || SystemTime::UNIX_EPOCH;
                let judged = Judged::response(&self.steady, status, &headers, wall, opinion, None);
                match self.keyed {
                    true => judged.of_keyed(),
                    false => judged,
                }
            }
            Outcome::Refused(refusal) => Judged::refused(&self.steady, refusal),
            Outcome::Failed(kind) => Judged::failure(&self.steady, kind, Opinion::Abstain),
            outcome => Judged::ended(outcome),
        }
    }

    fn range(&self, judged: &Judged, retry: u32) -> Option<RangeInclusive<Duration>> {
        let Rule::Retry(rule) = judged.verdict else {
            return None;
        };
        match rule.pace() {
            Pace::Throttled => self.policy.retry().throttled_backoff.range(retry),
            _ => self.policy.retry().backoff.range(retry),
        }
    }
}

// ===== impl Plan =====

impl Plan {
    pub(super) fn retries(&self) -> bool {
        !self.waits.is_empty()
    }

    fn action(&self) -> &'static str {
        match self.stop {
            Some(Stop::Accepted) => "accept",
            _ if self.retries() => "retry",
            _ => "hand-back",
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let waits = self
            .waits
            .iter()
            .map(|range| [time::millis(*range.start()), time::millis(*range.end())]);
        json!({
            "action": self.action(),
            "decided_by": self.reason.to_string(),
            "waits_ms": waits.collect::<Vec<_>>(),
            "more": self.stop.is_none(),
            "end": self.stop.map(|stop| stop.to_string()),
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stop {
            Some(Stop::Accepted) => f.write_str("accepted: returned as a success")?,
            Some(stop) if self.waits.is_empty() => write!(f, "returned at once: {stop}")?,
            stop => {
                f.write_str("sent again after ")?;
                for (index, range) in self.waits.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", Range(range))?;
                }
                match stop {
                    Some(stop) => write!(f, "; then returned: {stop}")?,
                    None => f.write_str(", ...")?,
                }
            }
        }
        match self.reason {
            Reason::Policy if !matches!(self.stop, Some(Stop::FailFast(_))) => {
                f.write_str(" [a rule of the policy]")
            }
            _ => Ok(()),
        }
    }
}

/// `200 ms`, `0 to 400 ms`.
struct Range<'a>(&'a RangeInclusive<Duration>);

impl fmt::Display for Range<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shortest, longest) = (*self.0.start(), *self.0.end());
        match shortest {
            _ if shortest == longest => write!(f, "{}", Human(longest)),
            Duration::ZERO => write!(f, "0 to {}", Human(longest)),
            _ => write!(f, "{} to {}", Human(shortest), Human(longest)),
        }
    }
}
