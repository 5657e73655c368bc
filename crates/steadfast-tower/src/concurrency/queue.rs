//! Those who wait, first come, first served. None of it runs code of others: wakers are given to the caller, who calls or
//! drops them when its lock is released.
//!
//! Whoever is next is chosen when a permit comes back, and holds it from then on. So nobody who comes later can take it,
//! and one that goes away before it was polled gives it to the next one.

use std::collections::BTreeMap;
use std::task::Waker;

use super::permits::Start;

/// Those who wait, and those whose turn it is.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Key, Option<Waker>>,
    chosen: BTreeMap<Key, Start>,
    last: Key,
}

/// Who came when.
pub(super) type Key = u64;

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
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the last place.
    pub(super) fn join(&mut self) -> Key {
        self.last += 1;
        self.waiting.insert(self.last, None);
        self.last
    }

    /// It is the turn of the first one. Says whom to wake.
    pub(super) fn choose(&mut self, start: Start) -> Option<Waker> {
        let (key, waker) = self.waiting.pop_first()?;
        self.chosen.insert(key, start);
        waker
    }

    /// Whether it is its turn.
    pub(super) fn is_chosen(&mut self, key: Key) -> Option<Start> {
        self.chosen.remove(&key)
    }

    /// Whom to wake when it is. What was there before is given back.
    pub(super) fn woken_by(&mut self, key: Key, waker: Waker) -> Option<Waker> {
        match self.waiting.get_mut(&key) {
            Some(place) => place.replace(waker),
            None => Some(waker),
        }
    }

    /// It goes.
    pub(super) fn leave(&mut self, key: Key) -> Left {
        Left {
            is_chosen: self.chosen.remove(&key).is_some(),
            _waker: self.waiting.remove(&key).flatten(),
        }
    }
}
