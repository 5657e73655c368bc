//! No limit is known: up to 2 % of refusals are tolerated.

use std::time::{Duration, Instant};

use super::start::Start;
use super::{FLOOR, Learned, Mode, Sent, ago};
use crate::pacing::{later, seconds};

/// Over what time the rate is measured at least, in seconds.
const MEASURED: f64 = 0.5;
/// The same, in times that an answer takes.
const MEASURED_TRIPS: f64 = 4.0;
/// The least time in which slow start doubles the rate four times, in seconds.
const LEAST_START: f64 = 1.0;
/// For how long a server that only says that it is busy is taken for one that limits, while nothing passes.
const OUTAGE: Duration = Duration::from_secs(10);

/// The attempts that were under way when the first one was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstCrowd {
    /// The last of them.
    last: u64,
    /// How many of them are not answered.
    left: u32,
    refused: Instant,
}

impl Learned {
    /// Whether a server that refused an attempt because it is busy is down: nothing passes any more. Before anything
    /// passed, those that were under way at the first refusal still may; so many others are under way now.
    pub(in crate::pacing) fn is_out(&mut self, now: Instant, sent: Sent, flight: u32) -> bool {
        if let Some(at) = self.last_passed {
            return now.saturating_duration_since(at) > OUTAGE;
        }
        let last = self.last;
        match &mut self.first_crowd {
            None => {
                self.first_crowd = Some(FirstCrowd {
                    last,
                    left: flight,
                    refused: now,
                });
                flight == 0
            }
            Some(crowd) => {
                if sent.serial <= crowd.last {
                    crowd.left = crowd.left.saturating_sub(1);
                }
                crowd.left == 0 || now.saturating_duration_since(crowd.refused) > OUTAGE
            }
        }
    }

    pub(super) fn accepted_free(&mut self) {
        self.tolerance.update_noise(false);
        if self.tolerance.is_full() {
            (self.suspected, self.first_burst) = (None, None);
        }
    }

    /// A refusal starts a search for the limit if there were too many.
    pub(super) fn refused_free(&mut self, now: Instant, sent: Sent) {
        let since = *self.suspected.get_or_insert(sent.at);
        self.tolerance.update_noise(true);
        if !self.tolerance.is_used_up() {
            return;
        }
        let time = seconds(since, now).max(self.measured());
        let passed = self.passed.since(ago(now, time)) as f64 / time;
        // Nothing passed any more: what passed before fits into the server's bucket.
        let is_over = self.last_passed.is_none_or(|at| at <= since);
        self.burst = if is_over { passed * time } else { 1.0 };
        self.closed_for = self.closed_for.max(LEAST_START);
        // As much as passed just before the first of these refusals: a single caller waits after each of them.
        let passed = passed.max(self.passed_before(since));
        self.start(now, (passed / 2.0).max(FLOOR));
    }

    /// Over what time the rate is measured at least, in seconds.
    fn measured(&self) -> f64 {
        (MEASURED_TRIPS * self.trip.now).max(MEASURED)
    }

    /// How many passed per second that were sent just before `then`.
    fn passed_before(&self, then: Instant) -> f64 {
        let time = self.measured();
        self.passed.between(ago(then, time), then) as f64 / time
    }

    /// An attempt passed that was under way when the search began: more passed in that time than was known then, so the
    /// search begins higher.
    pub(super) fn accepted_late(&mut self, sent: Sent, start: Start) {
        if !self.is_guess || sent.serial > start.before {
            return;
        }
        let from = self.passed_before(start.since) / 2.0;
        if from > start.from {
            self.mode = Mode::Start(Start { from, ..start });
            let interval = Duration::try_from_secs_f64(1.0 / from).unwrap_or_default();
            self.gcra.restart(later(start.since, interval));
        }
    }

    /// The server is down, so refusals do not depend on the pace. Nothing is limited any more.
    pub(super) fn give_up(&mut self, now: Instant) {
        self.mode = Mode::Free;
        self.tolerance.noise = 0.0;
        self.suspected = None;
        self.gcra.restart(now);
        self.tolerate_most();
    }
}
