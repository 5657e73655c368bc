//! Who asks to go through, and what is answered.

use std::time::{Duration, Instant};

use steadfast_core::queue::Rank;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// Where it stands among those who wait.
    pub(crate) rank: Rank,
    pub(crate) cost: u32,
    /// No other attempt can follow this one.
    pub(crate) is_last: bool,
    /// The longest that it may wait for its turn.
    pub(crate) latest: Option<Instant>,
    /// A turn that is further away than this is ignored: it goes at once if it may.
    pub(crate) patience: Duration,
    /// Whether it waits for a closed gate and for a pace.
    pub(crate) heeds_gate: bool,
    pub(crate) is_paced: bool,
    /// The longest that it may wait for a server that is closed.
    pub(crate) latest_opening: Option<Instant>,
}

/// Not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Then.
    At(Instant),
    /// Not within its time: until then the server lets nothing through.
    Closed(Instant),
}
