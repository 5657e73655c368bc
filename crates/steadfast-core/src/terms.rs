//! What holds for one call: the policy's numbers, with the call's own in their place.

use std::time::Duration;

use crate::overlay::Overlay;
use crate::policy::{Policy, Prepared};
use crate::priority::Priority;

/// What holds for one call: the policy's numbers, with the call's own in their place. Resolved once, where the call
/// begins; every layer reads these and asks nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// The most attempts, the first included.
    pub attempts: u32,
    /// From the start of the call until then another attempt may start.
    pub retry_for: Duration,
    /// Whether the request is (`true`) or is not (`false`) safe to send twice; `None` asks method and key.
    pub repeatable: Option<bool>,
    /// The most time of one attempt.
    pub attempt_timeout: Option<Duration>,
    /// The most time of the whole call.
    pub deadline: Option<Duration>,
    /// Bodies of up to so many bytes are read inside the attempt.
    pub buffer: Option<usize>,
    /// What an attempt takes from rates and quotas; `None` where a closure of the policy says so.
    pub cost: Option<u32>,
    /// Whose calls go first where several wait.
    pub priority: Priority,
}

// ===== impl Terms =====

impl Terms {
    /// The terms of a call under a policy.
    #[must_use]
    pub fn new(policy: &Prepared, overlay: Option<&Overlay>) -> Self {
        let terms = *policy.terms();
        match overlay {
            Some(overlay) => overlay.over(terms),
            None => terms,
        }
    }

    /// What a policy says.
    pub(crate) const fn of(policy: &Policy) -> Self {
        let (retry, timeouts) = (&policy.retry, &policy.timeouts);
        Self {
            attempts: retry.attempts,
            retry_for: retry.retry_for,
            repeatable: retry.repeatable,
            attempt_timeout: timeouts.attempt,
            deadline: timeouts.deadline,
            buffer: policy.body.buffer,
            cost: policy.limits.cost.fixed(),
            priority: policy.limits.priority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_says_replaces_what_its_policy_says_and_nothing_else() {
        let second = Duration::from_secs(1);
        let policy = Policy::standard().attempts(7).deadline(9 * second).cost(3);
        let policy = policy.prepare().unwrap();
        let plain = Terms::new(&policy, None);
        assert_eq!(
            (plain.attempts, plain.deadline, plain.cost),
            (7, Some(9 * second), Some(3))
        );
        assert_eq!(Terms::new(&policy, Some(&Overlay::new())), plain);
        let own = Overlay::new().attempts(2).repeatable(true).cost(0);
        let own = own.priority(Priority::Low);
        let expected = Terms {
            attempts: 2,
            repeatable: Some(true),
            cost: Some(0),
            priority: Priority::Low,
            ..plain
        };
        assert_eq!(Terms::new(&policy, Some(&own)), expected);
    }
}
