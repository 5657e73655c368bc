//! One line before one turnstile: first come, first served, and nobody is woken who is not next.
//!
//! A limiter that wakes all who wait has each of them ask again: *n* waiters cost *n(n-1)/2* refusals, in random
//! order. Here whoever leaves the line sets the timer of the next one, in that one's own future, so a waiter is polled
//! when it joins and when it goes, and the limiter is asked once or twice for each.
//!
//! The next in line may be a future that nobody polls. So the one behind it has a timer, too, a little later; if that
//! fires, the stalled one loses its turn. That one may be stalled as well: all of a stream's futures are, while nobody
//! asks the stream. So everybody has a timer, for about when its own turn should have come.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::clock;

/// How much later than its time the next in line may come before it loses its turn.
const GRACE: Duration = Duration::from_millis(50);
/// After how much of it nobody can have looked after the next in line, and those in between are stalled, too.
const NOBODY_LOOKED: u32 = 3;

/// What lets one through at a time.
pub(crate) trait Turnstile {
    /// What whoever went through holds.
    type Pass;

    /// Lets one through, or says when to ask again.
    fn pass(&self, ask: &Ask) -> Result<Self::Pass, Again>;
    /// When one could go through, about; without asking.
    fn next(&self, now: Instant, ask: &Ask) -> Instant;
    /// The same for whoever stands behind so many others, who cost so much in all.
    fn outlook(&self, now: Instant, ask: &Ask, others: usize, ahead: u64) -> Instant;
    /// Whether those who were refused before should stay behind for now.
    fn prefers_fresh(&self) -> bool {
        false
    }
    /// The time until which it is closed, if that is too long for this one.
    fn turns_away(&self, _: &Ask) -> Option<Instant> {
        None
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) cost: u32,
    /// How often its call was sent before.
    pub(crate) sent_before: u32,
    /// No other attempt can follow this one.
    pub(crate) is_last: bool,
    /// The longest that it may wait for its turn.
    pub(crate) latest: Option<Instant>,
    /// A turn that is further away than this is no turn: it goes at once if it may.
    pub(crate) patience: Duration,
    /// Whether it heeds what a server closed, and a pace.
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

/// Those who wait, before the turnstile.
pub(crate) struct Line<T> {
    pub(crate) turnstile: T,
    waiting: AtomicUsize,
    /// What those who wait cost in all.
    ahead: AtomicU64,
    places: Mutex<Places>,
}

/// Those sent before come first, then those who came first.
type Key = (u32, u64);

/// The class of those that were not sent before.
const FRESH: u32 = u32::MAX;

#[derive(Default)]
struct Places {
    waiters: BTreeMap<Key, Waiter>,
    last: u64,
}

pub(super) struct Waiter {
    ask: Ask,
    waker: Option<Waker>,
    timer: Pin<Box<Sleep>>,
    /// When it is its turn, once it is next.
    due: Option<Instant>,
    /// Its turn came, and nobody polled it.
    stalled: bool,
}

/// A place in line, given up when it is dropped.
pub(crate) struct Place<T: Turnstile> {
    line: Arc<Line<T>>,
    key: Key,
    left: bool,
}

// ===== impl Line =====

impl<T: Turnstile> Line<T> {
    pub(crate) fn new(turnstile: T) -> Arc<Self> {
        Arc::new(Self {
            turnstile,
            waiting: AtomicUsize::new(0),
            ahead: AtomicU64::new(0),
            places: Mutex::default(),
        })
    }

    /// Whether somebody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// What those who wait cost in all.
    pub(crate) fn ahead(&self) -> u64 {
        self.ahead.load(Ordering::Acquire)
    }

    /// Takes the last place of its class.
    pub(crate) fn join(self: &Arc<Self>, ask: Ask) -> Place<T> {
        let mut places = self.places();
        places.last += 1;
        let key = (FRESH - ask.sent_before, places.last);
        let until = ask.latest.unwrap_or_else(clock::now);
        let waiter = Waiter {
            ask,
            waker: None,
            timer: Box::pin(tokio::time::sleep_until(until.into())),
            due: None,
            stalled: false,
        };
        places.waiters.insert(key, waiter);
        drop(places);
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.ahead.fetch_add(u64::from(ask.cost), Ordering::AcqRel);
        let (line, left) = (Arc::clone(self), false);
        Place { line, key, left }
    }

    /// Something changed: whoever is next looks again.
    pub(crate) fn stir(&self) {
        if self.is_empty() {
            return;
        }
        self.prepare_next(&mut self.places());
    }

