//! What a user wants for a set of calls: plain data, checked once.
//!
//! A [`Policy`] is written with setters that take any value; [`Policy::prepare`] checks all of them at once and names
//! the one that makes no sense, so no mistake waits for the first request.
//!
//! A policy has parts, one file each. A new knob is a field of its part with a setter, a row in the key table of policy
//! files, and a row of the [overlay](crate::Overlay) if it can differ per call.

mod answer;
mod body;
mod invalid;
mod limits;
mod observe;
mod prepared;
mod quotas;
mod retry;
mod timeouts;

use std::time::Duration;

pub use self::answer::AnswerPolicy;
pub use self::body::BodyPolicy;
pub use self::invalid::InvalidPolicy;
pub(crate) use self::invalid::{at_least_one, some_time};
pub use self::limits::LimitPolicy;
pub use self::observe::ObservePolicy;
pub use self::prepared::Prepared;
pub use self::retry::RetryPolicy;
pub use self::timeouts::TimeoutPolicy;

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
///
/// Two policies are equal when their values are; closures are equal when they are the same one.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(crate) retry: RetryPolicy,
    pub(crate) timeouts: TimeoutPolicy,
    pub(crate) limits: LimitPolicy,
    pub(crate) body: BodyPolicy,
    pub(crate) answer: AnswerPolicy,
    pub(crate) observe: ObservePolicy,
}

/// Who shares a retry budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BudgetScope {
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
    /// By nothing. Each 429 closes the gate of its limit.
    Off,
    /// By the rate limit headers of responses: unpaced while plenty of the limit remains, paced when little is left.
    /// Each 429 closes the gate of its limit.
    Headers,
    /// By headers, and where refusals come without any also by what the server let through. A single 429 without a hint,
    /// among successes, closes nothing. The default.
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

// ===== impl Policy =====

impl Default for Policy {
    fn default() -> Self {
        Self::standard()
    }
}

impl Policy {
    /// What is right for most: 3 attempts within 30 s, 10 % budget. Nothing is cut, and nothing is refused but at a gate that
    /// the server closed ([`without_gate`](Self::without_gate)).
    #[must_use]
    pub fn standard() -> Self {
        Self {
            retry: RetryPolicy::standard(),
            timeouts: TimeoutPolicy::default(),
            limits: LimitPolicy::default(),
            body: BodyPolicy::default(),
            answer: AnswerPolicy::default(),
            observe: ObservePolicy::default(),
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

    /// For batches: 10 attempts, and it waits up to an hour if it must, also for the retry budget.
    #[must_use]
    pub fn patient() -> Self {
        Self::standard()
            .attempts(10)
            .retry_for(Duration::from_secs(3600))
            .wait_for_budget(true)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field, the value and what would be right.
    pub fn prepare(&self) -> Result<Prepared, InvalidPolicy> {
        Prepared::check(self.clone())
    }
}

#[cfg(test)]
mod tests;
