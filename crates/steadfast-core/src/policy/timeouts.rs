//! What ends attempts and calls in time.

use std::time::Duration;

use super::Policy;
use super::invalid::{InvalidPolicy, some_time};

/// What ends attempts and calls in time. Part of a [`Policy`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TimeoutPolicy {
    /// The most time of one attempt until its response's headers (with `buffer`: until its body).
    pub attempt: Option<Duration>,
    /// The most time of the whole call.
    pub deadline: Option<Duration>,
}

impl TimeoutPolicy {
    pub(super) fn check(&self) -> Result<(), InvalidPolicy> {
        some_time("attempt_timeout", self.attempt)?;
        some_time("deadline", self.deadline)?;
        if let (Some(attempt), Some(deadline)) = (self.attempt, self.deadline) {
            if attempt > deadline {
                let value = format!("{attempt:?} with a deadline of {deadline:?}");
                let expected = "no longer than the deadline";
                return Err(InvalidPolicy::new("attempt_timeout", &value, expected));
            }
        }
        Ok(())
    }
}

/// Setters for what ends attempts and calls.
impl Policy {
    /// The most time of one attempt, until the response's headers are there. Default: none; reqwest's own timeouts
    /// stay in force.
    #[must_use]
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.timeouts.attempt = Some(time);
        self
    }

    /// The most time of the whole call, waits included, until the response's headers are there. Default: none.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.timeouts.deadline = Some(time);
        self
    }
}
