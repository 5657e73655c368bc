//! A value that was found: a refusal lowers it, and it climbs back along the curve of CUBIC.

use std::time::Instant;

use super::episode::Episode;
use super::share::Share;
use super::{CEILING, FLOOR, Learned, Mode, Sent};
use crate::pacing::seconds;

/// A refusal lowers the value to this share. CUBIC takes 0.7; where a refusal costs one request, less is enough.
pub(super) const LOWERED: f64 = 0.9;
/// How much faster it climbs beyond the value that was refused.
const BEYOND: f64 = 2.0;
/// How many times the time for climbing back is followed at most.
const FURTHEST: f64 = 100.0;
/// The least time for climbing back, in seconds.
const CLIMB: f64 = 4.0;
/// The least number of attempts in that time: refusals stay rare where attempts are rare.
const CLIMB_ATTEMPTS: f64 = 100.0;
/// Up to so many seconds.
const CLIMB_LONGEST: f64 = 30.0;
/// How many times as long as a refusal stops everybody it climbs.
const CLIMB_COSTS: f64 = 8.0;
/// That is doubled each time that the same value is refused, so often at most.
const MOST_CONFIRMED: u32 = 3;
/// A value that is refused below this share of the last one that was refused is another one.
const EARLY: f64 = 0.96;
/// Up to what share of the time for climbing back a refusal is a surprise.
const SOON: f64 = 0.12;
/// How many of those that were under way tell how far off the value was.
const FLIGHT: f64 = 8.0;
/// They lower it to this share at least.
const FLIGHT_LEAST: f64 = 0.25;

/// A value that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) what: What,
    /// It climbs from the low value to the top one, and then beyond it.
    pub(super) low: f64,
    pub(super) top: f64,
    pub(super) since: Instant,
    /// The last attempt that was sent before the value was lowered. The outcomes of those say nothing about it.
    pub(super) before: u64,
    /// The time for climbing back, in seconds.
    pub(super) climb: f64,
    /// The outcomes of those that were under way when the value was lowered.
    flight: Share,
    pub(super) episode: Episode,
    /// When it was last lowered because of a queue.
    pub(super) eased: Instant,
    /// How fast answers came, and how long they took, when a queue showed.
    pub(super) queued: Option<(f64, f64)>,
    /// How often the same value was refused.
    pub(super) confirmed: u32,
    /// It was measured by what passed. Attempts that were sent before tell nothing more.
    pub(super) is_measured: bool,
}

/// What the server limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Attempts per second.
    Rate,
    /// Attempts under way.
    Places,
}

impl Held {
    /// A value that starts at the first of these and climbs to the second in the time `climb`.
    pub(super) fn lowered(
        what: What,
        now: Instant,
        before: u64,
        (low, top): (f64, f64),
        climb: f64,
    ) -> Self {
        Self {
            what,
            low,
            top,
            since: now,
            before,
            climb,
            flight: Share::default(),
            episode: Episode::new(top),
            eased: now,
            queued: None,
            confirmed: 0,
            is_measured: false,
        }
    }

    /// The curve of CUBIC.
    pub(super) fn value(&self, now: Instant) -> f64 {
        let along = (seconds(self.since, now) / self.climb).min(FURTHEST) - 1.0;
        let value = if along > 0.0 {
            self.top * (1.0 + (1.0 - LOWERED) * (BEYOND * along).powi(3))
        } else {
            self.top + (self.top - self.low) * along.powi(3)
        };
        value.min(CEILING)
    }

    /// Counts an outcome.
    pub(super) fn count(&mut self, now: Instant, sent: Sent, refused: bool, noise: f64, trip: f64) {
        if sent.serial <= self.before {
            self.flight.add(refused, self.top);
            self.episode.count(self.top, refused, false);
            return;
        }
        self.land(now, noise);
        let value = self.value(now);
        if value > self.top && !refused {
            // It climbed all the way: refusals that come now are others.
            self.episode = Episode::new(value);
        }
        // What was sent just after the value was lowered met a server that was still full.
        let after = seconds(self.since, sent.at);
        let is_soon = after >= 2.0 * trip && after <= (self.climb * SOON).max(5.0 * trip);
        self.episode.count(value, refused, is_soon);
    }

