//! Who goes next of those who wait for one limit.
//!
//! The highest priority goes first; within a priority those that were sent before go before new calls, then those that
//! came first. If that were all, a batch would starve while people keep a limit busy. So a waiting call **ages**: for
//! each [`AGEING`] it counts one class higher. If it counted for everything there, a batch of thousands that is queued
//! at once would be before every person a few seconds later. So calls that have aged **take turns** with the class that
//! they have reached: three calls of that class go, then one that has aged.
//!
//! Ageing moves a call past classes, never past calls of its own class. So where all calls have one priority, it changes
//! nothing.
//!
//! Nothing is moved when a call ages. Calls of one [`Rank`] age in the order in which they came, so whoever is next is
//! always the first of its rank: choosing costs one comparison per rank, not per call.
//!
//! ```
//! use std::time::Instant;
//! use steadfast_core::Priority;
//! use steadfast_core::queue::{AGEING, Front, Rank, Turns};
//!
//! let since = Instant::now();
//! let batch = Front { rank: Rank::new(Priority::Low, 0), arrival: 1, since };
//! let person = Front { rank: Rank::new(Priority::Normal, 0), arrival: 2, since };
//! let mut turns = Turns::default();
//! let mut went = Vec::new();
//! for _ in 0..5 {
//!     let next = turns.next(since + AGEING, [batch, person].into_iter()).unwrap();
//!     turns.went(&next);
//!     went.push(next.front.arrival);
//! }
//! assert_eq!(went, [2, 2, 2, 1, 2]);
//! ```

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::priority::Priority;

/// For each such time that a call waits, it counts one class higher.
///
/// Shorter, and a batch would be in the way of a person's ordinary burst (100 calls at 100/s take a second). Longer, and a
/// batch would starve where people keep a limit busy: of 64 callers of high and 8 of low priority at 100/s, a low one waits
/// 4.3 s at most, six times as long as first come, first served.
pub const AGEING: Duration = Duration::from_secs(2);

/// How many calls of the class that it has reached go before one that has aged.
const GIVES_WAY: u32 = 3;

/// Where a call stands, before those with the same rank that come later. A smaller rank goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    priority: Reverse<Priority>,
    sent_before: Reverse<u32>,
}

/// The first of those that wait with one rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Front {
    /// Its rank.
    pub rank: Rank,
    /// Larger than that of everyone who came before.
    pub arrival: u64,
    /// Since when it waits.
    pub since: Instant,
}

/// Who is next, if it goes before anybody else comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "tell `Turns::went` when it went"]
pub struct Next {
    /// That one.
    pub front: Front,
    contest: Contest,
}

/// Whether the next one had to be told from one that has aged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contest {
    None,
    /// One that has aged gives way to it.
    Preferred,
    /// It has aged, and has given way often enough.
    Aged,
}

/// Whose turn it is: the memory of a queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns {
    /// How many went while one that had aged gave way.
    gave_way: u32,
}

// ===== impl Rank =====

impl Rank {
    /// Of a call with this priority that was sent so often before.
    #[must_use]
    pub const fn new(priority: Priority, sent_before: u32) -> Self {
        Self {
            priority: Reverse(priority),
            sent_before: Reverse(sent_before),
        }
    }

    /// Its priority.
    #[must_use]
    pub const fn priority(self) -> Priority {
        self.priority.0
    }

    /// Whether the call was never sent.
    #[must_use]
    pub const fn is_new(self) -> bool {
        self.sent_before.0 == 0
    }
}

// ===== impl Front =====

impl Front {
    /// Its place in the order of those that have not aged.
    #[must_use]
    pub const fn place(&self) -> (Rank, u64) {
        (self.rank, self.arrival)
    }

    /// The class that it has reached.
    fn class(&self, now: Instant) -> Priority {
        let waited = now.saturating_duration_since(self.since);
        match (self.rank.priority(), waited.as_nanos() / AGEING.as_nanos()) {
            (own, 0) => own,
            (Priority::Low, 1) => Priority::Normal,
            _ => Priority::High,
        }
    }
}

// ===== impl Turns =====

impl Turns {
    /// Who is next, of the first of each rank.
    pub fn next(&self, now: Instant, fronts: impl Iterator<Item = Front> + Clone) -> Option<Next> {
        let first = fronts.clone().min_by_key(Front::place)?;
        let class = first.rank.priority();
        let reached = |front: &Front| front.rank.priority() < class && front.class(now) >= class;
        let aged = fronts.filter(reached);
        let aged = aged.min_by_key(|front| {
            let (class, rank) = (front.class(now), front.rank);
            (Reverse(class), rank.sent_before, front.arrival)
        });
        let (front, contest) = match aged {
            Some(aged) if self.gave_way >= GIVES_WAY => (aged, Contest::Aged),
            Some(_) => (first, Contest::Preferred),
            None => (first, Contest::None),
        };
        Some(Next { front, contest })
    }

    /// Who goes first through a gate that was closed: a new call where there is one, because a call that was refused before
    /// has fewer attempts left.
    pub fn probe(fronts: impl Iterator<Item = Front> + Clone) -> Option<Front> {
        let new = fronts.clone().filter(|front| front.rank.is_new());
        let first = new.min_by_key(Front::place);
        first.or_else(|| fronts.min_by_key(Front::place))
    }

    /// The next one went.
    pub fn went(&mut self, next: &Next) {
        match next.contest {
            Contest::None => {}
            Contest::Preferred => self.gave_way += 1,
            Contest::Aged => self.gave_way = 0,
        }
    }
}
