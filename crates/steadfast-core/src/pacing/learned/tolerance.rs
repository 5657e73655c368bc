//! How many refusals are tolerated before they count as evidence.

use std::time::{Duration, Instant};

use super::{Learned, Mode, ago};

/// The share of refusals that is tolerated while nothing is paced. BBRv2 tolerates as much loss.
const TOLERATED: f64 = 0.02;
/// How many refusals are tolerated at once while nothing is paced.
const TOLERATED_AT_ONCE: f64 = 2.0;
/// The share that is tolerated while attempts are paced.
const TOLERATED_PACED: f64 = 0.015;
/// How many refusals are tolerated at once, as a share of what passed in the last second.
const MANY: f64 = 0.01;
/// How many times the share that is known as noise is tolerated.
const NOISE_SPREAD: f64 = 1.5;
/// How many refusals are tolerated at once where all of them are noise.
const NOISE_AT_ONCE: f64 = 20.0;
/// Over how many outcomes the share of noise is updated while nothing is paced.
const NOISE_MEMORY: f64 = 200.0;
/// Over how many outcomes the share of refusals is averaged.
const LATEST: f64 = 8.0;
/// Above this share of refusals among the latest outcomes, the server refuses everybody.
const MOST: f64 = 0.5;
/// So many refusals in a row are needed for that where the server only says that it is busy.
const BUSY_IN_A_ROW: f64 = 16.0;
/// After so long without an outcome, the share is forgotten. Then the first refusal closes the gate again.
const SILENCE: Duration = Duration::from_secs(10);
/// For longer than this, in seconds, no server is trusted that a refusal closes the gate.
pub(super) const LONGEST_CLOSED: f64 = 3600.0;
/// A cost of fewer seconds than this is none after a refusal that closed no gate.
const LEAST_COST: f64 = 0.1;

/// The refusals that do not count as evidence.
#[derive(Clone, Debug)]
pub(super) struct Tolerance {
    /// The share of refusals among the latest outcomes. `None` before the first one.
    latest: Option<f64>,
    /// The share of refusals that does not depend on the pace.
    pub(super) noise: f64,
    /// How many refusals are tolerated now.
    credit: f64,
    last_outcome: Instant,
    /// How many were refused since one passed.
    in_a_row: u32,
}

impl Tolerance {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            latest: None,
            noise: 0.0,
            credit: TOLERATED_AT_ONCE,
            last_outcome: now,
            in_a_row: 0,
        }
    }

    /// Outcomes before a silence say nothing about now.
    pub(super) fn forget_after_silence(&mut self, now: Instant) {
        if now.saturating_duration_since(self.last_outcome) > SILENCE {
            (self.latest, self.last_outcome) = (None, now);
            self.in_a_row = 0;
        }
    }

    /// A single refusal by a server that is only busy says nothing, so the first one does not count in full.
    pub(super) fn doubt(&mut self) {
        self.latest.get_or_insert(0.0);
    }

    /// The gate opened: the latest outcome is a success.
    pub(super) const fn opened(&mut self) {
        self.latest = Some(0.0);
        self.in_a_row = 0;
    }

    /// Counts an outcome, of which so large a share may be refusals, and so many at once.
    fn count(&mut self, now: Instant, refused: bool, (share, at_once): (f64, f64)) {
        // As many as are tolerated at once are known before this outcome, not after it.
        self.credit = self.credit.min(at_once) + share - f64::from(u8::from(refused));
        self.last_outcome = now;
    }

    /// Averages an outcome into the share of refusals.
    fn average(&mut self, refused: bool) {
        self.in_a_row = if refused {
            self.in_a_row.saturating_add(1)
        } else {
            0
        };
        let new = f64::from(u8::from(refused));
        self.latest = Some(match self.latest {
            None => new,
            Some(share) => share + (new - share) / LATEST,
        });
    }

    /// While nothing is paced, refusals confirm the noise, and successes lower it.
    pub(super) fn update_noise(&mut self, refused: bool) {
        if !refused {
            self.noise -= self.noise / NOISE_MEMORY;
        } else if self.noise > 0.0 {
            self.noise += (1.0 - self.noise) / NOISE_MEMORY;
        }
    }

    /// Whether more was refused than is tolerated.
    pub(super) fn is_used_up(&self) -> bool {
        self.credit < 0.0
    }

    /// Whether the latest refusals were few, so that they are no suspicion.
    pub(super) fn is_full(&self) -> bool {
        self.credit >= TOLERATED_AT_ONCE
    }

    /// Whether most refusals do not depend on the pace.
    pub(super) fn is_noisy(&self) -> bool {
        self.noise >= TOLERATED
    }

    /// Whether the server refuses everybody.
    pub(super) fn refuses_all(&self, is_busy: bool) -> bool {
        let most = MOST + self.noise / 2.0;
        let are_many = self.latest.is_some_and(|share| share > most);
        // More are needed where they are known to be frequent by chance.
        let in_a_row = BUSY_IN_A_ROW / (1.0 - self.noise).max(0.01);
        are_many && (!is_busy || f64::from(self.in_a_row) >= in_a_row)
    }
}

impl Learned {
    /// Counts an outcome.
    pub(super) fn count(&mut self, now: Instant, refused: bool) {
        self.tolerance.forget_after_silence(now);
        self.tolerance.average(refused);
        let (share, at_once) = self.tolerated();
        // How many are tolerated at once matters where one is refused.
        let many = if refused { self.many(now) } else { f64::MAX };
        self.tolerance
            .count(now, refused, (share, at_once.max(many)));
    }

    /// How many refusals are tolerated at once where so many attempts pass that a small share of them is many: those that
    /// come by chance come close together at times.
    fn many(&self, now: Instant) -> f64 {
        if self.cost > 0.0 {
            return 0.0;
        }
        let second = ago(now, 1.0);
        self.answered.since(second) as f64 * MANY
    }

    /// The share of refusals that is tolerated, and how many at once.
    fn tolerated(&self) -> (f64, f64) {
        let noise = self.tolerance.noise * NOISE_SPREAD;
        let at_once = NOISE_AT_ONCE * self.tolerance.noise;
        match self.mode {
            // Each refusal closes the gate, so none is tolerated.
            _ if self.cost > 0.0 => (noise, at_once),
            Mode::Free => (TOLERATED + noise, TOLERATED_AT_ONCE + at_once),
            _ => (TOLERATED_PACED + noise, 1.0 + at_once),
        }
    }

    /// The mode is new: tolerates as many refusals at once as it does.
    pub(super) fn tolerate_most(&mut self) {
        self.tolerance.credit = self.tolerated().1;
    }

    /// The value is new: tolerates half as many refusals at once as usual.
    pub(super) fn tolerate_half(&mut self) {
        self.tolerance.credit = self.tolerated().1 / 2.0;
    }

    /// A refusal asked everybody to wait for so long.
    pub(super) fn costs(&mut self, time: Duration) {
        self.cost = time.as_secs_f64().min(LONGEST_CLOSED);
    }

    /// A refusal was heard: if it closes no gate, refusals cost less than was known.
    pub(super) fn halve_cost(&mut self) {
        let is_little = self.cost <= LEAST_COST;
        self.cost = if is_little { 0.0 } else { self.cost / 2.0 };
    }
}
