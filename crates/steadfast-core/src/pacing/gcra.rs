//! Even spacing with a burst, as the generic cell rate algorithm (GCRA, ITU-T I.371) has it.
//!
//! A learned rate changes all the time, so it is no part of the state: interval and burst are arguments of each
//! question. Rates that a user configured do not change; the tower ring has governor for them.

use std::time::{Duration, Instant};

/// The theoretical arrival time of the next attempt; all the state there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gcra {
    arrival: Option<Instant>,
}

impl Gcra {
    /// The earliest time for one more attempt: `now` if it may go at once. A burst of 0 counts as 1.
    #[must_use]
    pub(super) fn earliest(&self, interval: Duration, burst: u32, now: Instant) -> Instant {
        let Some(arrival) = self.arrival else {
            return now;
        };
        let tolerance = interval.saturating_mul(burst.max(1) - 1);
        arrival.checked_sub(tolerance).unwrap_or(now).max(now)
    }

    /// One attempt goes at `now`.
    pub(super) fn take(&mut self, interval: Duration, now: Instant) {
        self.take_late(interval, now, Duration::ZERO);
    }

    /// The same for one whose turn was at most `late` ago: timers are late, and the rate should not suffer from that.
    pub(super) fn take_late(&mut self, interval: Duration, now: Instant, late: Duration) {
        let turn = now.checked_sub(late).unwrap_or(now);
        let from = self.arrival.map_or(now, |arrival| arrival.max(turn));
        self.arrival = from.checked_add(interval).or(Some(from));
    }

    /// For how long more could have gone than did.
    #[must_use]
    pub(super) fn idle(&self, now: Instant) -> Duration {
        let since = |arrival| now.saturating_duration_since(arrival);
        self.arrival.map_or(Duration::ZERO, since)
    }

    /// Forgets what was taken: the next attempt may go at `at`.
    pub(super) fn restart(&mut self, at: Instant) {
        self.arrival = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacing::tests::start;

    const TEN: Duration = Duration::from_millis(10);

    #[test]
    fn a_burst_goes_at_once_and_the_rest_is_spaced() {
        let start = start();
        let mut gcra = Gcra::default();
        let mut at = Vec::new();
        let mut now = start;
        for _ in 0..5 {
            now = gcra.earliest(TEN, 3, now);
            gcra.take(TEN, now);
            at.push(now.duration_since(start).as_millis());
        }
        assert_eq!(at, [0, 0, 0, 10, 20]);
    }

    #[test]
    fn idle_time_is_saved_up_to_the_burst_and_no_further() {
        let start = start();
        let mut gcra = Gcra::default();
        gcra.take(TEN, start);
        let later = start + Duration::from_secs(9);
        for _ in 0..2 {
            assert_eq!(gcra.earliest(TEN, 2, later), later);
            gcra.take(TEN, later);
        }
        assert_eq!(gcra.earliest(TEN, 2, later), later + TEN);
    }
}
