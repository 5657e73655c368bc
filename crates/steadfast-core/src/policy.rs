//! What a user wants for a set of calls: plain data, checked once.
//!
//! A [`Policy`] is written with setters that take any value; [`Policy::prepare`] checks all of them at once and names
//! the one that makes no sense, so no mistake waits for the first request.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::backoff::Backoff;
use crate::budget::BudgetConfig;
use crate::classify::{Classifier, Exchange, Opinion};
use crate::cost::Cost;
use crate::hint::Window;
use crate::outcome::FailureKind;
use crate::prepared::Prepared;
use crate::quota::Quotas;
use crate::rate::Rates;
use crate::rule::{Rule, StatusRules, Statuses};

/// How calls are retried, paced and cut. The defaults are those of [`Policy::standard`].
///
/// ```
/// use std::time::Duration;
/// use steadfast_core::{Policy, Rate, Rule};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let careful = Policy::standard()
///     .attempts(2)
///     .on(409, Rule::retry(1))
///     .rate_limit(Rate::per_second(5).burst(10))
///     .retry_for(Duration::from_secs(10));
/// careful.prepare()?;
///
/// let mistake = Policy::standard().attempts(0).prepare().unwrap_err();
/// assert_eq!(mistake.to_string(), "`attempts` is 0, but has to be at least 1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    attempts: u32,
    retry_for: Duration,
    backoff: Backoff,
    throttled_backoff: Backoff,
    budget: Option<BudgetConfig>,
    statuses: StatusRules,
    failures: Vec<(FailureKind, Rule)>,
    classifier: Option<Classifier>,
    repeatable: Option<bool>,
    attempt_timeout: Option<Duration>,
    deadline: Option<Duration>,
    buffer: Option<usize>,
    drain: usize,
    rates: Rates,
    max_wait: Option<Duration>,
    max_queue: Option<usize>,
    cost: Cost,
    pacing: Pacing,
    gate: bool,
    spans: Spans,
    share: Share,
    identity: Option<Arc<str>>,
    quotas: Quotas,
    quota_markers: Vec<(String, Window)>,
}

/// Who shares a retry budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Share {
    /// The calls of one endpoint to one origin (scheme, host and port): one broken endpoint leaves the others their
    /// retries. The default.
    #[default]
    Endpoint,
    /// All calls to one origin whose policies say so: one bound for what retries may add to a server. Its numbers are
    /// those of the policy that is used first, so give all of them the same.
    Origin,
}

/// What attempts are paced by, beside the rates that are configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pacing {
    /// By nothing.
    Off,
    /// By the rate limit headers of responses: spent freely while there is plenty, paced when it gets scarce.
    Headers,
    /// By headers, and after the first refusal without any also by what the server let through. The default.
    #[default]
    Learned,
}

/// Whether a call opens spans of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spans {
    /// One per call and one per attempt, when a subscriber listens. The default.
    #[default]
    On,
    /// None, for chains that keep `reqwest-tracing`; events are still sent.
    Off,
}

/// A value of a policy that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{field}` is {value}, but has to be {expected}")]
pub struct InvalidPolicy {
    field: &'static str,
    value: String,
    expected: Cow<'static, str>,
}

// ===== impl Policy =====

impl Default for Policy {
    fn default() -> Self {
        Self::standard()
    }
}

