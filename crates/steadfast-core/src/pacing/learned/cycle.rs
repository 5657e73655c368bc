//! From one opening of the gate to the next.

use std::time::{Duration, Instant};

use super::episode::Episode;
use super::held::{Held, What};
use super::start::{SUREST, Start};
use super::tolerance::LONGEST_CLOSED;
use super::{FLOOR, Learned, Mode, Sent, ago};
use crate::pacing::seconds;

/// What passed is a measure if the gate was closed for this share of the time.
const CLOSED_LONG: f64 = 0.2;
/// The least time that is divided by, in seconds.
const LEAST: f64 = 0.001;

/// What passed since the gate opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    pub(super) opened: Instant,
    pub(super) passed: f64,
    /// When the last attempt that was refused was sent.
    pub(super) refused: Instant,
    /// It ended in slow start, with a refusal that a bucket explains.
    pub(super) is_bucket: bool,
    /// It ended because nothing passed any more, not because one refusal asked for a wait.
    is_over: bool,
}

impl Cycle {
    pub(super) const fn new(opened: Instant, passed: f64) -> Self {
        Self {
            opened,
            passed,
            refused: opened,
            is_bucket: false,
            is_over: false,
        }
    }

    /// The rate over the whole time, and over the time until the last refusal. `None` if the gate was open for most of
    /// the time: then the value climbed meanwhile, and the average is no measure.
    fn average(&self, now: Instant) -> Option<(f64, f64)> {
        let (all, open) = (
            seconds(self.opened, now),
            seconds(self.opened, self.refused),
        );
        let is_long = seconds(self.refused, now) > all * CLOSED_LONG;
        let low = (self.passed / all.max(LEAST)).max(FLOOR);
        let top = (self.passed / open.max(LEAST)).max(low);
        is_long.then_some((low, top))
    }
}

impl Learned {
    /// The gate closed for a time, because an attempt was refused. The server asked for that time or not, and the gate
    /// was closed before that or not.
    pub(in crate::pacing) fn closed(
        &mut self,
        now: Instant,
        sent: Sent,
        time: Duration,
        is_asked: bool,
        is_again: bool,
    ) {
        let time = time.as_secs_f64().clamp(LEAST, LONGEST_CLOSED);
        match self.mode {
            Mode::Free => self.began(now, sent, time, is_asked),
            // The same crowd that showed that there is a limit.
            Mode::Start(_) if self.is_guess && self.cycle.passed < 1.0 => {
                self.began(now, sent, time, is_asked);
            }
            // The attempt that went first was refused as well. A bucket would have had something by then, so what passed
            // before was no bucket's size.
            Mode::Burst => self.closed_for = seconds(self.crowd, now) + time,
            Mode::Start(_) | Mode::Held(_) => {
                self.cycle.is_over = !is_asked || is_again;
                self.cost = time;
            }
        }
    }

    /// The gate closed for the first time. What passed shortly before is the size of the server's bucket.
    fn began(&mut self, now: Instant, sent: Sent, time: f64, is_asked: bool) {
        self.cost = if is_asked { time } else { 0.0 };
        self.closed_for = time;
        // What was sent later met a bucket that had been filled a little meanwhile.
        self.crowd = sent.at;
        self.burst = self
            .first_burst
            .take()
            .unwrap_or_else(|| self.passed_in(now, time, sent));
        self.mode = Mode::Burst;
    }

    /// A refusal closed no gate here, but asked everybody to wait for so long. What passed shortly before the first one of
    /// these is the size of the server's bucket: after it they come in crowds.
    pub(in crate::pacing) fn waits(&mut self, now: Instant, sent: Sent, time: Duration) {
        self.costs(time);
        if self.is_unlimited() && self.first_burst.is_none() {
            self.first_burst = Some(self.passed_in(now, time.as_secs_f64(), sent));
        }
    }

    /// How many passed in so many seconds that were sent before an attempt.
    fn passed_in(&self, now: Instant, time: f64, sent: Sent) -> f64 {
        self.passed.between(ago(now, time), sent.at) as f64
    }

    /// The gate opened: the attempt that went first passed.
    pub(in crate::pacing) fn opened(&mut self, now: Instant) {
        let cycle = std::mem::replace(&mut self.cycle, Cycle::new(now, 1.0));
        let before = self.last;
        match self.mode {
            Mode::Free => return,
            Mode::Burst => {
                let from = (self.burst / self.closed_for).max(FLOOR);
                self.is_guess = false;
                let since = now;
                self.mode = Mode::Start(Start {
                    from,
                    since,
                    before,
                });
                self.tolerate_half();
            }
            Mode::Start(start) => {
                let since = now;
                self.mode = Mode::Start(Start {
                    since,
                    before,
                    ..start
                });
            }
            Mode::Held(mut held) => {
                (held.since, held.before, held.eased) = (held.since.max(now), before, now);
                if held.what == What::Rate && cycle.is_over && !cycle.is_bucket {
                    self.measure(now, cycle, &mut held);
                }
                self.mode = Mode::Held(held);
            }
        }
        self.tolerance.opened();
        self.gcra.restart(now);
        self.send(now, before, 0);
    }

    /// Corrects a value by what passed: so many in all that time, and no more until the last one was refused.
    fn measure(&self, now: Instant, cycle: Cycle, held: &mut Held) {
        let Some((low, top)) = cycle.average(now) else {
            return;
        };
        let least_top = low * (1.0 + SUREST);
        if low > held.low {
            (held.low, held.top) = (low, held.top.max(least_top));
        } else if top < held.low {
            (held.low, held.top) = (low, top.max(least_top));
            held.episode = Episode::new(held.top);
            held.climb = self.climb(low, 0);
        }
    }
}