    /// All that were under way when the value was lowered are back. They tell how far off it was.
    fn land(&mut self, now: Instant, noise: f64) {
        let share = self.flight.share() - noise;
        if self.flight.all >= FLIGHT && share > 1.0 - LOWERED && !self.is_measured {
            let value = (self.top * (1.0 - share)).max(self.top * FLIGHT_LEAST);
            if value < self.low {
                (self.low, self.top) = (value * LOWERED, value);
                self.since = now;
            }
        }
        self.flight = Share::default();
    }
}

impl Learned {
    /// The time for climbing back, in seconds, at so many attempts per second. If refusals are costly, a value that was
    /// confirmed often is exceeded seldom.
    pub(super) fn climb(&self, rate: f64, confirmed: u32) -> f64 {
        let attempts = (CLIMB_ATTEMPTS / rate.max(FLOOR)).min(CLIMB_LONGEST);
        let costs = CLIMB_COSTS * f64::from(1 << confirmed.min(MOST_CONFIRMED));
        CLIMB.max(attempts).max(costs * self.cost)
    }

    /// An attempt was refused while a value is known.
    pub(super) fn refused_held(&mut self, now: Instant, sent: Sent, mut held: Held) {
        held.count(now, sent, true, self.tolerance.noise, self.trip.now);
        self.mode = Mode::Held(held);
        if sent.serial <= held.before {
            return;
        }
        // Attempts that are sent while earlier ones are under way meet the load of the higher value.
        if sent.serial - held.before > u64::from(sent.others) {
            self.crowding.refused(sent.others);
        }
        if !self.tolerance.is_used_up() {
            return;
        }
        if let Some(noise) = held.episode.noise() {
            self.search_again(now, held, noise);
        } else if let Some(places) = self.crowding.places().filter(|_| held.what == What::Rate) {
            self.count_places(now, places);
        } else {
            self.lower(now, sent, held);
        }
    }

    /// Refusals do not depend on the value. So the limit is searched again, from where they began.
    fn search_again(&mut self, now: Instant, held: Held, noise: f64) {
        self.tolerance.noise = noise;
        let from = self.as_rate(held.what, held.episode.first);
        self.start(now, from.max(FLOOR));
    }

    /// The server limits how many are under way.
    fn count_places(&mut self, now: Instant, places: f64) {
        let climb = self.climb(self.as_rate(What::Places, places), 0);
        // Not one more until the time for climbing back is over.
        let range = (places, places + 0.99);
        self.mode = Mode::Held(Held::lowered(What::Places, now, self.last, range, climb));
        self.tolerate_half();
    }

    /// The value is too high.
    fn lower(&mut self, now: Instant, sent: Sent, held: Held) {
        self.halve_cost();
        let value = held.value(sent.at.max(held.since));
        let is_early = value < held.top * EARLY;
        let is_same = !is_early && value < held.top * (2.0 - LOWERED);
        let confirmed = if is_same { held.confirmed + 1 } else { 0 };
        let climb = self.climb(self.as_rate(held.what, value), confirmed);
        let range = (value * LOWERED, value);
        let mut lowered = Held::lowered(held.what, now, self.last, range, climb);
        lowered.episode = held.episode.refused(value);
        lowered.confirmed = confirmed;
        self.mode = Mode::Held(lowered);
        self.tolerate_half();
    }

    /// A value in attempts per second.
    pub(super) fn as_rate(&self, what: What, value: f64) -> f64 {
        match what {
            What::Rate => value,
            What::Places => value / self.trip.now.max(0.001),
        }
    }
}
