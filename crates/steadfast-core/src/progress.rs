//! The course of one call: after each outcome, return it, or wait and try again.
//!
//! A plain state machine. Time, chance and the budget are arguments, so every hard case is a table, and a simulator
//! or a fuzzer runs the code that is shipped.

mod limits;
mod situation;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;

pub use self::limits::Limits;
pub use self::situation::Situation;
use crate::budget::Price;
use crate::chance::Chance;
use crate::failure_kind::Reach;
use crate::hint::HintSource;
use crate::judge::{Judged, Reason};
use crate::outcome::Outcome;
use crate::policy::Prepared;
use crate::record::{Attempt, History, Record, Stop, Wait, WaitSource};
use crate::redirect::Hops;
use crate::repeatable::{Repeatable, WhyNot};
use crate::rule::{Pace, Repeats, Retry, Rule};

/// What to do after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Hand the outcome back to the caller.
    Return(Stop),
    /// Wait, then send again.
    Again {
        /// For how long, and who asked.
        wait: Wait,
        /// What the budget has to do with it.
        payment: Payment,
    },
}

/// How a retry is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payment {
    /// It costs nothing: what paces it bounds the load that it adds.
    Free,
    /// This was taken from the budget, to be given back if the attempt succeeds or is never sent.
    Paid(Price),
    /// The budget could not pay. The retry may be sent once this was taken from it; until then the call asks
    /// [again and again](Limits::ask_again).
    Owed(Price),
}

/// The course of one call.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    attempt_started: Instant,
    sent: u32,
    limited: u32,
    history: Option<Arc<History>>,
}

// ===== impl Progress =====

