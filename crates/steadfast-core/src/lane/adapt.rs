//! A limit that a server enforces without telling it: learned from what it lets through.
//!
//! This is additive increase and multiplicative decrease (AIMD; Chiu and Jain, 1989), with the decrease informed by
//! what was let through, as TCP Westwood does (Mascolo et al., 2001): a refusal shows how fast the server's bucket is
//! filled, so the rate goes just below that instead of to a half. The AWS SDKs' adaptive mode decreases to 0.7 and
//! climbs back along CUBIC; where each refusal closes the door for a second, that overshoots too often.
//!
//! * The first refusal ends the time of no limit. After the gate has opened again, the rate starts at what was
//!   accepted per closed time, and doubles every quarter of that, until it is refused.
//! * Each later refusal gives a [`Bracket`]: so much is let through, not more than so much. The rate starts at its
//!   lower end and climbs, the slower the surer the bracket is and the longer a refusal closes the door: probing for
//!   more should cost about as much as not knowing.
//! * It never goes below a floor, does not climb while nobody has to wait, and forgets everything when nobody had to
//!   for a minute.

use std::time::{Duration, Instant};

use super::gcra::Gcra;
use super::history::{Bracket, History};
use super::seconds;

/// Attempts per second below which it never goes; what the AWS SDKs take, too.
const FLOOR: f64 = 0.5;
/// Forgets when nobody was held back for this long.
const QUIET: Duration = Duration::from_secs(60);
/// How many times the rate doubles in the time that a refusal closes the door for.
const DOUBLINGS: f64 = 4.0;
/// How much rarer than "as costly as not knowing" it probes: the bracket is a worst case.
const PATIENCE: f64 = 3.0;
/// For longer than this, in seconds, nobody trusts a closed door; so what is learned does not, either.
const LONGEST_CLOSED: f64 = 3600.0;
/// How late timers are, with something to spare: they tick each millisecond.
const LATENESS: Duration = Duration::from_millis(4);
/// A bracket is never believed to be narrower than this share.
const SUREST: f64 = 0.01;

#[derive(Clone, Debug)]
pub(super) struct Adapt {
    phase: Phase,
    history: History,
    /// The size of the server's bucket, as the first crowd met it.
    burst: f64,
    gcra: Gcra,
    closed_for: f64,
    opened: Instant,
    /// When the first attempt that was refused was sent.
    crowd: Instant,
    last_held_back: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Nothing was refused.
    Unlimited,
    /// The gate is closed, for the first time.
    Burst,
    Ramp {
        from: f64,
        since: Instant,
    },
    Cruise {
        bracket: Bracket,
        since: Instant,
    },
}

impl Adapt {
    pub(super) fn new(now: Instant) -> Self {
        let mut history = History::default();
        history.clear();
        Self {
            phase: Phase::Unlimited,
            history,
            burst: 0.0,
            gcra: Gcra::default(),
            closed_for: 1.0,
            opened: now,
            crowd: now,
            last_held_back: now,
        }
    }

    pub(super) const fn is_unlimited(&self) -> bool {
        matches!(self.phase, Phase::Unlimited)
    }

    /// Attempts per second that it allows now; `None` is without limit.
    pub(super) fn rate(&self, now: Instant) -> Option<f64> {
        match self.phase {
            Phase::Unlimited | Phase::Burst => None,
            Phase::Ramp { from, since } => {
                let doublings = seconds(since, now) * DOUBLINGS / self.closed_for;
                Some((from * doublings.min(60.0).exp2()).min(1e9))
            }
            Phase::Cruise { bracket, since } => {
                let width = bracket.most - bracket.least;
                let share = (width / bracket.least).max(SUREST);
                let climb = PATIENCE * self.closed_for / share;
                // As slowly as it is sure; but what has held for eight times as long as it should was wrong.
                let climbs = (seconds(since, now) / climb).min(60.0);
                let more = if climbs > 8.0 {
                    (climbs - 5.0).exp2()
                } else {
                    climbs
                } * share;
                Some((bracket.least * (1.0 + more)).min(1e9))
            }
        }
    }

    /// The earliest time for one more attempt.
    pub(super) fn earliest(&self, now: Instant) -> Instant {
        match self.phase {
            Phase::Unlimited | Phase::Burst => now,
            _ => self.gcra.earliest(Duration::ZERO, 1, now),
        }
    }