impl Policy {
    /// What is right for most: 3 attempts within 30 s, 10 % budget, nothing refused and nothing cut.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            attempts: 3,
            retry_for: Duration::from_secs(30),
            backoff: Backoff::default(),
            throttled_backoff: Backoff::throttled(),
            budget: Some(BudgetConfig::STANDARD),
            statuses: StatusRules::default(),
            failures: Vec::new(),
            classifier: None,
            repeatable: None,
            attempt_timeout: None,
            deadline: None,
            buffer: None,
            drain: 64 * 1024,
            rates: Rates::default(),
            max_wait: None,
            max_queue: None,
            cost: Cost::One,
            pacing: Pacing::Learned,
            gate: true,
            spans: Spans::On,
            share: Share::Endpoint,
            identity: None,
            quotas: Quotas::default(),
            quota_markers: Vec::new(),
        }
    }

    /// [`standard`](Self::standard) with what can refuse or cut a call switched on: 30 s per attempt (until the
    /// response's headers) and a hard deadline of 60 s.
    #[must_use]
    pub fn guarded() -> Self {
        Self::standard()
            .attempt_timeout(Duration::from_secs(30))
            .deadline(Duration::from_secs(60))
    }

    /// For calls that a person waits for: a hard deadline of 10 s, and no retry starts after it.
    #[must_use]
    pub fn interactive() -> Self {
        Self::standard()
            .deadline(Duration::from_secs(10))
            .retry_for(Duration::from_secs(10))
    }

    /// For batches: 10 attempts, and it waits up to an hour if it must.
    #[must_use]
    pub fn patient() -> Self {
        Self::standard()
            .attempts(10)
            .retry_for(Duration::from_secs(3600))
    }

    /// The most attempts, the first included. Default 3: in production measurements the first retry saves 26 % of
    /// failures, the second 3 %, the third 2 %.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long after the start of a call another attempt may start; bounds every wait, never a running attempt. Time
    /// that the first attempt stands in the queue of the rate limit does not count. Default 30 s.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// The schedule of waits. Default: 200 ms, doubled each time, full jitter, at most 20 s.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The schedule of waits after 429, 503 and 529 without a hint. Default: 1 s, doubled each time, full jitter, at
    /// most 20 s.
    #[must_use]
    pub fn throttled_backoff(mut self, backoff: Backoff) -> Self {
        self.throttled_backoff = backoff;
        self
    }

    /// How much load retries may add. Default: 10 % of the calls, a trickle of 0.2 per second, a bucket of 10.
    #[must_use]
    pub fn budget(mut self, budget: BudgetConfig) -> Self {
        self.budget = Some(budget);
        self
    }

    /// No bound on the load that retries add. In a total outage every call then costs all of its attempts.
    #[must_use]
    pub fn without_budget(mut self) -> Self {
        self.budget = None;
        self
    }

    /// What to do about a status, a range or a [`StatusClass`](crate::StatusClass); a later rule for the same status
    /// wins. `Retry-After` is heeded under every rule that retries.
    #[must_use]
    pub fn on(mut self, statuses: impl Into<Statuses>, rule: impl Into<Rule>) -> Self {
        self.statuses.set(statuses.into(), rule.into());
        self
    }

    /// What to do when the transport fails in this way; a later rule for the same failure wins.
    #[must_use]
    pub fn on_failure(mut self, kind: FailureKind, rule: impl Into<Rule>) -> Self {
        self.failures.push((kind, rule.into()));
        self
    }

    /// A closure that is asked about every outcome before the rules are.
    #[must_use]
    pub fn classify(
        mut self,
        closure: impl Fn(&Exchange<'_>) -> Opinion + Send + Sync + 'static,
    ) -> Self {
        self.classifier = Some(Classifier::new(closure));
        self
    }

    /// Declares that all requests are safe to send twice, or that none is (some `PUT`s and `DELETE`s are not).
    /// Default: idempotent methods, and requests that carry an `Idempotency-Key`.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// The most time of one attempt, until the response's headers are there. Default: none; reqwest's own timeouts
    /// stay in force.
    #[must_use]
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// The most time of the whole call, waits included, until the response's headers are there. Default: none.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Reads bodies of up to so many bytes inside the attempt, so that a truncated, reset or stalled body is retried.
    /// A longer body streams through. Default: none.
    #[must_use]
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = Some(bytes);
        self
    }

    /// The most bytes of a refused response that are read, inside the wait, to keep its connection. Default 64 KiB.
    #[must_use]
    pub fn drain(mut self, bytes: usize) -> Self {
        self.drain = bytes;
        self
    }

    /// Whether spans are opened. Default: [`Spans::On`].
    #[must_use]
    pub fn spans(mut self, spans: Spans) -> Self {
        self.spans = spans;
        self
    }

    /// Who shares the retry budget. Default: [`Share::Endpoint`].
    #[must_use]
    pub fn share(mut self, share: Share) -> Self {
        self.share = share;
        self
    }

    /// For whom calls are made that do not say so themselves: calls of one identity share budget and rate limit, and no
    /// others do. Default: none.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field, the value and what would be right.
    pub fn prepare(&self) -> Result<Prepared, InvalidPolicy> {
        let attempts = NonZeroU32::new(self.attempts)
            .ok_or_else(|| InvalidPolicy::new("attempts", &self.attempts, "at least 1"))?;
        for (field, value) in [
            ("attempt_timeout", self.attempt_timeout),
            ("deadline", self.deadline),
        ] {
            if value.is_some_and(|time| time.is_zero()) {
                return Err(InvalidPolicy::new(field, &"0s", "more than no time"));
            }
        }
        if let (Some(attempt), Some(deadline)) = (self.attempt_timeout, self.deadline) {
            if attempt > deadline {
                let value = format!("{attempt:?} with a deadline of {deadline:?}");
                let expected = "no longer than the deadline";
                return Err(InvalidPolicy::new("attempt_timeout", &value, expected));
            }
        }
        if let Some(mistake) = self.statuses.mistake() {
            return Err(InvalidPolicy::new(
                "on",
                &mistake,
                "a set of statuses within 100..=999",
            ));
        }
        Ok(Prepared {
            attempts,
            retry_for: self.retry_for,
            backoff: self.backoff.clone(),
            throttled_backoff: self.throttled_backoff.clone(),
            budget: self.budget,
            statuses: self.statuses.clone(),
            failures: self.failures.clone(),
            classifier: self.classifier.clone(),
            repeatable: self.repeatable,
            attempt_timeout: self.attempt_timeout,
            deadline: self.deadline,
            buffer: self.buffer,
            drain: self.drain,
            rates: self.prepare_rates()?,
            max_wait: self.max_wait,
            max_queue: self.max_queue,
            cost: self.cost.clone(),
            pacing: self.pacing,
            gate: self.gate,
            spans: self.spans,
            share: self.share,
            identity: self.identity.clone(),
            quotas: self.prepare_quotas()?,
            quota_markers: self.prepare_markers()?,
        })
    }
}

// ===== impl InvalidPolicy =====

impl InvalidPolicy {
    /// Names a field, its value and what would be right ("at least 1").
    pub fn new(
        field: &'static str,
        value: &(impl std::fmt::Display + ?Sized),
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field,
            value: value.to_string(),
            expected: expected.into(),
        }
    }

    /// The setter whose value makes no sense.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

mod limits;
mod quotas;
#[cfg(test)]
mod tests;
