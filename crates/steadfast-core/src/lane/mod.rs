//! When the next attempt may go, by what a server said and did.
//!
//! A client that only reacts to 429 wastes requests, and may be banned for it. So every answer is heard: a *lane* is
//! the set of attempts that one limit of a server counts together (those of an endpoint with one credential, or of
//! the bucket that the server names), and it knows three things about that limit.
//!
//! * Its **gate**: closed until an instant because a server said so, or refused without saying. It opens to one first.
//! * What was **told**: remainders and resets in headers. Spent freely while there is plenty, paced when scarce.
//! * What was **learned**: how much was let through before a refusal, where nothing is told.
//!
//! Time is an argument; waiting is not done here. The protocol: [`look`](Lane::look), and when it says
//! [`Turn::Now`], [`send`](Lane::send); then [`hear`](Lane::hear) exactly once per ticket, also when an attempt was
//! dropped.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use steadfast_core::hint::Allowances;
//! use steadfast_core::lane::{Heard, Lane, Turn};
//!
//! let now = Instant::now();
//! let mut lane = Lane::new(now);
//! assert_eq!(lane.look(now, false), Turn::Now);
//! let ticket = lane.send(now);
//! let refused = Heard::Refused { asked: Some(Duration::from_secs(2)), is_reset: false };
//! lane.hear(now, ticket, refused, &Allowances::default(), |_| Duration::from_secs(1));
//! assert_eq!(lane.look(now, false), Turn::At(now + Duration::from_secs(2)));
//! ```

mod adapt;
mod gate;
mod gcra;
mod history;
#[cfg(test)]
mod tests;
mod told;

use std::time::{Duration, Instant};

use self::adapt::Adapt;
use self::gate::Gate;
use self::told::{Asked, Told};
use crate::hint::{Allowances, LONGEST};
use crate::policy::Pacing;

/// How many times a wait that the server did not ask for is doubled.
const MOST_DOUBLINGS: u32 = 5;

/// When an attempt may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// Not before this.
    At(Instant),
    /// When the one that went first is answered, and at the latest then.
    AfterProbe(Instant),
}

/// An attempt on its way.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    serial: u64,
    sent: Instant,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heard {
    /// An answer that is no refusal: the server let it through.
    Passed,
    /// "Too many", or "not now".
    Refused {
        /// For how long, if the server said so.
        asked: Option<Duration>,
        /// It did so with the reset of a limit, in whole seconds, not with a wait.
        is_reset: bool,
    },
    /// No answer: it failed, or nobody waited for it.
    Nothing,
    /// Its answer says that another lane counts it.
    Elsewhere,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Change {
    /// The gate closed, until then.
    pub closed_until: Option<Instant>,
    /// The gate opened, or somebody else may go first now.
    pub stirs: bool,
}

/// What is known of a lane, for people and for planning.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct View {
    /// Attempts per second that are let go; `None` is without limit.
    pub rate: Option<f64>,
    /// What the server said is left of its scarcest limit.
    pub remaining: Option<u64>,
    /// Of how many.
    pub limit: Option<u64>,
    /// When that limit starts anew.
    pub resets_at: Option<Instant>,
    /// Until when the server closed it.
    pub closed_until: Option<Instant>,
    /// Attempts under way.
    pub in_flight: u32,
}

/// The attempts that one limit of a server counts together.
#[derive(Clone, Debug)]
pub struct Lane {
    gate: Gate,
    told: Told,
    adapt: Adapt,
    sent: u64,
    flight: u32,
    touched: Instant,
    pacing: Pacing,
}

impl Ticket {
    /// When it was let go.
    #[must_use]
    pub const fn sent(&self) -> Instant {
        self.sent
    }
}

