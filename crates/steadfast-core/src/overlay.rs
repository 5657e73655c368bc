//! What one call wants differently from its policy.

use std::sync::Arc;
use std::time::Duration;

use crate::policy::InvalidPolicy;

/// A few numbers of the policy, for one call. Empty fields leave the policy's in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    attempts: Option<u32>,
    retry_for: Option<Duration>,
    repeatable: Option<bool>,
    identity: Option<Arc<str>>,
    buffer: Option<usize>,
    attempt_timeout: Option<Duration>,
    deadline: Option<Duration>,
    cost: Option<u32>,
}

impl Overlay {
    /// Nothing differs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most attempts of this call, the first included.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// How long after its start another attempt may start.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = Some(time);
        self
    }

    /// Declares that this request is, or is not, safe to send twice.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = Some(repeatable);
        self
    }

    /// For whom the call is made: calls of one identity share budget and rate limit, and no others.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Reads bodies of up to so many bytes inside the attempt.
    #[must_use]
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = Some(bytes);
        self
    }

    /// The most time of one attempt, until the response's headers are there.
    #[must_use]
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// The most time of the whole call.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// What each attempt of this call takes from rates and quotas.
    #[must_use]
    pub fn cost(mut self, cost: u32) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Whether its values make sense.
    ///
    /// # Errors
    /// [`InvalidPolicy`] names the field, the value and what would be right.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        if self.attempts == Some(0) {
            return Err(InvalidPolicy::new("attempts", &0, "at least 1"));
        }
        for (field, value) in [
            ("attempt_timeout", self.attempt_timeout),
            ("deadline", self.deadline),
        ] {
            if value.is_some_and(|time| time.is_zero()) {
                return Err(InvalidPolicy::new(field, &"0s", "more than no time"));
            }
        }
        Ok(())
    }

    /// The cost, if it differs.
    #[must_use]
    pub const fn cost_value(&self) -> Option<u32> {
        self.cost
    }

    /// The most attempts, if they differ.
    #[must_use]
    pub const fn attempts_value(&self) -> Option<u32> {
        self.attempts
    }

    /// The time for retrying, if it differs.
    #[must_use]
    pub const fn retry_for_value(&self) -> Option<Duration> {
        self.retry_for
    }

    /// What was declared, if anything.
    #[must_use]
    pub const fn repeatable_value(&self) -> Option<bool> {
        self.repeatable
    }

    /// The identity, if there is one.
    #[must_use]
    pub fn identity_value(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The bytes to buffer, if they differ.
    #[must_use]
    pub const fn buffer_value(&self) -> Option<usize> {
        self.buffer
    }

    /// The attempt timeout, if it differs.
    #[must_use]
    pub const fn attempt_timeout_value(&self) -> Option<Duration> {
        self.attempt_timeout
    }

    /// The deadline, if it differs.
    #[must_use]
    pub const fn deadline_value(&self) -> Option<Duration> {
        self.deadline
    }
}
