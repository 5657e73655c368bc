//! One line before one limiter: whoever is next goes, and nobody is woken who is not next.
//!
//! Who is next is decided by core ([`steadfast_core::queue`]): the highest priority first, then retries, then those who
//! came first. A layer that makes calls wait brings a [`Limiter`], puts it into a [`WaitQueue`], and joins the line with an
//! [`Ask`] where the limiter does not let it through at once. What is waited for may be anything: cells of a rate, a
//! gate, or a place.
//!
//! A limiter that wakes all who wait has each of them ask again: *n* waiters cost *n(n-1)/2* refusals, in random
//! order. Here a waiter sets its timer for its own turn when it joins, as far as the limiter can tell that turn, so it
//! is polled when it joins and when it goes, and the limiter is asked once or twice for each. Whoever leaves the line
//! wakes the next one only if that one's timer is set for too late.
//!
//! A waiter sets and polls **its own timer only**, in its own future: the runtime that another one's timer belongs to may
//! be gone, and polling that timer would panic. Wakers are code of an executor. They are called, cloned and dropped
//! **outside of the lock**: an executor may poll inside of `wake`.
//!
//! The next in line may be a future that nobody polls. So the one behind it looks a little after the turn of the next
//! one; if that one did not come, it loses its turn. The one behind may be stalled as well: all of a stream's futures
//! are, while nobody asks the stream. So everybody has a timer, for about when its own turn should have come.

mod ask;
#[cfg(test)]
mod tests;
mod waiters;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use steadfast_core::queue::Rank;
use tokio::time::Sleep;

pub(crate) use self::ask::{Again, Ask};
pub(crate) use self::waiters::{Ahead, Waiter};
use self::waiters::{GRACE, Key, NOBODY_LOOKED, Waiters, Wakes, later};
use crate::clock;

/// What lets one through at a time.
pub(crate) trait Limiter {
    /// What whoever went through holds.
    type Pass;

