//! Those who wait, in order, and what is known of each. None of it runs code of others.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::{Duration, Instant};

use steadfast_core::queue::{Front, Rank, Turns};

use super::Ask;

/// How much later than its time the next in line may come before it loses its turn.
pub(super) const GRACE: Duration = Duration::from_millis(50);
/// After this many times that delay, those behind the next in line are stalled, too.
pub(super) const NOBODY_LOOKED: u32 = 3;
/// What a timer is late by anyway.
const TICK: Duration = Duration::from_millis(1);

/// Its queue, and its place there.
pub(super) type Key = (Rank, u64);

/// Wakers to call once the lock is released.
#[derive(Default)]
#[must_use = "whoever is woken waits for it"]
pub(super) struct Wakes(Vec<Waker>);

/// Those who wait: a queue per rank, each in the order of arrival.
#[derive(Default)]
pub(super) struct Waiters {
    /// None of them is empty.
    queues: BTreeMap<Rank, Queue>,
    turns: Turns,
    /// Who is next and when, as that one was told.
    told: Option<(Key, Instant)>,
    last: u64,
}

/// Those who wait with one rank.
#[derive(Default)]
struct Queue {
    ready: BTreeMap<u64, Waiter>,
    /// Their turn came, and nobody polled them.
    stalled: BTreeMap<u64, Waiter>,
    /// What all of them cost.
    cost: u64,
}

pub(crate) struct Waiter {
    pub(super) ask: Ask,
    joined: Instant,
    /// Taken by whoever wakes it, until it is polled again.
    pub(super) waker: Option<Waker>,
    /// When its timer wakes it, which it sets itself.
    pub(super) armed: Instant,
}

