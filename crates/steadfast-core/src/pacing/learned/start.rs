//! Slow start: the rate doubles until it is refused.

use std::time::{Duration, Instant};

use super::cycle::Cycle;
use super::held::{Held, LOWERED, What};
use super::{CEILING, FLOOR, Learned, Mode, Sent};
use crate::pacing::{later, seconds};

/// How many times the rate doubles in the time for which the gate was closed.
const DOUBLINGS: f64 = 4.0;
/// The most doublings that are computed.
const MOST_DOUBLINGS: f64 = 60.0;
/// The least time for one of them, in seconds.
const LEAST_DOUBLING: f64 = 0.001;
/// What passed is known as long as answers take no longer than this share of the time of slow start.
const KNOWN_SOON: f64 = 0.25;
/// The narrowest bracket of the limit, as a share.
pub(super) const SUREST: f64 = 0.02;
/// How often a value counts as confirmed that a bucket told.
const SURE: u32 = 1;
/// How many times longer than a refusal stops everybody that value is kept before it climbs.
const HOLD: f64 = 60.0;
/// The estimate is at least the rate that was refused, divided by this.
const DEEPEST: f64 = 4.0;

/// A rate that doubles again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The rate at first.
    pub(super) from: f64,
    pub(super) since: Instant,
    /// The last attempt that was sent before.
    pub(super) before: u64,
}

impl Start {
    pub(super) fn rate(&self, now: Instant, doubling: f64) -> f64 {
        let doublings = seconds(self.since, now) / doubling;
        (self.from * doublings.min(MOST_DOUBLINGS).exp2()).min(CEILING)
    }
}

impl Learned {
    /// The time in which the rate doubles, in seconds: not faster than answers come, and not before an attempt has gone.
    pub(super) fn doubling(&self) -> f64 {
        let interval = match self.mode {
            Mode::Start(start) => 1.0 / start.from,
            _ => 0.0,
        };
        (self.closed_for / DOUBLINGS)
            .max(2.0 * self.trip.now)
            .max(interval)
            .max(LEAST_DOUBLING)
    }

    /// The time until the next attempt, in seconds. The rate grows meanwhile; this is the time until one more has been
    /// let through, by integration.
    pub(super) fn growing_interval(&self, rate: f64) -> f64 {
        let doubling = self.doubling();
        let more = std::f64::consts::LN_2 / (rate * doubling);
        doubling * more.ln_1p() / std::f64::consts::LN_2
    }

    /// Slow start from a guess, without a gate that was closed. The next attempt goes one interval later.
    pub(super) fn start(&mut self, now: Instant, from: f64) {
        self.mode = Mode::Start(Start {
            from,
            since: now,
            before: self.last,
        });
        self.cycle = Cycle::new(now, 0.0);
        self.is_guess = true;
        let interval = Duration::try_from_secs_f64(1.0 / from).unwrap_or_default();
        self.gcra.restart(later(now, interval));
        self.tolerate_most();
    }

    /// A refusal ends slow start. The limit is estimated from what passed.
    pub(super) fn refused_in_start(&mut self, now: Instant, sent: Sent, start: Start) {
        if sent.serial <= start.before || !self.tolerance.is_used_up() {
            return;
        }
        let rate = start.rate(sent.at, self.doubling());
        // It is the first one that is refused: all that were sent before it passed, or will.
        let passed = (sent.serial - start.before - 1) as f64;
        if passed < 2.0 {
            // It began too high.
            self.start(now, (start.from / 2.0).max(FLOOR));
            return;
        }
        let (low, top) = self.estimate(sent, start, rate, passed);
        self.halve_cost();
        // A bucket tells its rate nearly as surely as being refused again would.
        let confirmed = if self.cycle.is_bucket { SURE } else { 0 };
        let climb = self.climb(low, confirmed);
        let mut held = Held::lowered(What::Rate, now, self.last, (low, top), climb);
        held.confirmed = confirmed;
        held.episode.began = rate;
        held.is_measured = true;
        if self.cycle.is_bucket {
            // Being refused again would tell little more, so that waits where it is costly.
            let time = Duration::try_from_secs_f64(HOLD * self.cost).unwrap_or_default();
            held.since = later(now, time);
        }
        self.mode = Mode::Held(held);
        self.tolerate_half();
    }

    /// The least and the most that the limit may be, as far as slow start showed it: by the bucket that emptied, or by
    /// the average.
    fn estimate(&mut self, sent: Sent, start: Start, rate: f64, passed: f64) -> (f64, f64) {
        let time = seconds(start.since, sent.at).max(0.001);
        // Where answers take long, most of what passed is not known yet.
        let is_known = self.trip.now < time * KNOWN_SOON;
        let bracket = || self.passed.bracket(self.burst.max(1.0), sent.at);
        let bracket = is_known.then(bracket).flatten();
        self.cycle.is_bucket = bracket.is_some();
        let (low, top) = bracket.unwrap_or((passed / time * LOWERED, rate));
        let low = low.clamp(rate / DEEPEST, rate * (1.0 - SUREST));
        let widest = rate.max(low * (1.0 + SUREST));
        (low, top.clamp(low * (1.0 + SUREST), widest))
    }
}
