//! Instants and times between them.

use std::time::{Duration, Instant};

use crate::hint::LONGEST;

/// That much after `now`, as far as there are instants: whoever asks for an eternity gets the longest wait there is, not
/// none.
pub(super) fn later(now: Instant, time: Duration) -> Instant {
    let time = time.min(LONGEST);
    now.checked_add(time).unwrap_or(now)
}

pub(super) fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}