impl Progress {
    /// A call that starts now.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            started: now,
            attempt_started: now,
            sent: 0,
            limited: 0,
            history: None,
        }
    }

    /// When the call started.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// How many attempts were sent.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// When the attempt in flight started.
    #[must_use]
    pub const fn attempt_started(&self) -> Instant {
        self.attempt_started
    }

    /// Notes that an attempt is sent; `now` is the start of the call for the first one.
    pub fn on_send(&mut self, now: Instant) {
        self.sent += 1;
        self.attempt_started = now;
    }

    /// Whether another attempt could follow the one that is about to be sent.
    #[must_use]
    pub const fn may_follow(&self, limits: &Limits) -> bool {
        self.sent + 1 < limits.attempts
    }

    /// Decides what follows an outcome.
    pub fn on_outcome<T: FnOnce(Price) -> bool>(
        &mut self,
        now: Instant,
        judged: &Judged,
        policy: &Prepared,
        limits: &Limits,
        mut situation: Situation<'_, T>,
    ) -> Step {
        let retry = match judged.verdict {
            Rule::Accept => return Step::Return(Stop::Accepted),
            Rule::FailFast if judged.reason == Reason::Nested => {
                return Step::Return(Stop::Nested);
            }
            Rule::FailFast => {
                return Step::Return(match judged.outcome {
                    Outcome::Refused(refusal) if judged.reason == Reason::Own => {
                        Stop::Refused(refusal)
                    }
                    _ => Stop::FailFast(judged.reason),
                });
            }
            Rule::Retry(retry) => retry,
        };
        if self.sent >= limits.attempts {
            return Step::Return(Stop::Attempts(limits.attempts));
        }
        if self.limited >= retry.limit() {
            return Step::Return(Stop::RuleLimit(retry.limit()));
        }
        let provable =
            !situation.redirected && is_proof(retry, judged.outcome, situation.repeatable);
        if !situation.repeatable.is_yes() && !provable {
            return Step::Return(Stop::NotRepeatable(situation.repeatable));
        }
        if !situation.replayable {
            return Step::Return(Stop::BodyNotReplayable);
        }
        let Some(wait) = self.wait(now, judged, retry, policy, limits, situation.chance) else {
            return Step::Return(Stop::Attempts(self.sent));
        };
        let paced = situation.paced_until.max(situation.closed_until);
        let start = now.checked_add(wait.time);
        let start = start.map(|start| paced.map_or(start, |paced| start.max(paced)));
        if !start.is_some_and(|at| limits.allow_start(at)) {
            return Step::Return(Stop::Time(wait.time));
        }
        let price = self.price(now, judged, retry, policy, &mut situation);
        let payment = match price.map(|price| (price, (situation.take_token)(price))) {
            None => Payment::Free,
            Some((price, true)) => Payment::Paid(price),
            Some((price, false)) if policy.retry().waits_for_budget => Payment::Owed(price),
            Some(_) => return Step::Return(Stop::Budget),
        };
        if retry.limit() != u32::MAX {
            self.limited += 1;
        }
        Step::Again { wait, payment }
    }

    /// What the next attempt costs. Nothing after a 429, which was not processed, where a configured rate or a gate paces
    /// what follows: that adds no load. A gate that a server closes for less than the backoff paces nothing. The same holds
    /// for a 503 where a limit was learned from such refusals.
    fn price<T>(
        &self,
        now: Instant,
        judged: &Judged,
        retry: Retry,
        policy: &Prepared,
        situation: &mut Situation<'_, T>,
    ) -> Option<Price> {
        let is_closed = situation.closed_until.is_some_and(|until| until > now);
        let asked = judged.hints.retry_after;
        let mut gated = || match asked.filter(|hint| hint.source != HintSource::RateLimit) {
            // By the pace that was learned, or by the reset of a limit.
            None => true,
            Some(hint) => {
                let backoff = self.backoff(retry.pace(), policy, situation.chance);
                backoff.is_some_and(|time| hint.wait >= time)
            }
        };
        let paced = situation.paced_until.is_some() || (is_closed && gated());
        let status = judged.outcome.status().map(|status| status.as_u16());
        let is_free = match status {
            _ if is_too_many(judged) => paced || situation.pace_learned,
            Some(503 | 529) => situation.pace_learned,
            _ => false,
        };
        (!is_free).then(|| Price::after(judged.outcome))
    }

    /// What the schedule says about the next wait; `None` when a custom one has ended.
    fn backoff(&self, pace: Pace, policy: &Prepared, chance: &mut Chance) -> Option<Duration> {
        let schedule = match pace {
            Pace::Throttled => &policy.retry().throttled_backoff,
            Pace::Backoff => &policy.retry().backoff,
        };
        schedule.wait(self.sent, chance)
    }

    /// The wait before the next attempt; `None` when a custom schedule has ended.
    fn wait(
        &self,
        now: Instant,
        judged: &Judged,
        retry: Retry,
        policy: &Prepared,
        limits: &Limits,
        chance: &mut Chance,
    ) -> Option<Wait> {
        let pace = match judged.hints.has_unknown_length() {
            // The server asked for a wait of unknown length.
            true => Pace::Throttled,
            false => retry.pace(),
        };
        let hint = judged.hints.retry_after;
        let asked = match (judged.asked, hint) {
            (Some(asked), Some(hint)) if hint.wait > asked => {
                Some((hint.wait, WaitSource::Hint(hint.source)))
            }
            (Some(asked), _) => Some((asked, WaitSource::Classifier)),
            (None, Some(hint)) => Some((hint.wait, WaitSource::Hint(hint.source))),
            (None, None) => None,
        };
        let Some((floor, source)) = asked else {
            return self.backed_off(pace, policy, chance);
        };
        let room = limits
            .latest_start()
            .map_or(Duration::MAX, |end| end.saturating_duration_since(now))
            .saturating_sub(floor);
        let time = floor.saturating_add(spread(floor, chance).min(room));
        let wait = Wait { time, source };
        // A server that says "now" and fails again was wrong. The user is not doubted.
        if self.sent < 2 || source == WaitSource::Classifier {
            return Some(wait);
        }
        let backoff = self.backed_off(pace, policy, chance)?;
        Some(if backoff.time > time { backoff } else { wait })
    }

    fn backed_off(&self, pace: Pace, policy: &Prepared, chance: &mut Chance) -> Option<Wait> {
        let time = self.backoff(pace, policy, chance)?;
        let source = WaitSource::Backoff;
        Some(Wait { time, source })
    }

    /// Writes an attempt that was not accepted at once into the history.
    pub fn note(
        &mut self,
        now: Instant,
        judged: &Judged,
        wait: Option<Wait>,
        queued: Duration,
        hops: Hops,
        head: impl FnOnce() -> (Method, String),
    ) {
        let attempt = Attempt {
            outcome: judged.outcome,
            reason: judged.reason,
            at: self.attempt_started.saturating_duration_since(self.started),
            took: now.saturating_duration_since(self.attempt_started),
            wait,
            queued,
            hops,
            quota_in_text: judged.quota_in_text,
        };
        let history = self.history.get_or_insert_with(|| {
            let (method, authority) = head();
            Arc::new(History::of(method, authority))
        });
        if let Some(history) = Arc::get_mut(history) {
            history.queued = history.queued.saturating_add(queued);
            // What was refused before it was sent was no attempt.
            if judged.reason != Reason::Own || judged.outcome.reach() != Reach::NotSent {
                history.attempts.push(attempt);
            }
        }
    }

    /// Notes that a limit of this client refused the next attempt, after a time in its queue: it was never sent.
    pub fn note_unsent(&mut self, queued: Duration) {
        self.sent = self.sent.saturating_sub(1);
        if let Some(history) = self.history.as_mut().and_then(Arc::get_mut) {
            history.queued = history.queued.saturating_add(queued);
        }
    }

    /// Ends the call. The record is [`Record::FIRST_TRY`] unless something was [noted](Self::note).
    pub fn finish(&mut self, now: Instant, stop: Stop, resume_at: Option<Instant>) -> Record {
        match self.history.take() {
            None => Record::FIRST_TRY,
            Some(mut history) => {
                if let Some(history) = Arc::get_mut(&mut history) {
                    history.stop = stop;
                    history.elapsed = now.saturating_duration_since(self.started);
                    history.resume_at = resume_at;
                }
                Record::new(history)
            }
        }
    }

    /// Whether something was [noted](Self::note).
    #[must_use]
    pub const fn has_history(&self) -> bool {
        self.history.is_some()
    }
}

/// A little later than asked, so that many callers that were told the same do not come back together: up to a tenth
/// of the wait, at most 2 s.
fn spread(floor: Duration, chance: &mut Chance) -> Duration {
    (floor / 10)
        .min(Duration::from_secs(2))
        .mul_f64(chance.fraction())
}

/// Whether a rule takes an outcome for proof that the request was not processed.
fn is_proof(retry: Retry, outcome: Outcome, repeatable: Repeatable) -> bool {
    match retry.repeats() {
        Repeats::Any => true,
        Repeats::Repeatable => {
            let declared = repeatable == Repeatable::No(WhyNot::Declared);
            !declared && outcome.reach() != Reach::MaybeProcessed
        }
    }
}

/// A 429, or a 403 that is one in disguise.
fn is_too_many(judged: &Judged) -> bool {
    match judged.outcome.status().map(|status| status.as_u16()) {
        Some(429) => true,
        Some(403) => judged.reason == Reason::RateLimit,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
