//! One configured rate, as governor decides it.
//!
//! This file alone knows governor, and nothing else touches what governor keeps. The contract:
//!
//! * **check** takes cells at once or says when they can be taken. Nobody else coming, they can be taken then, and not
//!   a nanosecond earlier.
//! * **give back** returns cells that were not needed, as far as they did not flow back by themselves meanwhile: a cell
//!   that came back twice would let one more go than the rate allows.
//! * **next** says when cells could be taken, and takes none.
//!
//! Governor has no call that gives cells back. But it reads a clock of ours, and the more time passes, the more cells
//! there are: so to give cells back, the clock is put forward by the time that they still need. Governor's own state is
//! written by governor alone and never decreases, which keeps all of this true for any number of threads without a lock.
//!
//! The clock goes for all cells alike. So who took cells and returns them after somebody behind it did may get back less
//! than was left of them, never more. In the order in which they were taken, all of it comes back.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use steadfast_core::PreparedRate;

use crate::clock;

/// How far the clock may be put forward in all: 146 years. Governor's sums of nanoseconds must not overflow; cells that
/// are returned beyond it come back with time alone.
const FURTHEST: u64 = 1 << 62;

/// A rate.
pub(crate) struct CellRate {
    limiter: RateLimiter<NotKeyed, Governed, Governed, NoOpMiddleware<Nanos>>,
    governed: Governed,
    /// Nanoseconds from one cell to the next.
    interval: u64,
    burst: NonZeroU32,
}

/// Which cells were taken.
#[derive(Debug)]
pub(crate) struct Receipt {
    /// When the last of them has flowed back, on the clock that may be put forward.
    end: u64,
    /// How long all of them take to flow back, in nanoseconds.
    time: u64,
}

/// Governor's clock, and where it keeps its state.
#[derive(Clone)]
struct Governed(Arc<Kept>);

struct Kept {
    started: Instant,
    /// Its theoretical arrival time: when all cells are there again, in nanoseconds since the start; 0 is none.
    arrival: AtomicU64,
    /// By how many nanoseconds the clock was put forward.
    forward: AtomicU64,
}

// ===== impl CellRate =====

impl CellRate {
    pub(crate) fn new(rate: PreparedRate) -> Self {
        let governed = Governed(Arc::new(Kept {
            started: clock::now(),
            arrival: AtomicU64::new(0),
            forward: AtomicU64::new(0),
        }));
        // Infallible: a prepared rate's interval is not zero; one per second would be the answer if it were.
        let quota = Quota::with_period(rate.interval())
            .unwrap_or_else(|| Quota::per_second(rate.burst()))
            .allow_burst(rate.burst());
        Self {
            limiter: RateLimiter::new(quota, governed.clone(), governed.clone()),
            governed,
            interval: nanos(rate.interval()),
            burst: rate.burst(),
        }
    }

    /// The most cells that can be there at once. What costs more can never go.
    pub(crate) const fn burst(&self) -> NonZeroU32 {
        self.burst
    }

    /// Cells per second in the long run.
    pub(crate) fn per_second(&self) -> f64 {
        1.0 / Duration::from_nanos(self.interval).as_secs_f64()
    }

    /// Takes cells, or says when there are enough.
    #[inline]
    pub(crate) fn check(&self, cost: NonZeroU32) -> Result<(), Instant> {
        let taken = match cost {
            NonZeroU32::MIN => self.limiter.check(),
            _ => match self.limiter.check_n(cost) {
                Ok(taken) => taken,
                // More than the burst, which whoever asks has refused before.
                Err(_) => return Err(self.next(clock::now(), cost.get(), 0)),
            },
        };
        taken.map_err(|not_until| self.governed.real(not_until.earliest_possible()))
    }

    /// The same for cells that may be given back later.
    pub(crate) fn take(&self, cost: NonZeroU32) -> Result<Receipt, Instant> {
        // Before they are taken: if others come in between, they end later than this says, never earlier.
        let free = self
            .governed
            .arrival()
            .max(self.governed.time(clock::now()));
        self.check(cost)?;
        let time = self.time(cost.get());
        let end = free.saturating_add(time);
        Ok(Receipt { end, time })
    }

    /// Gives back what is left of cells.
    pub(crate) fn give_back(&self, receipt: &Receipt) {
        let since = self.governed.since(clock::now());
        let put_forward = |forward: u64| {
            let left = receipt.end.saturating_sub(since.saturating_add(forward));
            let forward = forward.saturating_add(left.min(receipt.time));
            (forward <= FURTHEST).then_some(forward)
        };
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let forward = &self.governed.0.forward;
        let _ = forward.fetch_update(success, failure, put_forward);
    }

    /// Gives back what was checked a moment ago.
    pub(crate) fn undo(&self, cost: NonZeroU32) {
        self.give_back(&Receipt {
            end: self.governed.arrival(),
            time: self.time(cost.get()),
        });
    }

    /// When cells could be taken, behind others that are `ahead` (their cost in all): the burst has to bear both.
    pub(crate) fn next(&self, now: Instant, cost: u32, ahead: u64) -> Instant {
        let owed = self.governed.arrival();
        let owed = owed.saturating_sub(self.governed.time(now));
        let owed = owed.saturating_add(self.interval.saturating_mul(ahead));
        let spare = self.time(self.burst.get().saturating_sub(cost));
        let wait = Duration::from_nanos(owed.saturating_sub(spare));
        now.checked_add(wait).unwrap_or(now)
    }

    /// How long so many cells take to flow back, in nanoseconds.
    fn time(&self, cost: u32) -> u64 {
        self.interval.saturating_mul(u64::from(cost))
    }
}

// ===== impl Governed =====

impl Governed {
    fn arrival(&self) -> u64 {
        self.0.arrival.load(Ordering::Acquire)
    }

    /// The time as governor sees it.
    fn time(&self, now: Instant) -> u64 {
        let forward = self.0.forward.load(Ordering::Acquire);
        self.since(now).saturating_add(forward)
    }

    fn since(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.0.started))
    }

    /// The instant that governor means by a time.
    fn real(&self, time: Nanos) -> Instant {
        let since = time
            .as_u64()
            .saturating_sub(self.0.forward.load(Ordering::Acquire));
        let since = Duration::from_nanos(since);
        self.0.started.checked_add(since).unwrap_or(self.0.started)
    }
}

impl Clock for Governed {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.time(clock::now()))
    }
}

impl StateStore for Governed {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut arrival = self.arrival();
        loop {
            let (outcome, next) = decide((arrival > 0).then(|| Nanos::from(arrival)))?;
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match self
                .0
                .arrival
                .compare_exchange_weak(arrival, next.into(), success, failure)
            {
                Ok(_) => return Ok(outcome),
                Err(other) => arrival = other,
            }
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
