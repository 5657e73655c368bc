//! Those who wait, in order, and what is known of each. None of it runs code of others.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Ask;

/// How much later than its time the next in line may come before it loses its turn.
pub(super) const GRACE: Duration = Duration::from_millis(50);
/// After this many times that delay, those behind the next in line are stalled, too.
pub(super) const NOBODY_LOOKED: u32 = 3;
/// What a timer is late by anyway.
const TICK: Duration = Duration::from_millis(1);

/// Those sent before come first, then those who came first.
pub(super) type Key = (u32, u64);

/// The class of those that were not sent before.
pub(super) const FRESH: u32 = u32::MAX;

/// Wakers to call once the lock is released.
#[derive(Default)]
#[must_use = "whoever is woken waits for it"]
pub(super) struct Wakes(Vec<Waker>);

#[derive(Default)]
pub(super) struct Waiters {
    by_key: BTreeMap<Key, Waiter>,
    last: u64,
}

pub(crate) struct Waiter {
    pub(super) ask: Ask,
    joined: Instant,
    /// Taken by whoever wakes it, until it is polled again.
    pub(super) waker: Option<Waker>,
    /// When its timer wakes it, which it sets itself.
    pub(super) armed: Instant,
    /// When it is its turn, once it is next.
    pub(super) due: Option<Instant>,
    /// Its turn came, and nobody polled it.
    pub(super) stalled: bool,
}

// ===== impl Wakes =====

impl Wakes {
    /// Calls them. No lock may be held.
    pub(super) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}

// ===== impl Waiters =====

impl Waiters {
    /// Takes the last place of its class.
    pub(super) fn join(&mut self, ask: Ask, now: Instant, armed: Instant) -> Key {
        self.last += 1;
        let key = (FRESH - ask.sent_before, self.last);
        let waiter = Waiter {
            ask,
            joined: now,
            waker: None,
            armed,
            due: None,
            stalled: false,
        };
        self.by_key.insert(key, waiter);
        key
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Waiter> {
        self.by_key.remove(&key)
    }

    pub(super) fn get(&mut self, key: Key) -> Option<&mut Waiter> {
        self.by_key.get_mut(&key)
    }

    /// Those whose turn may come, in order.
    pub(super) fn ready(&self) -> impl Iterator<Item = Key> {
        let ready = self.by_key.iter().filter(|(_, waiter)| !waiter.stalled);
        ready.map(|(key, _)| *key)
    }

    pub(super) fn second(&self, next: Key) -> Option<Key> {
        self.ready().find(|key| *key != next)
    }

    /// Nobody before this one came: each of them that is polled after all has its place again.
    pub(super) fn pass_over(&mut self, own: Key) {
        let before = self.by_key.range_mut(..own);
        before.for_each(|(_, waiter)| waiter.stalled = true);
    }

    /// It is next, and its turn is then.
    pub(super) fn is_next(&mut self, next: Key, at: Instant, now: Instant, wakes: &mut Wakes) {
        if let Some(waiter) = self.get(next) {
            waiter.due = Some(at);
            if at <= now || waiter.armed > later(at, TICK) {
                waiter.wake(wakes);
            }
        }
    }

    /// The one behind the next one, if its timer makes it wait for more than twice as long as it waits anyway.
    pub(super) fn sleeper(&mut self, next: Key, due: Instant) -> Option<&mut Waiter> {
        let second = self.second(next)?;
        let second = self.get(second)?;
        second.due = None;
        let waits = due.saturating_duration_since(second.joined);
        let at = later(due, waits + GRACE * NOBODY_LOOKED);
        (second.armed > at).then_some(second)
    }

    /// Wakes those who cannot wait until then.
    pub(super) fn turn_away(&mut self, closed_until: Instant, wakes: &mut Wakes) {
        for waiter in self.by_key.values_mut() {
            let latest = waiter.ask.latest_opening;
            if latest.is_some_and(|latest| latest < closed_until) {
                waiter.wake(wakes);
            }
        }
    }
}

// ===== impl Waiter =====

impl Waiter {
    pub(super) fn wake(&mut self, wakes: &mut Wakes) {
        wakes.0.extend(self.waker.take());
    }

    /// When it lost its turn, if so much more than its time has passed.
    pub(super) fn overdue(&self, times: u32) -> Option<Instant> {
        self.due.and_then(|due| due.checked_add(GRACE * times))
    }
}

pub(super) fn later(at: Instant, time: Duration) -> Instant {
    at.checked_add(time).unwrap_or(at)
}
