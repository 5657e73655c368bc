//! When attempts go.

use std::time::{Duration, Instant};

use super::tolerance::LONGEST_CLOSED;
use super::{Learned, Mode, Room};

/// How late timers are, with something to spare: they tick each millisecond.
const LATENESS: Duration = Duration::from_millis(4);
/// The longest time between two attempts: that of the lowest rate.
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
/// A shorter time without attempts after a refusal is no cost, in seconds.
const LEAST_STALL: f64 = 0.1;
/// Everything but the noise is forgotten if nobody had to wait for this long.
const QUIET: Duration = Duration::from_secs(60);

impl Learned {
    /// The earliest time for one more attempt while so many are under way.
    pub(in crate::pacing) fn room(&self, now: Instant, flight: u32) -> Room {
        let turn = || Room::At(self.gcra.earliest(Duration::ZERO, 1, now));
        match self.mode {
            Mode::Free | Mode::Burst => Room::At(now),
            Mode::Start(_) => turn(),
            Mode::Held(_) => match self.places(now) {
                Some(places) if flight >= places => Room::Later,
                Some(_) => Room::At(now),
                None => turn(),
            },
        }
    }

    /// An attempt goes, while so many others are under way.
    pub(in crate::pacing) fn send(&mut self, now: Instant, serial: u64, others: u32) {
        let was_refused = self.last_refused == Some(self.last);
        self.last = serial;
        let since_last = now.saturating_duration_since(self.last_sent);
        self.last_sent = now;
        if let Some(places) = self.places(now) {
            if others + 1 < places {
                // Nobody had to wait for a place.
                self.stand_still(now, since_last);
            } else {
                self.last_held_back = now;
            }
        } else if let Some(rate) = self.rate(now) {
            self.take_turn(now, rate, was_refused);
        }
    }

    fn take_turn(&mut self, now: Instant, rate: f64, was_refused: bool) {
        let interval = match self.mode {
            Mode::Start(_) => self.growing_interval(rate),
            _ => 1.0 / rate,
        };
        let interval = Duration::try_from_secs_f64(interval).unwrap_or(LONGEST_INTERVAL);
        let idle = self.gcra.idle(now);
        if idle > interval.max(LATENESS) {
            // Nobody waited for this turn.
            self.stand_still(now, idle);
            if self.is_unlimited() {
                return;
            }
            if was_refused {
                self.stalls(idle);
            }
        } else {
            self.last_held_back = now;
        }
        let late = self.lateness(interval);
        self.gcra.take_late(interval, now, late);
    }

    /// Since the last attempt was refused nobody went: the only caller waits before it comes back. That is what a refusal
    /// costs.
    fn stalls(&mut self, time: Duration) {
        let time = time.as_secs_f64();
        if time <= self.cost.max(LEAST_STALL) {
            return;
        }
        self.cost = time.min(LONGEST_CLOSED);
        if let Mode::Held(mut held) = self.mode {
            let climb = self.climb(self.as_rate(held.what, held.low), held.confirmed);
            held.climb = held.climb.max(climb);
            self.mode = Mode::Held(held);
        }
    }

    /// How late a turn may be taken without a loss: as late as timers are, and no more than half of the server's bucket
    /// can take.
    fn lateness(&self, interval: Duration) -> Duration {
        let spare = (self.burst - 1.0).max(0.0) / 2.0;
        LATENESS.min(interval.mul_f64(spare.min(1e6)))
    }

    /// Nobody had to wait for a time, so nothing higher was tried in it. The value does not rise meanwhile.
    fn stand_still(&mut self, now: Instant, time: Duration) {
        if now.saturating_duration_since(self.last_held_back) > QUIET {
            self.forget(now);
            return;
        }
        let later = |since: Instant| {
            let later = since.checked_add(time).unwrap_or(since);
            later.min(now.max(since))
        };
        match &mut self.mode {
            Mode::Start(start) => start.since = later(start.since),
            Mode::Held(held) => held.since = later(held.since),
            Mode::Free | Mode::Burst => {}
        }
    }

    /// Everything but the noise.
    fn forget(&mut self, now: Instant) {
        let noise = self.tolerance.noise;
        *self = Self::new(now);
        self.tolerance.noise = noise;
    }
}
