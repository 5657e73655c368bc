//! What decides an outcome beside the outcome itself.

use std::time::Instant;

use crate::chance::Chance;
use crate::repeatable::Repeatable;

/// What the caller knows when an outcome is there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Situation<'a, T> {
    /// Whether the request is safe to send twice.
    pub repeatable: Repeatable,
    /// Whether there is a body to send again.
    pub replayable: bool,
    /// Whether the answer came from where a redirect led: what it says of itself says nothing of the request.
    pub redirected: bool,
    /// The earliest start that a limit of this client allows; `None` when no rate is configured.
    pub paced_until: Option<Instant>,
    /// Until when the server closed the gate that the next attempt has to go through.
    pub closed_until: Option<Instant>,
    /// Whether a limit that was learned from refusals such as this one spaces out what follows.
    pub pace_learned: bool,
    /// Takes a price from the budget; false when there is less.
    pub take_token: T,
    /// Chance.
    pub chance: &'a mut Chance,
}

// ===== impl Situation =====

impl<'a, T> Situation<'a, T> {
    /// A request that has a body to send again, was not redirected, and is not paced.
    pub const fn new(repeatable: Repeatable, take_token: T, chance: &'a mut Chance) -> Self {
        Self {
            repeatable,
            replayable: true,
            redirected: false,
            paced_until: None,
            closed_until: None,
            pace_learned: false,
            take_token,
            chance,
        }
    }

    /// Whether there is a body to send again.
    #[must_use]
    pub fn replayable(mut self, replayable: bool) -> Self {
        self.replayable = replayable;
        self
    }

    /// Whether the answer came from where a redirect led.
    #[must_use]
    pub fn redirected(mut self, redirected: bool) -> Self {
        self.redirected = redirected;
        self
    }

    /// The earliest start that a limit of this client allows.
    #[must_use]
    pub fn paced_until(mut self, paced_until: Option<Instant>) -> Self {
        self.paced_until = paced_until;
        self
    }

    /// Until when the server closed the gate that the next attempt has to go through.
    #[must_use]
    pub fn closed_until(mut self, closed_until: Option<Instant>) -> Self {
        self.closed_until = closed_until;
        self
    }

    /// Whether a limit that was learned from refusals such as this one spaces out what follows.
    #[must_use]
    pub fn pace_learned(mut self, pace_learned: bool) -> Self {
        self.pace_learned = pace_learned;
        self
    }
}
