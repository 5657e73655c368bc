//! Those who wait: core's [`queue`](steadfast_core::queue) decides who is next. None of it runs code of others: wakers are
//! given to the caller, who calls or drops them when its lock is released.
//!
//! Whoever is next is chosen when a permit comes back, and holds it from then on. So nobody who comes later can take it,
//! and one that goes away before it was polled gives it to the next one.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

use steadfast_core::queue::{Front, Rank, Turns};

use super::start::Start;

/// Those who wait, and those whose turn it is.
#[derive(Default)]
pub(super) struct Queue {
    /// A queue per rank, in the order of arrival. None of them is empty.
    waiting: BTreeMap<Rank, BTreeMap<u64, Waiter>>,
    len: usize,
    turns: Turns,
    chosen: BTreeMap<Key, Start>,
    last: u64,
}

/// Its queue, and who came when.
pub(super) type Key = (Rank, u64);

struct Waiter {
    since: Instant,
    waker: Option<Waker>,
}

/// What a place had that was given up.
#[derive(Default)]
pub(super) struct Left {
    /// It was its turn: it had a permit.
    pub(super) is_chosen: bool,
    /// For the caller to drop.
    pub(super) _waker: Option<Waker>,
}

// ===== impl Queue =====

impl Queue {
    /// How many wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How many go before one with this rank that comes now, as long as none of a lower rank has aged.
    pub(super) fn ahead(&self, rank: Rank) -> usize {
        self.waiting
            .range(..=rank)
            .map(|(_, queue)| queue.len())
            .sum()
    }

    /// Takes the last place of its rank.
    pub(super) fn join(&mut self, rank: Rank, now: Instant) -> Key {
        self.last += 1;
        self.len += 1;
        let waiter = Waiter {
            since: now,
            waker: None,
        };
        self.waiting
            .entry(rank)
            .or_default()
            .insert(self.last, waiter);
        (rank, self.last)
    }

    /// It is the turn of the next one. Says whom to wake.
    pub(super) fn choose(&mut self, now: Instant, start: Start) -> Option<Waker> {
        let fronts = self.waiting.iter().filter_map(|(rank, queue)| {
            let (arrival, waiter) = queue.first_key_value()?;
            Some(Front {
                rank: *rank,
                arrival: *arrival,
                since: waiter.since,
            })
        });
        let next = self.turns.next(now, fronts)?;
        self.turns.went(&next);
        let key = next.front.place();
        self.chosen.insert(key, start);
        self.remove(key)?.waker
    }

    /// Whether it is its turn.
    pub(super) fn is_chosen(&mut self, key: Key) -> Option<Start> {
        self.chosen.remove(&key)
    }

    /// Whom to wake when it is. Returns the waker that this one replaces.
    pub(super) fn woken_by(&mut self, (rank, arrival): Key, waker: Waker) -> Option<Waker> {
        let queue = self.waiting.get_mut(&rank);
        match queue.and_then(|queue| queue.get_mut(&arrival)) {
            Some(waiter) => waiter.waker.replace(waker),
            None => Some(waker),
        }
    }

    /// It goes.
    pub(super) fn leave(&mut self, key: Key) -> Left {
        Left {
            is_chosen: self.chosen.remove(&key).is_some(),
            _waker: self.remove(key).and_then(|waiter| waiter.waker),
        }
    }

    fn remove(&mut self, (rank, arrival): Key) -> Option<Waiter> {
        let queue = self.waiting.get_mut(&rank)?;
        let waiter = queue.remove(&arrival)?;
        if queue.is_empty() {
            self.waiting.remove(&rank);
        }
        self.len -= 1;
        Some(waiter)
    }
}
