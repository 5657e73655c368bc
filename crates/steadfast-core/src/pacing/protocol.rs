//! What is said between a pacer and whoever sends: turns, tickets, outcomes and views.

use std::time::{Duration, Instant};

use super::learned::Sent;

/// When an attempt may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once.
    Now,
    /// Not before this.
    At(Instant),
    /// When the one that went first is answered, and at the latest then.
    AfterProbe(Instant),
    /// When one of those that are under way is answered; it may look again then.
    AfterAnswer(Instant),
}

/// An attempt on its way.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub(super) serial: u64,
    pub(super) sent: Instant,
    /// How many others were under way.
    pub(super) others: u32,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feedback {
    /// An answer that is no refusal: the server let it through.
    Passed,
    /// "Too many", or "not now".
    Refused {
        /// For how long, if the server said so.
        asked: Option<Duration>,
        /// It did so with the reset of a limit, in whole seconds, not with a wait.
        is_reset: bool,
        /// It only said that it is busy, which may be a fault of its own.
        is_busy: bool,
    },
    /// No answer: it failed, or nobody waited for it.
    Nothing,
    /// Its answer says that another pacer counts it.
    Elsewhere,
}

/// What a refusal says, as in [`Feedback::Refused`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) asked: Option<Duration>,
    pub(super) is_reset: bool,
    pub(super) is_busy: bool,
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

/// What is known of a pacer, for people and for planning.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct View {
    /// Attempts per second that are let go; `None` is without limit.
    pub rate: Option<f64>,
    /// What the server said is left of its scarcest limit.
    pub remaining: Option<u64>,
    /// Of how many.
    pub limit: Option<u64>,
    /// When that limit resets.
    pub resets_at: Option<Instant>,
    /// Until when the server closed it.
    pub closed_until: Option<Instant>,
    /// Attempts under way. Where a limit was learned, they are until their bodies end.
    pub in_flight: u32,
    /// Attempts that may be under way at once; `None` is without limit.
    pub places: Option<u32>,
}

impl Ticket {
    /// When it was let go.
    #[must_use]
    pub const fn sent(&self) -> Instant {
        self.sent
    }

    pub(super) const fn as_sent(&self) -> Sent {
        Sent {
            at: self.sent,
            serial: self.serial,
            others: self.others,
        }
    }
}
