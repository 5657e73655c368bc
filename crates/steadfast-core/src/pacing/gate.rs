//! A scope that a server closed for a while.
//!
//! Everybody who shares the scope waits, for a server that says "come back in a second" means all of them. When the
//! time is over **one** goes first: its success lets the others follow, its refusal closes the gate again. So a
//! server that is still closed meets one request, not the crowd that has gathered meanwhile.

use std::time::{Duration, Instant};

use super::{Turn, later};

/// How long a probe is waited for before another one goes: the time that the gate was closed for, within these.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Open, closed until an instant, or waiting for the answer of the one that went first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gate {
    state: State,
    /// Refusals in a row.
    refusals: u32,
    /// For how long it was closed the last time.
    closed_for: Duration,
    /// The last attempt that was sent before it closed: what comes back to those is old news.
    last_before: u64,
    closed_at: Option<Instant>,
    /// It was closed on a guess: the server did not say that it takes nothing.
    is_guess: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Open,
    Closed {
        until: Instant,
    },
    Probing {
        probe: u64,
        since: Instant,
    },
}

impl Gate {
    /// Whether an attempt may go.
    pub(super) fn look(&self, now: Instant) -> Turn {
        match self.state {
            State::Closed { until } if now < until => Turn::At(until),
            State::Open | State::Closed { .. } => Turn::Now,
            State::Probing { since, .. } => {
                let patience = self.closed_for.clamp(PATIENCE.0, PATIENCE.1);
                match since.checked_add(patience) {
                    Some(again) if now < again => Turn::AfterProbe(again),
                    _ => Turn::Now,
                }
            }
        }
    }

    /// Attempt `serial` goes; says whether it goes first. One that goes although [`look`](Self::look) forbade it does
    /// not: what the server said still holds for the others, and the one that went first is still waited for.
    pub(super) fn send(&mut self, now: Instant, serial: u64) -> bool {
        let goes_first = !self.is_open() && self.look(now) == Turn::Now;
        if goes_first {
            self.state = State::Probing {
                probe: serial,
                since: now,
            };
        }
        goes_first
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Closed until then, if it is closed.
    pub(super) fn closed_until(&self, now: Instant) -> Option<Instant> {
        match self.state {
            State::Closed { until } if until > now => Some(until),
            _ => None,
        }
    }

    /// Whether an attempt was sent before it closed the last time.
    pub(super) const fn is_old_news(&self, serial: u64) -> bool {
        serial <= self.last_before
    }

    /// Whether it closed since an attempt was sent.
    pub(super) fn was_closed_after(&self, sent: Instant) -> bool {
        self.closed_at.is_some_and(|closed| sent <= closed)
    }

    /// Refusals in a row, this one included.
    pub(super) const fn next_refusal(&self) -> u32 {
        self.refusals.saturating_add(1)
    }

    /// A refusal closes it; `last` is the last attempt sent so far. The word of the server counts for more than a guess: it
    /// replaces one, and a guess changes nothing while it holds. Says whether the refusal counted.
    pub(super) fn close(
        &mut self,
        now: Instant,
        time: Duration,
        last: u64,
        is_guess: bool,
    ) -> bool {
        if is_guess && self.holds_word(now) {
            return false;
        }
        // One that could not wait was refused: what was said before still holds.
        let before = self.closed_until(now).filter(|_| self.is_guess == is_guess);
        let until = later(now, time);
        self.state = State::Closed {
            until: before.map_or(until, |before| before.max(until)),
        };
        self.refusals = self.next_refusal();
        self.closed_for = time;
        self.last_before = last;
        self.closed_at = Some(now);
        self.is_guess = is_guess;
        true
    }

    /// Whether it is closed on a guess, which refuses nobody.
    pub(super) const fn is_guess(&self) -> bool {
        self.is_guess && !self.is_open()
    }

    /// Whether it is closed because the server said so.
    fn holds_word(&self, now: Instant) -> bool {
        !self.is_guess && self.closed_until(now).is_some()
    }

    /// Another refusal of the same crowd asks for a time of its own.
    pub(super) fn extend(&mut self, now: Instant, time: Duration) {
        if let State::Closed { until } = &mut self.state {
            let asked = later(now, time);
            *until = match self.is_guess {
                true => asked,
                false => asked.max(*until),
            };
            self.is_guess = false;
        }
    }

    /// Open again, with nothing known, unless the server said until when it takes nothing.
    pub(super) fn forget(&mut self, now: Instant) {
        if !self.holds_word(now) {
            *self = Self::default();
        }
    }

    /// Attempt `serial` was let through by the server; says whether that opens the gate.
    pub(super) fn passed(&mut self, serial: u64) -> bool {
        let opens = matches!(self.state, State::Probing { .. }) && !self.is_old_news(serial);
        if opens {
            (self.state, self.refusals) = (State::Open, 0);
        }
        opens
    }

    /// The one that went first came back without an answer: another one may go first.
    pub(super) fn came_to_nothing(&mut self, now: Instant, serial: u64) -> bool {
        let was_first = matches!(self.state, State::Probing { probe, .. } if probe == serial);
        if was_first {
            self.state = State::Closed { until: now };
        }
        was_first
    }
}
