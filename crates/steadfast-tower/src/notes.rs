//! What inner layers tell outer ones, beside the answer.

use std::time::{Duration, Instant};

use steadfast_core::redirect::Hops;

/// What inner layers tell outer ones about an attempt, beside its answer. The retry layer writes it into the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notes {
    /// How long the attempt waited for a rate, a gate, a pace or a permit.
    pub queued: Duration,
    /// Until when the server closed the gate that another attempt has to go through.
    pub closed_until: Option<Instant>,
    /// Whether another attempt is spaced out by a limit that was learned from refusals such as this one.
    pub is_paced: bool,
    /// The redirects that were followed within the attempt, and the requests that were sent again.
    pub hops: Hops,
}

impl Notes {
    /// One more queue was waited in.
    pub(crate) fn queue_more(&mut self, time: Duration) {
        self.queued = self.queued.saturating_add(time);
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