    /// The turnstile is closed until then: those who cannot wait that long are told so.
    pub(crate) fn turn_away(&self, closed_until: Instant) {
        if self.is_empty() {
            return;
        }
        for waiter in self.places().waiters.values_mut() {
            let latest = waiter.ask.latest_opening;
            if latest.is_some_and(|latest| latest < closed_until) {
                waiter.wake();
            }
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_in(&self, places: &Places) -> Option<Key> {
        let mut ready = places.ready();
        let first = ready.next()?;
        let fresh = |key: &Key| key.0 == FRESH;
        if !fresh(&first) && self.turnstile.prefers_fresh() {
            return ready.find(fresh).or(Some(first));
        }
        Some(first)
    }

    /// Sets the timers of the next one and of the one behind it.
    fn prepare_next(&self, places: &mut Places) {
        let Some(next) = self.next_in(places) else {
            return;
        };
        let now = clock::now();
        if let Some(waiter) = places.waiter(next) {
            let at = self.turnstile.next(now, &waiter.ask);
            waiter.set(at, now);
            places.watch_second(next, at.max(now));
        }
    }

    fn leave(&self, places: &mut Places, key: Key) {
        if let Some(waiter) = places.waiters.remove(&key) {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            let cost = u64::from(waiter.ask.cost);
            self.ahead.fetch_sub(cost, Ordering::AcqRel);
        }
    }

    /// Whoever is next and was not polled in time loses its turn; says who is next then.
    fn next_awake(&self, places: &mut Places, now: Instant, own: Key) -> Option<Key> {
        loop {
            let next = self.next_in(places)?;
            let waiter = places.waiter(next)?;
            let late = waiter.due.and_then(|due| due.checked_add(GRACE));
            if next == own || late.is_none_or(|late| late > now) {
                return Some(next);
            }
            waiter.stalled = true;
            let alone = waiter
                .due
                .and_then(|due| due.checked_add(GRACE * NOBODY_LOOKED));
            if alone.is_some_and(|at| at <= now) {
                // Whoever of them is polled after all has its place again.
                let before = places.waiters.range_mut(..own);
                before.for_each(|(_, waiter)| waiter.stalled = true);
            }
        }
    }

    /// When whoever stands behind all others should have been next, with something to spare.
    fn too_late(&self, now: Instant, ask: &Ask) -> Instant {
        let others = self.len().saturating_sub(1);
        let ahead = self.ahead().saturating_sub(ask.cost.into());
        let turn = self.turnstile.outlook(now, ask, others, ahead);
        let spare = turn.saturating_duration_since(now) / 4 + GRACE * NOBODY_LOOKED;
        turn.max(now).checked_add(spare).unwrap_or(turn)
    }
}

// ===== impl Places =====

impl Places {
    fn waiter(&mut self, key: Key) -> Option<&mut Waiter> {
        self.waiters.get_mut(&key)
    }

    /// Those whose turn may come, in order.
    fn ready(&self) -> impl Iterator<Item = Key> {
        let ready = self.waiters.iter().filter(|(_, waiter)| !waiter.stalled);
        ready.map(|(key, _)| *key)
    }

    /// The one behind the next one looks whether that one came.
    fn watch_second(&mut self, next: Key, due: Instant) {
        let second = self.ready().find(|key| *key != next);
        let late = due.checked_add(GRACE);
        if let (Some(second), Some(late)) = (second.and_then(|key| self.waiter(key)), late) {
            second.due = None;
            second.arm(late);
        }
    }
}

// ===== impl Waiter =====

impl Waiter {
    fn wake(&mut self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// It is next, and its turn is then.
    fn set(&mut self, at: Instant, now: Instant) {
        self.due = Some(at.max(now));
        match at <= now {
            true => self.wake(),
            false => self.arm(at),
        }
    }

    /// Sets its timer, in its own name.
    fn arm(&mut self, at: Instant) {
        let at = self.ask.latest.map_or(at, |latest| latest.min(at));
        self.timer.as_mut().reset(at.into());
        if let Some(waker) = &self.waker {
            let mut cx = Context::from_waker(waker);
            if self.timer.as_mut().poll(&mut cx).is_ready() {
                waker.wake_by_ref();
            }
        }
    }

    fn remember(&mut self, cx: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }
}

// ===== impl Place =====

impl<T: Turnstile> Place<T> {
    /// Ready when it went through, or when it cannot within its time.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<T::Pass, Again>> {
        let line = &*self.line;
        let mut places = line.places();
        let now = clock::now();
        let Some(waiter) = places.waiter(self.key) else {
            return Poll::Pending;
        };
        waiter.remember(cx);
        waiter.stalled = false;
        let ask = waiter.ask;
        let is_late = ask.latest.is_some_and(|latest| latest <= now);
        let next = line.next_awake(&mut places, now, self.key);
        let result = if next == Some(self.key) || is_late {
            match line.turnstile.pass(&ask) {
                Err(Again::At(at)) if !is_late => return self.wait(&mut places, at, now),
                result => result,
            }
        } else {
            match line.turnstile.turns_away(&ask) {
                Some(until) => Err(Again::Closed(until)),
                None => return self.stay(&mut places, next, now),
            }
        };
        line.leave(&mut places, self.key);
        line.prepare_next(&mut places);
        drop(places);
        self.left = true;
        Poll::Ready(result)
    }

    /// It is next, and its turn is then.
    fn wait<R>(&self, places: &mut Places, at: Instant, now: Instant) -> Poll<R> {
        if let Some(waiter) = places.waiter(self.key) {
            waiter.set(at, now);
        }
        places.watch_second(self.key, at.max(now));
        Poll::Pending
    }

    /// Others are before it.
    fn stay<R>(&self, places: &mut Places, next: Option<Key>, now: Instant) -> Poll<R> {
        let due = |places: &mut Places| next.and_then(|next| places.waiter(next)?.due);
        if due(places).is_none() {
            // It became next because another one stalled.
            self.line.prepare_next(places);
        }
        let due = due(places).and_then(|due| due.checked_add(GRACE));
        let second = places.ready().find(|key| Some(*key) != next);
        if let Some(waiter) = places.waiter(self.key) {
            let watches = due.filter(|_| second == Some(self.key));
            let at = watches.unwrap_or_else(|| self.line.too_late(now, &waiter.ask));
            waiter.arm(at);
        }
        Poll::Pending
    }
}

impl<T: Turnstile> Drop for Place<T> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let mut places = self.line.places();
        self.line.leave(&mut places, self.key);
        // Also when it was not next: it may have been the one that looked whether the next one comes.
        self.line.prepare_next(&mut places);
    }
}
