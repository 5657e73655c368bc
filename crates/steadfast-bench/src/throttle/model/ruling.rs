//! What a limit says about one request.

use std::time::Duration;

/// The decision about a request that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether it is served.
    pub accepted: bool,
    /// How long it is served or queued before it is answered. A refusal is answered at once.
    pub serves: Duration,
    /// Requests that would still be served at this moment.
    pub left: u32,
    /// How long until there is room for one more than `left`.
    pub more_in: Duration,
}

impl Ruling {
    /// Answered at once, whether or not it was accepted.
    pub(super) const fn at_once(accepted: bool, left: u32, more_in: Duration) -> Self {
        Self {
            accepted,
            serves: Duration::ZERO,
            left,
            more_in,
        }
    }
}

/// Arrivals for tests: whole milliseconds, never backwards, `gap` apart on average.
#[cfg(test)]
pub(super) fn arrivals(count: u64, gap: u64) -> impl Iterator<Item = u64> {
    (0..count).scan(0, move |at, n| {
        *at += super::chance::chance(gap, n) % (2 * gap + 1);
        Some(*at)
    })
}
