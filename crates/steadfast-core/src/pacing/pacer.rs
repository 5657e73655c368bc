//! The attempts that one limit of a server counts together.

use std::time::{Duration, Instant};

use super::advertised::{Advertised, Asked};
use super::gate::Gate;
use super::learned::{Learned, Room};
use super::protocol::{Change, Feedback, Refused, Ticket, Turn, View};
use super::time::later;
use crate::hint::Allowances;
use crate::policy::Pacing;

/// How many times a wait that the server did not ask for is doubled.
const MOST_DOUBLINGS: u32 = 5;
/// As after so many refusals in a row a gate that closes on a guess stays closed at most: the server did not say that it takes
/// nothing, so others may pass.
const MOST_GUESSED: u32 = 2;
/// When all places are taken, it is looked at again after that time at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The attempts that one limit of a server counts together.
#[derive(Clone, Debug)]
pub struct Pacer {
    gate: Gate,
    pub(super) advertised: Advertised,
    learned: Learned,
    sent: u64,
    flight: u32,
    touched: Instant,
    pacing: Pacing,
    /// For how long one should wait after the last refusal, if a limit that was told explained it.
    told_last: Option<Duration>,
}

impl Pacer {
    /// A pacer of which nothing is known.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            gate: Gate::default(),
            advertised: Advertised::default(),
            learned: Learned::new(now),
            sent: 0,
            flight: 0,
            touched: now,
            pacing: Pacing::Learned,
            told_last: None,
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
        let told = self
            .advertised
            .earliest(now, self.sent, self.flight, is_last);
        match self.learned.room(now, self.flight) {
            Room::At(at) if at.max(told) <= now => Turn::Now,
            Room::At(at) => Turn::At(at.max(told)),
            Room::Later if told <= now => Turn::AfterAnswer(later(now, LOOK_AGAIN)),
            Room::Later => Turn::At(told),
        }
    }

    /// Whether whoever goes next goes first through a gate that was closed: better not one who was refused before.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        !self.gate.is_open()
    }

    /// Whether the gate is closed although the server did not say that it takes nothing: it was busy, again and again. That
    /// delays, and refuses nobody.
    #[must_use]
    pub fn is_closed_on_a_guess(&self) -> bool {
        self.gate.is_guess()
    }

    /// An attempt goes, which [`look`](Self::look) allowed or which cannot wait.
    pub fn send(&mut self, now: Instant) -> Ticket {
        let others = self.flight;
        self.sent += 1;
        self.flight = self.flight.saturating_add(1);
        self.touched = now;
        if !self.gate.send(now, self.sent) {
            self.advertised.send(now, self.sent, self.flight);
            self.learned.send(now, self.sent, others);
        }
        Ticket {
            serial: self.sent,
            sent: now,
            others,
        }
    }

    /// An attempt that went before anything was known of a limit, and whose answer speaks of one. If the gate is closed,
    /// it was one of the crowd that closed it.
    pub fn late(&mut self, now: Instant) -> Ticket {
        if self.gate.is_open() {
            return self.send(now);
        }
        let others = self.flight;
        self.flight = self.flight.saturating_add(1);
        Ticket {
            serial: 0,
            sent: now,
            others,
        }
    }

    /// An attempt that another pacer let go, and whose answer says that this one counts it.
    pub fn adopt(&mut self, ticket: Ticket) -> Ticket {
        self.sent += 1;
        self.flight = self.flight.saturating_add(1);
        let serial = match self.gate.was_closed_after(ticket.sent) {
            true => 0,
            false => self.sent,
        };
        Ticket { serial, ..ticket }
    }

    /// Whether its pace was learned from refusals, not only told.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        !self.learned.is_unlimited()
    }

    /// Whether an attempt that was refused is spaced out when it is repeated, so that repeating it adds no load.
    #[must_use]
    pub fn spaces_out(&self) -> bool {
        self.learned.spaces_out()
    }

    /// Whether the gate closed since an attempt was let go.
    #[must_use]
    pub fn closed_since(&self, ticket: &Ticket) -> bool {
        self.gate.is_old_news(ticket.serial)
    }

    /// Whether no known limit could delay an attempt.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.gate.is_open() && self.advertised.is_empty() && self.learned.is_unlimited()
    }

    /// What came of an attempt. `backoff` says for how long the gate closes after so many refusals in a row, where the
    /// server does not.
    pub fn hear(
        &mut self,
        now: Instant,
        ticket: Ticket,
        heard: Feedback,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        self.flight = self.flight.saturating_sub(1);
        self.touched = now;
        let (serial, sent) = (ticket.serial, ticket.sent);
        if self.pacing != Pacing::Off {
            let passed = !matches!(heard, Feedback::Refused { .. });
            let asked = Asked {
                serial,
                sent,
                passed,
                so_far: self.sent,
            };
            self.advertised.hear(now, asked, allowances);
        }
        let mut change = Change::default();
        match heard {
            Feedback::Passed => {
                self.learned.accepted(now, ticket.as_sent());
                change.stirs = self.gate.passed(serial);
                if change.stirs {
                    self.learned.opened(now);
                }
            }
            // Whatever that other limit says, this one let it through.
            Feedback::Elsewhere => {
                change.stirs = self.gate.passed(serial);
            }
            Feedback::Nothing => change.stirs = self.gate.came_to_nothing(now, serial),
            Feedback::Refused {
                asked,
                is_reset,
                is_busy,
            } => {
                let refused = Refused {
                    asked,
                    is_reset,
                    is_busy,
                };
                self.refused(now, ticket, refused, backoff);
                change.closed_until = self.gate.closed_until(now);
            }
        }
        // There is a place for another one.
        change.stirs |= self.learned.places(now).is_some();
        change
    }

    /// An attempt passed, and its body is read from now on. Whoever limits how many are under way may count it until it
    /// ends, so where a limit was learned it is under way until [`read`](Self::read).
    pub fn reading(&mut self) {
        self.flight = self.flight.saturating_add(1);
    }

    /// The body of an attempt was read to its end, or dropped.
    pub fn read(&mut self, now: Instant) -> Change {
        self.flight = self.flight.saturating_sub(1);
        self.touched = now;
        Change {
            stirs: self.learned.places(now).is_some(),
            ..Change::default()
        }
    }

    /// What is known.
    #[must_use]
    pub fn view(&self, now: Instant) -> View {
        let told = self.advertised.rate(now, self.sent, self.flight);
        let learned = self.learned.rate(now);
        let rate = match (told, learned) {
            (Some(told), Some(learned)) => Some(told.min(learned)),
            (told, learned) => told.or(learned),
        };
        let scarcest = self.advertised.scarcest(now, self.sent);
        View {
            rate,
            remaining: scarcest.map(|(left, ..)| left),
            limit: scarcest.and_then(|(_, limit, _)| limit),
            resets_at: scarcest.and_then(|(.., at)| at.filter(|at| *at > now)),
            closed_until: self.gate.closed_until(now),
            in_flight: self.flight,
            places: self.learned.places(now),
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
        refused: Refused,
        backoff: impl FnOnce(u32) -> Duration,
    ) {
        let is_out = refused.is_busy && self.learned.is_out(now, ticket.as_sent(), self.flight);
        let is_old = self.gate.is_old_news(ticket.serial);
        let told = match is_old {
            // Of the same crowd, which a limit that was told explained, or not.
            true => self.told_last,
            false => self.advertised.refused(now, ticket.sent),
        };
        self.told_last = told;
        let closes = self.closes(now, ticket, refused, (told.is_some(), is_out));
        if is_out {
            // Nothing is paced while a server is down.
            self.gate.forget(now);
            return;
        }
        let asked = refused.asked;
        if is_old {
            // What it was asked to wait counts, a backoff of ours was drawn already.
            if let Some(asked) = asked.filter(|_| !refused.is_reset) {
                self.gate.extend(now, asked);
            }
            return;
        }
        let refusals = self.gate.next_refusal();
        let time = match (asked, told) {
            (Some(asked), _) if !refused.is_reset && closes => asked,
            // Whole seconds until more: asking a little earlier costs one request, not a crowd.
            (asked, Some(soon)) => {
                let soon = soon.saturating_mul(1 << (refusals - 1).min(MOST_DOUBLINGS));
                asked.map_or(soon, |asked| asked.min(soon))
            }
            (Some(asked), None) if closes => asked,
            // A guess is made again soon.
            (None, None) if closes && refused.is_busy => backoff(refusals.min(MOST_GUESSED)),
            (None, None) if closes => backoff(refusals),
            (Some(asked), None) => return self.learned.waits(now, ticket.as_sent(), asked),
            (None, None) => return,
        };
        let is_guess = refused.is_busy && asked.is_none();
        let closed = self.gate.close(now, time, self.sent, is_guess);
        if closed && told.is_none() && self.pacing == Pacing::Learned {
            let (is_asked, is_again) = (asked.is_some(), refusals > 1);
            let sent = ticket.as_sent();
            self.learned.closed(now, sent, time, is_asked, is_again);
        }
    }

    /// Whether a refusal closes the gate, where nothing is told.
    fn closes(
        &mut self,
        now: Instant,
        ticket: Ticket,
        refused: Refused,
        (is_told, is_out): (bool, bool),
    ) -> bool {
        let is_busy = refused.is_busy;
        if self.pacing != Pacing::Learned || is_told {
            return !is_busy;
        }
        let sent = ticket.as_sent();
        let refuses_all = self.learned.refused(now, sent, is_busy, is_out);
        // A wait that was asked for holds where there is a limit. Who is only busy may have none.
        let is_limited = refused.asked.is_some() && !(is_busy && self.learned.is_unlimited());
        refuses_all || is_limited || !self.gate.is_open()
    }
}