    /// Lets one through, or says when to ask again.
    fn pass(&self, ask: &Ask) -> Result<Self::Pass, Again>;
    /// When one could go through, about; without asking.
    fn next(&self, now: Instant, ask: &Ask) -> Instant;
    /// The same for whoever stands behind these.
    fn outlook(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Instant;
    /// When the last of the others goes, and then this one, if they keep coming in their time. `None` where that depends
    /// on what a server says until then.
    fn turn(&self, _now: Instant, _ask: &Ask, _ahead: Ahead) -> Option<(Instant, Instant)> {
        None
    }
    /// Whether whoever goes next goes first through a gate that was closed: the first new call of the highest priority.
    fn goes_first(&self) -> bool {
        false
    }
    /// The time until which it is closed, if that is too long for this one.
    fn turns_away(&self, _: &Ask) -> Option<Instant> {
        None
    }
}

/// Those who wait, before the limiter.
pub(crate) struct WaitQueue<T> {
    pub(crate) limiter: T,
    waiting: AtomicUsize,
    waiters: Mutex<Waiters>,
}

/// A place in line, given up when it is dropped.
pub(crate) struct Place<T: Limiter> {
    line: Arc<WaitQueue<T>>,
    key: Key,
    timer: Option<Pin<Box<Sleep>>>,
    left: bool,
}

/// What a look at the limiter comes to.
enum Look<P> {
    Leaves(Result<P, Again>),
    /// It is looked at again then.
    Waits(Instant),
}

// ===== impl WaitQueue =====

impl<T: Limiter> WaitQueue<T> {
    pub(crate) fn new(limiter: T) -> Arc<Self> {
        Arc::new(Self {
            limiter,
            waiting: AtomicUsize::new(0),
            waiters: Mutex::default(),
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

    /// Those who go before one with this rank that comes now.
    pub(crate) fn ahead(&self, rank: Rank) -> Ahead {
        match self.is_empty() {
            true => Ahead::default(),
            false => self.waiters().ahead(rank),
        }
    }

    /// Takes the last place of its rank.
    pub(crate) fn join(self: &Arc<Self>, ask: Ask) -> Place<T> {
        let now = clock::now();
        let until = ask.latest.unwrap_or(now);
        let key = self.waiters().join(ask, now, until);
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Place {
            line: Arc::clone(self),
            key,
            timer: None,
            left: false,
        }
    }

    /// Something changed: whoever is next looks again.
    pub(crate) fn stir(&self) {
        if self.is_empty() {
            return;
        }
        let mut wakes = Wakes::default();
        self.prepare_next(&mut self.waiters(), &mut wakes);
        wakes.wake();
    }

    /// The limiter is closed until then: those who cannot wait that long are told so.
    pub(crate) fn turn_away(&self, closed_until: Instant) {
        if self.is_empty() {
            return;
        }
        let mut wakes = Wakes::default();
        self.waiters().turn_away(closed_until, &mut wakes);
        wakes.wake();
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_in(&self, waiters: &Waiters, now: Instant) -> Option<Key> {
        let (next, probe) = (waiters.next(now)?, waiters.probe()?);
        match next != probe && self.limiter.goes_first() {
            true => Some(probe),
            false => Some(next),
        }
    }

    /// Says when it is the turn of the next one, which is woken if its timer does not do that in time.
    fn prepare_next(&self, waiters: &mut Waiters, wakes: &mut Wakes) {
        let now = clock::now();
        let Some(next) = self.next_in(waiters, now) else {
            return;
        };
        if let Some(waiter) = waiters.get(next) {
            let at = self.limiter.next(now, &waiter.ask).max(now);
            waiters.is_next(next, at, now, wakes);
            self.watch(waiters, next, at, wakes);
        }
    }

    /// The one behind the next one looks whether that one came, at its own turn at the latest: else it is woken to set
    /// its timer.
    fn watch(&self, waiters: &mut Waiters, next: Key, due: Instant, wakes: &mut Wakes) {
        let now = clock::now();
        let ahead = Ahead {
            count: 1,
            cost: waiters.get(next).map_or(0, |next| next.ask.cost.into()),
        };
        if let Some(second) = waiters.sleeper(next, due, now) {
            let turn = self.limiter.outlook(now, &second.ask, ahead);
            if second.armed > later(turn.max(due), GRACE * NOBODY_LOOKED) {
                second.wake(wakes);
            }
        }
    }

    /// What it knows is given to the caller, who drops it when the lock is released.
    fn leave(&self, waiters: &mut Waiters, key: Key, wakes: &mut Wakes) -> Option<Waiter> {
        let waiter = waiters.remove(key);
        if waiter.is_some() {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        // Also when it was not next: it may have been the one that looked whether the next one comes.
        self.prepare_next(waiters, wakes);
        waiter
    }

    /// Whoever is next and was not polled in time loses its turn; says who is next then.
    fn next_awake(&self, waiters: &mut Waiters, now: Instant, own: Key) -> Option<Key> {
        loop {
            let next = self.next_in(waiters, now)?;
            let is_late = |times| waiters.overdue(next, times).is_some_and(|at| at <= now);
            if next == own || !is_late(1) {
                return Some(next);
            }
            let nobody_looked = is_late(NOBODY_LOOKED);
            waiters.stall(next);
            if nobody_looked {
                waiters.pass_over(own);
            }
        }
    }

    /// When whoever came last of its rank looks again: at its turn, or when that should have been.
    fn own_time(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Instant {
        match self.limiter.turn(now, ask, ahead) {
            // Where turns are far apart, it looks whether the one before it comes.
            Some((before, own)) if own > later(before, GRACE) && before > now => before,
            Some((_, own)) if own > now => own,
            _ => self.too_late(now, ask, ahead),
        }
    }

    /// When whoever came last of its rank should have been next, with something to spare.
    fn too_late(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Instant {
        let turn = self.limiter.outlook(now, ask, ahead);
        let spare = turn.saturating_duration_since(now) / 4 + GRACE * NOBODY_LOOKED;
        turn.max(now).checked_add(spare).unwrap_or(turn)
    }

    /// Whether it goes, and else when it looks again.
    fn look(&self, waiters: &mut Waiters, key: Key, wakes: &mut Wakes) -> Option<Look<T::Pass>> {
        let now = clock::now();
        waiters.revive(key);
        let ask = waiters.get(key)?.ask;
        let is_late = ask.latest.is_some_and(|latest| latest <= now);
        let next = self.next_awake(waiters, now, key);
        let look = if next == Some(key) || is_late {
            match self.limiter.pass(&ask) {
                Err(Again::At(at)) if !is_late => {
                    let at = ask.latest.map_or(at, |latest| latest.min(at));
                    waiters.told(key, at.max(now));
                    if let Some(waiter) = waiters.get(key) {
                        waiter.armed = at;
                    }
                    self.watch(waiters, key, at.max(now), wakes);
                    Look::Waits(at)
                }
                result => {
                    waiters.goes(key, now);
                    Look::Leaves(result)
                }
            }
        } else {
            match self.limiter.turns_away(&ask) {
                Some(until) => Look::Leaves(Err(Again::Closed(until))),
                None => Look::Waits(self.stays(waiters, key, next?, now, wakes)),
            }
        };
        Some(look)
    }

    /// Others are before it: says when it looks again.
    fn stays(
        &self,
        waiters: &mut Waiters,
        own: Key,
        next: Key,
        now: Instant,
        wakes: &mut Wakes,
    ) -> Instant {
        if waiters.due(next).is_none() {
            // It became next because another one stalled, or because it has aged.
            self.prepare_next(waiters, wakes);
        }
        let late = waiters.overdue(next, 1);
        let watches = late.filter(|_| waiters.second(next, now) == Some(own));
        let ahead = waiters.ahead(own.0);
        let Some(waiter) = waiters.get(own) else {
            return now;
        };
        let own_time = self.own_time(now, &waiter.ask, ahead.without(&waiter.ask));
        let at = watches.map_or(own_time, |late| late.min(own_time).max(now));
        let at = waiter.ask.latest.map_or(at, |latest| latest.min(at));
        waiter.armed = at;
        at
    }
}

// ===== impl Place =====

impl<T: Limiter> Place<T> {
    /// Ready when it went through, or when it cannot within its time.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T::Pass, Again>> {
        // Cloned, dropped and called while the lock is not held.
        let mut waker = Some(cx.waker().clone());
        let mut wakes = Wakes::default();
        let mut waiters = self.line.waiters();
        if let Some(waiter) = waiters.get(self.key) {
            std::mem::swap(&mut waiter.waker, &mut waker);
        }
        let look = self.line.look(&mut waiters, self.key, &mut wakes);
        let gone = matches!(look, Some(Look::Leaves(_)))
            .then(|| self.line.leave(&mut waiters, self.key, &mut wakes));
        drop(waiters);
        drop((waker, gone));
        let poll = match look {
            None => Poll::Pending,
            Some(Look::Leaves(result)) => {
                self.left = true;
                Poll::Ready(result)
            }
            Some(Look::Waits(at)) => {
                self.wait(at, cx);
                Poll::Pending
            }
        };
        wakes.wake();
        poll
    }

    /// Sets its timer. If its time has come meanwhile, it is polled again, and others in between.
    fn wait(&mut self, at: Instant, cx: &mut Context<'_>) {
        // A new one, not the old one set anew: the runtime that polls it now may be another one.
        let sleep = tokio::time::sleep_until(at.into());
        match &mut self.timer {
            Some(timer) => timer.as_mut().set(sleep),
            none => *none = Some(Box::pin(sleep)),
        }
        let timer = self.timer.as_mut().map(|timer| timer.as_mut().poll(cx));
        if timer.is_some_and(|timer| timer.is_ready()) {
            cx.waker().wake_by_ref();
        }
    }
}

impl<T: Limiter> Drop for Place<T> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let mut wakes = Wakes::default();
        let gone = self
            .line
            .leave(&mut self.line.waiters(), self.key, &mut wakes);
        drop(gone);
        wakes.wake();
    }
}
