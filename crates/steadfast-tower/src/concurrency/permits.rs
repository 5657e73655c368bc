//! The permits of one scope, and what holds one.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use steadfast_core::concurrency::{Adaptive, Answer, Sample};
use steadfast_core::queue::Rank;
use steadfast_core::{Concurrency, ConcurrencyLimit, Outcome, Refusal};

use super::ConcurrencyView;
use super::queue::{Key, Left, Queue};
use super::start::Start;
use crate::clock;

/// The permits of one scope.
pub(crate) struct Permits {
    concurrency: Concurrency,
    state: Mutex<State>,
}

struct State {
    limit: Limit,
    in_flight: u32,
    unread: u32,
    queue: Queue,
}

enum Limit {
    Fixed(u32),
    Adaptive(Box<Adaptive>),
}

/// One permit, given back when it is released or dropped.
pub(crate) struct Permit {
    permits: Arc<Permits>,
    start: Start,
    /// Where the limit is adaptive.
    started: Option<Instant>,
    stage: AtomicU8,
}

// The stages of a permit.
const HELD: u8 = 0;
const UNREAD: u8 = 1;
const RELEASED: u8 = 2;

/// A place in line, given up when it is dropped.
pub(super) struct Place {
    permits: Arc<Permits>,
    key: Key,
    left: bool,
}

/// What a body holds until it ends.
pub(crate) struct InBody(Arc<Permit>);

/// What comes of asking for a permit.
pub(super) enum Taken {
    Permit(Permit),
    Place(Place),
}

// ===== impl Permits =====

impl Permits {
    pub(crate) fn new(concurrency: Concurrency) -> Arc<Self> {
        let limit = match concurrency.limit {
            ConcurrencyLimit::Fixed(attempts) => Limit::Fixed(attempts),
            limit => Limit::Adaptive(Box::new(Adaptive::new(limit))),
        };
        Arc::new(Self {
            concurrency,
            state: Mutex::new(State {
                limit,
                in_flight: 0,
                unread: 0,
                queue: Queue::default(),
            }),
        })
    }

    /// The longest wait, where the user says one.
    pub(super) const fn max_wait(&self) -> Option<Duration> {
        self.concurrency.max_wait
    }

    /// A permit, or the last place of this rank.
    pub(super) fn take(self: &Arc<Self>, rank: Rank) -> Result<Taken, Refusal> {
        let mut state = self.lock();
        if state.queue.len() == 0 && state.has_room() {
            let start = state.start();
            drop(state);
            return Ok(Taken::Permit(Permit::new(Arc::clone(self), start)));
        }
        if let Some(queue) = self.concurrency.max_queue {
            if state.queue.ahead(rank) >= queue {
                let limit = state.limit.get();
                return Err(Refusal::QueueFull { limit, queue });
            }
        }
        let key = state.queue.join(rank, clock::now());
        drop(state);
        Ok(Taken::Place(Place {
            permits: Arc::clone(self),
            key,
            left: false,
        }))
    }

    pub(crate) fn view(&self) -> ConcurrencyView {
        let state = self.lock();
        ConcurrencyView {
            limit: state.limit.get(),
            is_adaptive: self.concurrency.is_adaptive(),
            in_flight: state.in_flight,
            unread: state.unread,
            waiting: state.queue.len(),
        }
    }

    /// Changes something, and lets go whoever may go then.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let wakers = state.let_go();
        drop(state);
        // Wakers are code of an executor, which may poll inside of `wake`.
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

// ===== impl State =====

impl State {
    const fn has_room(&self) -> bool {
        self.in_flight < self.limit.get()
    }

    fn start(&mut self) -> Start {
        self.in_flight += 1;
        Start {
            epoch: self.limit.epoch(),
            in_flight: self.in_flight,
        }
    }

    /// Lets go those who may.
    fn let_go(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if self.queue.len() == 0 {
            return wakers;
        }
        let now = clock::now();
        while self.queue.len() > 0 && self.has_room() {
            let start = self.start();
            wakers.extend(self.queue.choose(now, start));
        }
        wakers
    }
}

// ===== impl Limit =====

impl Limit {
    const fn get(&self) -> u32 {
        match self {
            Self::Fixed(attempts) => *attempts,
            Self::Adaptive(adaptive) => adaptive.limit(),
        }
    }

    const fn epoch(&self) -> u32 {
        match self {
            Self::Fixed(_) => 0,
            Self::Adaptive(adaptive) => adaptive.epoch(),
        }
    }
}

// ===== impl Permit =====

impl Permit {
    fn new(permits: Arc<Permits>, start: Start) -> Self {
        let adaptive = permits.concurrency.is_adaptive();
        Self {
            started: adaptive.then(clock::now),
            permits,
            start,
            stage: AtomicU8::new(HELD),
        }
    }

    /// The attempt was answered.
    pub(super) fn hear(&self, outcome: Outcome) {
        let Some(started) = self.started else {
            return;
        };
        let sample = Sample::new(
            self.start.epoch,
            self.start.in_flight,
            clock::now().saturating_duration_since(started),
            Answer::of(outcome),
        );
        self.permits.change(|state| {
            if let Limit::Adaptive(adaptive) = &mut state.limit {
                adaptive.hear(&sample);
            }
        });
    }

    /// It is held by a body from now on.
    pub(super) fn into_body(self) -> (Arc<Self>, InBody) {
        self.stage.store(UNREAD, Ordering::Relaxed);
        self.permits.lock().unread += 1;
        let permit = Arc::new(self);
        (Arc::clone(&permit), InBody(permit))
    }

    /// Gives it back; a second time nothing happens.
    pub(crate) fn release(&self) {
        let stage = self.stage.swap(RELEASED, Ordering::Relaxed);
        if stage != RELEASED {
            self.permits.change(|state| {
                state.in_flight -= 1;
                state.unread -= u32::from(stage == UNREAD);
            });
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl Drop for InBody {
    fn drop(&mut self) {
        self.0.release();
    }
}

// ===== impl Place =====

impl Place {
    /// Ready when it is its turn.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Permit> {
        // Cloned and dropped while the lock is not held.
        let waker = cx.waker().clone();
        let mut state = self.permits.lock();
        if let Some(start) = state.queue.is_chosen(self.key) {
            drop(state);
            self.left = true;
            return Poll::Ready(Permit::new(Arc::clone(&self.permits), start));
        }
        let before = state.queue.woken_by(self.key, waker);
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// It waited long enough.
    pub(super) fn refused(&self, waited: Duration) -> Refusal {
        let view = self.permits.view();
        Refusal::ConcurrencyLimited {
            limit: view.limit,
            unread: view.unread,
            waited,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        // Its waker is dropped while the lock is not held.
        let mut left = Left::default();
        self.permits.change(|state| {
            left = state.queue.leave(self.key);
            state.in_flight -= u32::from(left.is_chosen);
        });
    }
}