    /// An attempt goes.
    pub(super) fn send(&mut self, now: Instant) {
        let Some(rate) = self.rate(now) else {
            return;
        };
        let interval = match self.phase {
            // The rate grows while the next one waits: when one more has been let through, by integration.
            Phase::Ramp { .. } => {
                let doubling = self.closed_for / DOUBLINGS;
                let more = std::f64::consts::LN_2 / (rate * doubling);
                doubling * more.ln_1p() / std::f64::consts::LN_2
            }
            _ => 1.0 / rate,
        };
        let interval = Duration::try_from_secs_f64(interval).unwrap_or(Duration::from_secs(2));
        // Nobody waited for a turn: that is no time in which more was tried.
        let idle = self.gcra.idle(now);
        if idle > interval.max(LATENESS) {
            self.stand_still(idle);
            if now.saturating_duration_since(self.last_held_back) > QUIET {
                self.forget(now);
                return;
            }
        } else {
            self.last_held_back = now;
        }
        self.gcra.take_late(interval, now, self.lateness(interval));
    }

    /// How late a turn may be taken without a loss: as late as timers are, and no more than half of the server's
    /// bucket can take.
    fn lateness(&self, interval: Duration) -> Duration {
        let spare = (self.burst - 1.0).max(0.0) / 2.0;
        LATENESS.min(interval.mul_f64(spare.min(1e6)))
    }

    /// An attempt that was sent at `sent` was accepted.
    pub(super) fn accepted(&mut self, sent: Instant) {
        if !matches!(self.phase, Phase::Unlimited | Phase::Burst) {
            self.history.add(sent);
            return;
        }
        self.history.add_recent(sent);
        if self.phase == Phase::Burst && sent <= self.crowd {
            self.burst += 1.0;
        }
    }

    /// An attempt that was sent at `sent` was refused, and the gate is closed for a time.
    pub(super) fn refused(&mut self, now: Instant, sent: Instant, closed_for: Duration) {
        let rate = self.rate(sent);
        self.last_held_back = now;
        let closed = closed_for.as_secs_f64().clamp(0.001, LONGEST_CLOSED);
        match (self.phase, rate) {
            (Phase::Ramp { .. } | Phase::Cruise { .. }, Some(rate)) => {
                let lasted = seconds(self.opened, sent) + self.closed_for;
                let achieved = self.history.total() as f64 / lasted.max(0.001);
                let bracket = self.history.bracket(self.burst.max(1.0), sent);
                let bracket = bracket.unwrap_or(Bracket {
                    least: achieved,
                    most: rate,
                });
                // More was let through than such a bucket would: it is no bucket, and its bracket means nothing.
                let most = if bracket.least < achieved {
                    rate
                } else {
                    bracket.most
                };
                let least = bracket.least.max(achieved).min(rate * (1.0 - SUREST));
                let most = most.min(rate).max(least * (1.0 + SUREST));
                // The floor is no finding: there, nothing is known, and narrow would be for ever.
                let most = if least < FLOOR { 2.0 * FLOOR } else { most };
                let least = least.max(FLOOR);
                let bracket = Bracket { least, most };
                let since = now;
                self.phase = Phase::Cruise { bracket, since };
            }
            // Also when one that went first is refused: a bucket would have had something by then, so what was let
            // through before that was no bucket's size.
            _ => {
                let a_while_ago = now.checked_sub(closed_for).unwrap_or(now);
                // What was sent later met a bucket that had been filled a little meanwhile.
                self.crowd = sent;
                self.burst = self.history.between(a_while_ago, sent) as f64;
                self.phase = Phase::Burst;
            }
        }
        self.closed_for = closed;
    }

    /// The gate opened: the attempt that went first, sent at `sent`, was let through.
    pub(super) fn opened(&mut self, now: Instant, sent: Instant) {
        match &mut self.phase {
            Phase::Unlimited => return,
            Phase::Burst => {
                let from = (self.burst / self.closed_for).max(FLOOR);
                self.phase = Phase::Ramp { from, since: now };
            }
            Phase::Ramp { since, .. } | Phase::Cruise { since, .. } => *since = now,
        }
        self.opened = now;
        self.history.clear();
        self.history.add(sent);
        self.gcra.restart(now);
        self.send(now);
    }

    fn stand_still(&mut self, time: Duration) {
        if let Phase::Ramp { since, .. } | Phase::Cruise { since, .. } = &mut self.phase {
            *since = since.checked_add(time).unwrap_or(*since);
        }
    }

    fn forget(&mut self, now: Instant) {
        *self = Self::new(now);
    }
}