/// Those who go before others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ahead {
    pub(crate) count: usize,
    /// What they cost in all.
    pub(crate) cost: u64,
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
    /// Takes the last place of its rank.
    pub(super) fn join(&mut self, ask: Ask, now: Instant, armed: Instant) -> Key {
        self.last += 1;
        let queue = self.queues.entry(ask.rank).or_default();
        queue.cost += u64::from(ask.cost);
        let waiter = Waiter {
            ask,
            joined: now,
            waker: None,
            armed,
        };
        queue.ready.insert(self.last, waiter);
        (ask.rank, self.last)
    }

    pub(super) fn remove(&mut self, (rank, place): Key) -> Option<Waiter> {
        let queue = self.queues.get_mut(&rank)?;
        let waiter = queue.ready.remove(&place);
        let waiter = waiter.or_else(|| queue.stalled.remove(&place));
        if let Some(waiter) = &waiter {
            queue.cost -= u64::from(waiter.ask.cost);
        }
        if queue.len() == 0 {
            self.queues.remove(&rank);
        }
        waiter
    }

    pub(super) fn get(&mut self, (rank, place): Key) -> Option<&mut Waiter> {
        let Queue { ready, stalled, .. } = self.queues.get_mut(&rank)?;
        ready.get_mut(&place).or_else(|| stalled.get_mut(&place))
    }

    /// Those who go before one with this rank that comes now, as long as none of a lower rank has aged.
    pub(super) fn ahead(&self, rank: Rank) -> Ahead {
        let queues = self.queues.range(..=rank);
        queues.fold(Ahead::default(), |ahead, (_, queue)| Ahead {
            count: ahead.count + queue.len(),
            cost: ahead.cost + queue.cost,
        })
    }

    /// Whose turn comes next.
    pub(super) fn next(&self, now: Instant) -> Option<Key> {
        let next = self.turns.next(now, self.fronts(None));
        next.map(|next| next.front.place())
    }

    /// Who goes first through a gate that was closed.
    pub(super) fn probe(&self) -> Option<Key> {
        let probe = Turns::probe(self.fronts(None));
        probe.map(|front| front.place())
    }

    /// Whose turn comes after that of the next one.
    pub(super) fn second(&self, next: Key, now: Instant) -> Option<Key> {
        let second = self.turns.next(now, self.fronts(Some(next)));
        second.map(|second| second.front.place())
    }

    /// This one goes.
    pub(super) fn goes(&mut self, key: Key, now: Instant) {
        let next = self.turns.next(now, self.fronts(None));
        if let Some(next) = next.filter(|next| next.front.place() == key) {
            self.turns.went(&next);
        }
    }

    /// The first of each queue whose turn may come.
    fn fronts(&self, without: Option<Key>) -> impl Iterator<Item = Front> + Clone {
        self.queues.iter().filter_map(move |(rank, queue)| {
            let mut ready = queue.ready.iter();
            let (arrival, waiter) =
                ready.find(|(arrival, _)| without != Some((*rank, **arrival)))?;
            Some(Front {
                rank: *rank,
                arrival: *arrival,
                since: waiter.joined,
            })
        })
    }

    /// Its turn came, and nobody polled it.
    pub(super) fn stall(&mut self, (rank, place): Key) {
        if let Some(queue) = self.queues.get_mut(&rank) {
            let stalled = queue.ready.remove(&place);
            queue.stalled.extend(stalled.map(|waiter| (place, waiter)));
        }
    }

    /// It is polled: it has its place again.
    pub(super) fn revive(&mut self, (rank, place): Key) {
        if let Some(queue) = self.queues.get_mut(&rank) {
            if let Some(waiter) = queue.stalled.remove(&place) {
                queue.ready.insert(place, waiter);
            }
        }
    }

    /// Nobody before this one came: each of them that is polled after all has its place again.
    pub(super) fn pass_over(&mut self, (own, place): Key) {
        for (rank, queue) in self.queues.range_mut(..=own) {
            let later = match *rank == own {
                true => queue.ready.split_off(&place),
                false => BTreeMap::new(),
            };
            let mut before = std::mem::replace(&mut queue.ready, later);
            queue.stalled.append(&mut before);
        }
    }

    /// When it is the turn of the next one, if that one was told.
    pub(super) fn due(&self, next: Key) -> Option<Instant> {
        let told = self.told.filter(|(key, _)| *key == next);
        told.map(|(_, due)| due)
    }

    /// When the next one loses its turn, if so much more than its time has passed.
    pub(super) fn overdue(&self, next: Key, times: u32) -> Option<Instant> {
        self.due(next)
            .and_then(|due| due.checked_add(GRACE * times))
    }

    /// The next one knows its turn.
    pub(super) fn told(&mut self, next: Key, due: Instant) {
        self.told = Some((next, due));
    }

    /// It is next, and its turn is then.
    pub(super) fn is_next(&mut self, next: Key, at: Instant, now: Instant, wakes: &mut Wakes) {
        self.told(next, at);
        if let Some(waiter) = self.get(next) {
            if at <= now || waiter.armed > later(at, TICK) {
                waiter.wake(wakes);
            }
        }
    }

    /// The one behind the next one, if its timer makes it wait for more than twice as long as it waits anyway.
    pub(super) fn sleeper(&mut self, next: Key, due: Instant, now: Instant) -> Option<&mut Waiter> {
        let second = self.second(next, now)?;
        let second = self.get(second)?;
        let waits = due.saturating_duration_since(second.joined);
        let at = later(due, waits + GRACE * NOBODY_LOOKED);
        (second.armed > at).then_some(second)
    }

    /// Wakes those who cannot wait until then.
    pub(super) fn turn_away(&mut self, closed_until: Instant, wakes: &mut Wakes) {
        let queues = self.queues.values_mut();
        let waiters =
            queues.flat_map(|queue| queue.ready.values_mut().chain(queue.stalled.values_mut()));
        for waiter in waiters {
            let latest = waiter.ask.latest_opening;
            if latest.is_some_and(|latest| latest < closed_until) {
                waiter.wake(wakes);
            }
        }
    }
}

// ===== impl Queue =====

impl Queue {
    fn len(&self) -> usize {
        self.ready.len() + self.stalled.len()
    }
}

// ===== impl Waiter =====

impl Waiter {
    pub(super) fn wake(&mut self, wakes: &mut Wakes) {
        wakes.0.extend(self.waker.take());
    }
}

// ===== impl Ahead =====

impl Ahead {
    /// The same without one of them.
    pub(super) fn without(self, ask: &Ask) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            cost: self.cost.saturating_sub(ask.cost.into()),
        }
    }
}

pub(super) fn later(at: Instant, time: Duration) -> Instant {
    at.checked_add(time).unwrap_or(at)
}