impl Lane {
    /// A lane of which nothing is known.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            gate: Gate::default(),
            told: Told::default(),
            adapt: Adapt::new(now),
            sent: 0,
            flight: 0,
            touched: now,
            pacing: Pacing::Learned,
        }
    }

    /// What it paces by. Default: [`Pacing::Learned`].
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// Another policy uses it, too: the one that paces by more counts, and each says for itself what it respects.
    pub fn pace_by(&mut self, pacing: Pacing) {
        match (self.pacing, pacing) {
            (Pacing::Learned, _) | (_, Pacing::Off) => {}
            _ => self.pacing = pacing,
        }
    }

    /// Whether an attempt may go. One that `is_last`, the last that its call has, waits until there is some to spare:
    /// others draw on the same limit.
    #[must_use]
    pub fn look(&self, now: Instant, is_last: bool) -> Turn {
        let turn = self.gate.look(now);
        if turn != Turn::Now || !self.gate.is_open() {
            return turn;
        }
        let told = self.told.earliest(now, self.sent, self.flight, is_last);
        let earliest = told.max(self.adapt.earliest(now));
        if earliest <= now {
            Turn::Now
        } else {
            Turn::At(earliest)
        }
    }

    /// Whether whoever goes next goes first through a gate that was closed: better not one who was refused before.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        !self.gate.is_open()
    }

    /// An attempt goes, which [`look`](Self::look) allowed or which cannot wait.
    pub fn send(&mut self, now: Instant) -> Ticket {
        self.sent += 1;
        self.flight = self.flight.saturating_add(1);
        self.touched = now;
        if !self.gate.send(now, self.sent) {
            self.told.send(now, self.sent, self.flight);
            self.adapt.send(now);
        }
        Ticket {
            serial: self.sent,
            sent: now,
        }
    }

    /// An attempt that another lane let go, and whose answer says that this one counts it.
    pub fn adopt(&mut self, ticket: Ticket) -> Ticket {
        self.sent += 1;
        self.flight = self.flight.saturating_add(1);
        let serial = match self.gate.was_closed_after(ticket.sent) {
            true => 0,
            false => self.sent,
        };
        let sent = ticket.sent;
        Ticket { serial, sent }
    }

    /// Whether its pace was learned from refusals, not only told.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        !self.adapt.is_unlimited()
    }

    /// Whether the gate closed since an attempt was let go.
    #[must_use]
    pub fn closed_since(&self, ticket: &Ticket) -> bool {
        self.gate.is_old_news(ticket.serial)
    }

    /// Whether no known limit could delay an attempt.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.gate.is_open() && self.told.is_empty() && self.adapt.is_unlimited()
    }

    /// What came of an attempt. `backoff` says for how long the gate closes after so many refusals in a row, where the
    /// server does not.
    pub fn hear(
        &mut self,
        now: Instant,
        ticket: Ticket,
        heard: Heard,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        self.flight = self.flight.saturating_sub(1);
        self.touched = now;
        let (serial, sent) = (ticket.serial, ticket.sent);
        if self.pacing != Pacing::Off {
            let passed = !matches!(heard, Heard::Refused { .. });
            let asked = Asked {
                serial,
                sent,
                passed,
                so_far: self.sent,
            };
            self.told.hear(now, asked, allowances);
        }
        let mut change = Change::default();
        match heard {
            Heard::Passed => {
                self.adapt.accepted(sent);
                change.stirs = self.gate.passed(serial);
                if change.stirs {
                    self.adapt.opened(now, sent);
                }
            }
            // Whatever that other limit says, this one let it through.
            Heard::Elsewhere => {
                change.stirs = self.gate.passed(serial);
            }
            Heard::Nothing => change.stirs = self.gate.came_to_nothing(now, serial),
            Heard::Refused { asked, is_reset } => {
                self.refused(now, ticket, asked, is_reset, backoff);
                change.closed_until = self.gate.closed_until(now);
            }
        }
        change
    }

    /// What is known.
    #[must_use]
    pub fn view(&self, now: Instant) -> View {
        let told = self.told.rate(now, self.sent, self.flight);
        let learned = self.adapt.rate(now);
        let rate = match (told, learned) {
            (Some(told), Some(learned)) => Some(told.min(learned)),
            (told, learned) => told.or(learned),
        };
        let scarcest = self.told.scarcest(now, self.sent);
        View {
            rate,
            remaining: scarcest.map(|(left, ..)| left),
            limit: scarcest.and_then(|(_, limit, _)| limit),
            resets_at: scarcest.and_then(|(.., at)| at.filter(|at| *at > now)),
            closed_until: self.gate.closed_until(now),
            in_flight: self.flight,
        }
    }

    /// Whether there is nothing worth keeping: no attempt is under way, the gate is open, and for `quiet` nothing
    /// happened.
    #[must_use]
    pub fn is_idle(&self, now: Instant, quiet: Duration) -> bool {
        let since = now.saturating_duration_since(self.touched);
        self.flight == 0 && self.gate.closed_until(now).is_none() && since >= quiet
    }

    fn refused(
        &mut self,
        now: Instant,
        ticket: Ticket,
        asked: Option<Duration>,
        is_reset: bool,
        backoff: impl FnOnce(u32) -> Duration,
    ) {
        if self.gate.is_old_news(ticket.serial) {
            // Of the same crowd. What it was asked to wait counts, a backoff of ours was drawn already.
            if let Some(asked) = asked.filter(|_| !is_reset) {
                self.gate.extend(now, asked);
            }
            return;
        }
        let refusals = self.gate.next_refusal();
        let told = self.told.refused(now, ticket.sent);
        let time = match (asked, told) {
            (Some(asked), _) if !is_reset => asked,
            // Whole seconds until more: asking a little earlier costs one request, not a crowd.
            (asked, Some(soon)) => {
                let soon = soon.saturating_mul(1 << (refusals - 1).min(MOST_DOUBLINGS));
                asked.map_or(soon, |asked| asked.min(soon))
            }
            (Some(asked), None) => asked,
            (None, None) => backoff(refusals),
        };
        self.gate.close(now, time, self.sent);
        if told.is_none() && self.pacing == Pacing::Learned {
            self.adapt.refused(now, ticket.sent, time);
        }
    }
}

/// That much after `now`, as far as there are instants: whoever asks for an eternity gets the longest wait there is, not
/// none.
fn later(now: Instant, time: Duration) -> Instant {
    let time = time.min(LONGEST);
    now.checked_add(time).unwrap_or(now)
}

fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}
