//! The queue before a rate.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use steadfast_core::PreparedRate;
use tokio::sync::Semaphore;

use crate::clock;
use crate::fault::Limit;

/// How much later than expected one's turn may come before one asks out of turn.
const GRACE: Duration = Duration::from_millis(50);

/// One rate with those who wait for it.
pub(crate) struct Queue {
    limiter: RateLimiter<NotKeyed, State, TokioClock, NoOpMiddleware<Instant>>,
    state: State,
    started: Instant,
    interval: Duration,
    tolerance: Duration,
    max_wait: Option<Duration>,
    /// Whose turn it is to ask; tokio's semaphore is first come, first served.
    turn: Semaphore,
    waiting: AtomicUsize,
    #[cfg(test)]
    pub(crate) checks: AtomicUsize,
}

/// What whoever comes to the queue is told.
pub(crate) enum Entry {
    /// Go: a cell is taken.
    Admitted(Cell),
    /// Wait for this.
    Wait(Turn),
    /// Too long.
    Refused(Limit),
}

/// The turn of one waiter.
pub(crate) type Turn = Pin<Box<dyn Future<Output = Cell> + Send>>;

/// A cell taken from the rate: given back unless the request is sent.
pub(crate) struct Cell(Option<Arc<Queue>>);

/// A place in the queue, given back when the waiter is served or gone.
struct Place(Arc<Queue>);

/// Where governor keeps the theoretical arrival time, in nanoseconds since the start; 0 is none.
#[derive(Clone, Default)]
struct State(Arc<AtomicU64>);

#[derive(Clone, Copy)]
struct TokioClock;

// ===== impl Queue =====

impl Queue {
    pub(crate) fn new(rate: PreparedRate, max_wait: Option<Duration>) -> Arc<Self> {
        let state = State::default();
        // Infallible: a prepared rate's interval is not zero; one per second would be the answer if it were.
        let quota = Quota::with_period(rate.interval())
            .unwrap_or_else(|| Quota::per_second(rate.burst()))
            .allow_burst(rate.burst());
        Arc::new(Self {
            limiter: RateLimiter::new(quota, state.clone(), TokioClock),
            state,
            started: clock::now(),
            interval: rate.interval(),
            tolerance: rate.interval().saturating_mul(rate.burst().get() - 1),
            max_wait,
            turn: Semaphore::new(1),
            waiting: AtomicUsize::new(0),
            #[cfg(test)]
            checks: AtomicUsize::new(0),
        })
    }

    /// Asks for a cell, or for a place in the queue.
    pub(crate) fn enter(self: &Arc<Self>, latest: Option<Instant>) -> Entry {
        if self.waiting.load(Ordering::Acquire) == 0 && self.check().is_ok() {
            return Entry::Admitted(Cell(Some(Arc::clone(self))));
        }
        let now = clock::now();
        let wait = self.outlook(now);
        let at = now.checked_add(wait);
        let too_long = self.max_wait.is_some_and(|most| wait > most);
        let too_late = latest.is_some_and(|latest| at.is_none_or(|at| at > latest));
        if too_long || too_late {
            let at = at.unwrap_or(now);
            return Entry::Refused(Limit::RateLimit { wait, at });
        }
        let place = Place::take(self);
        let due = at.and_then(|at| at.checked_add(self.interval.max(GRACE)));
        Entry::Wait(Box::pin(async move { place.served(due).await }))
    }

    /// How long whoever came now would wait: until the next cell, behind all who wait already.
    pub(crate) fn outlook(&self, now: Instant) -> Duration {
        let arrival = Duration::from_nanos(self.state.0.load(Ordering::Acquire));
        let next = arrival.saturating_sub(self.tolerance);
        let next = next.saturating_sub(now.saturating_duration_since(self.started));
        let ahead = u32::try_from(self.waiting.load(Ordering::Acquire)).unwrap_or(u32::MAX);
        next.saturating_add(self.interval.saturating_mul(ahead))
    }

    /// Takes a cell, or says when to ask again.
    fn check(&self) -> Result<(), Instant> {
        #[cfg(test)]
        self.checks.fetch_add(1, Ordering::Relaxed);
        self.limiter
            .check()
            .map_err(|not_until| not_until.earliest_possible())
    }

    fn give_back(&self) {
        let interval = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let earlier = |arrival: u64| Some(arrival.saturating_sub(interval));
        let _ = self
            .state
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, earlier);
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("interval", &self.interval)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

// ===== impl Place =====

impl Place {
    fn take(queue: &Arc<Queue>) -> Self {
        queue.waiting.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(queue))
    }

    /// Waits for its turn, then until there is a cell. Whoever is first may be a future that nobody polls, so nobody
    /// waits for it beyond the time when it should have been served itself (`due`).
    async fn served(self, due: Option<Instant>) -> Cell {
        // The semaphore is never closed, so an error cannot be; without a permit the order alone would be lost.
        let turn = match due {
            Some(due) => {
                let turn = self.0.turn.acquire();
                tokio::time::timeout_at(due.into(), turn).await.ok()
            }
            None => Some(self.0.turn.acquire().await),
        };
        while let Err(at) = self.0.check() {
            tokio::time::sleep_until(at.into()).await;
        }
        drop(turn);
        Cell(Some(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

// ===== impl Cell =====

impl Cell {
    /// The request is sent.
    pub(crate) fn spend(mut self) {
        self.0 = None;
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        if let Some(queue) = &self.0 {
            queue.give_back();
        }
    }
}

// ===== impl State =====

impl StateStore for State {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut arrival = self.0.load(Ordering::Acquire);
        loop {
            let (outcome, next) = decide((arrival > 0).then(|| Nanos::from(arrival)))?;
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match self
                .0
                .compare_exchange_weak(arrival, next.into(), success, failure)
            {
                Ok(_) => return Ok(outcome),
                Err(other) => arrival = other,
            }
        }
    }
}

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        clock::now()
    }
}
