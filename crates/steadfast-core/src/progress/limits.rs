//! What bounds one call in time and attempts.

use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::terms::Terms;

/// The longest pause of a call that waits for the budget: tokens also come back from the retries of others.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What bounds one call in time and attempts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The most attempts, the first included.
    pub attempts: u32,
    /// Until then another attempt may start; `None` is without bound.
    pub retry_until: Option<Instant>,
    /// The end of the whole call; `None` is without bound.
    pub deadline: Option<Instant>,
}

// ===== impl Limits =====

impl Limits {
    /// The limits of a call that starts at `now`. An end beyond what a clock can show counts as no end.
    #[must_use]
    pub fn new(now: Instant, terms: &Terms) -> Self {
        Self {
            attempts: terms.attempts,
            retry_until: now.checked_add(terms.retry_for),
            deadline: terms.deadline.and_then(|time| now.checked_add(time)),
        }
    }

    /// Whether an attempt may start at `at`.
    pub(super) fn allow_start(&self, at: Instant) -> bool {
        self.retry_until.is_none_or(|end| at <= end) && self.deadline.is_none_or(|end| at < end)
    }

    /// The time for retrying begins when the first attempt has its turn: time in a queue of our own
    /// does not count. The deadline stays where it is.
    pub fn shift(&mut self, queued: Duration) {
        self.retry_until = self.retry_until.and_then(|end| end.checked_add(queued));
    }

    /// When a call that waits for the budget asks for its price again: within a second, or when the trickle alone has
    /// paid it, if that is sooner. Spread over half of that time. `None` when its time is over.
    #[must_use]
    pub fn ask_again(
        &self,
        now: Instant,
        affords_in: Option<Duration>,
        chance: &mut Chance,
    ) -> Option<Instant> {
        let pause = affords_in.map_or(LONGEST_PAUSE, |time| time.min(LONGEST_PAUSE));
        let pause = pause
            .max(Duration::from_millis(1))
            .mul_f64(1.0 - chance.fraction() / 2.0);
        let at = now.checked_add(pause);
        at.filter(|at| self.allow_start(*at))
    }

    /// The latest start that is allowed.
    #[must_use]
    pub fn latest_start(&self) -> Option<Instant> {
        match (self.retry_until, self.deadline) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}
