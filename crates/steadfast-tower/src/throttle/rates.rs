//! Configured rates, as governor's cells.
//!
//! Several windows may hold at once, and an attempt takes from all of them or from none: what one gave before another
//! refused goes back. That needs a state of our own below governor, one word each.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use steadfast_core::PreparedRate;

use super::line::{Again, Ask, Line, Turnstile};
use crate::clock;

/// Rates that hold together.
pub(crate) struct Rates {
    windows: Box<[Window]>,
    #[cfg(test)]
    pub(crate) checks: std::sync::atomic::AtomicUsize,
}

struct Window {
    limiter: RateLimiter<NotKeyed, State, TokioClock, NoOpMiddleware<Instant>>,
    state: State,
    /// All that was ever given back, in nanoseconds: by so much those who took cells later moved up.
    given_back: Mutex<u64>,
    started: Instant,
    interval: Duration,
    burst: NonZeroU32,
}

/// Cells taken: given back unless the request is sent.
pub(crate) struct Cells {
    line: Arc<Line<Rates>>,
    held: Held,
    spent: bool,
}

/// Which cells were taken.
#[derive(Debug)]
pub(crate) struct Held {
    cost: u32,
    /// For each window the theoretical arrival time behind them, had nobody ever given any back.
    ends: Box<[u64]>,
}

/// Where governor keeps the theoretical arrival time, in nanoseconds since the start; 0 is none.
#[derive(Clone, Default)]
struct State(Arc<AtomicU64>);

#[derive(Clone, Copy)]
struct TokioClock;

// ===== impl Rates =====

impl Rates {
    pub(crate) fn new(rates: impl Iterator<Item = PreparedRate>) -> Self {
        Self {
            windows: rates.map(Window::new).collect(),
            #[cfg(test)]
            checks: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// The smallest burst: what costs more can never go.
    pub(crate) fn burst(&self) -> u32 {
        let bursts = self.windows.iter().map(|window| window.burst.get());
        bursts.min().unwrap_or(u32::MAX)
    }

    /// Takes cells of all windows, or says when there will be some in all of them.
    pub(crate) fn take(&self, cost: u32) -> Result<(), Instant> {
        #[cfg(test)]
        self.checks.fetch_add(1, Ordering::Relaxed);
        let Some(cost) = NonZeroU32::new(cost) else {
            return Ok(());
        };
        for (index, window) in self.windows.iter().enumerate() {
            if let Err(at) = window.take(cost) {
                for window in &self.windows[..index] {
                    window.undo(cost.get());
                }
                let others = self.earliest(clock::now(), cost.get(), 0);
                return Err(at.max(others));
            }
        }
        Ok(())
    }

    /// The same for cells that may be given back later.
    pub(crate) fn hold(&self, cost: u32) -> Result<Held, Instant> {
        let ends = self.windows.iter().map(|window| window.end(cost)).collect();
        self.take(cost)?;
        Ok(Held { cost, ends })
    }

    /// What was taken at this instant was not needed.
    pub(crate) fn undo(&self, cost: u32) {
        for window in &self.windows {
            window.undo(cost);
        }
    }

    fn give_back(&self, held: &Held) {
        for (window, end) in self.windows.iter().zip(&held.ends) {
            window.give_back(held.cost, *end);
        }
    }

    /// When whoever comes now could go, behind those who are `ahead` (their cost in all).
    pub(crate) fn earliest(&self, now: Instant, cost: u32, ahead: u64) -> Instant {
        let waits = self.windows.iter();
        let waits = waits.map(|window| window.outlook(now, cost, ahead));
        let wait = waits.max().unwrap_or_default();
        now.checked_add(wait).unwrap_or(now)
    }

    /// Whether all bursts are there.
    pub(crate) fn is_full(&self) -> bool {
        let now = clock::now();
        self.windows.iter().all(|window| {
            let arrival = Duration::from_nanos(window.state.0.load(Ordering::Acquire));
            arrival <= now.saturating_duration_since(window.started)
        })
    }

    /// Attempts per second in the long run.
    pub(crate) fn rate(&self) -> f64 {
        let rates = self
            .windows
            .iter()
            .map(|window| 1.0 / window.interval.as_secs_f64());
        rates.fold(f64::INFINITY, f64::min)
    }
}

impl Turnstile for Rates {
    type Pass = Held;

    fn pass(&self, ask: &Ask) -> Result<Held, Again> {
        self.hold(ask.cost).map_err(Again::At)
    }

    fn next(&self, now: Instant, ask: &Ask) -> Instant {
        self.earliest(now, ask.cost, 0)
    }

    fn outlook(&self, now: Instant, ask: &Ask, _: usize, ahead: u64) -> Instant {
        self.earliest(now, ask.cost, ahead)
    }
}

// ===== impl Window =====

impl Window {
    fn new(rate: PreparedRate) -> Self {
        let state = State::default();
        // Infallible: a prepared rate's interval is not zero; one per second would be the answer if it were.
        let quota = Quota::with_period(rate.interval())
            .unwrap_or_else(|| Quota::per_second(rate.burst()))
            .allow_burst(rate.burst());
        Self {
            limiter: RateLimiter::new(quota, state.clone(), TokioClock),
            state,
            given_back: Mutex::new(0),
            started: clock::now(),
            interval: rate.interval(),
            burst: rate.burst(),
        }
    }

    #[inline]
    fn take(&self, cost: NonZeroU32) -> Result<(), Instant> {
        if cost == NonZeroU32::MIN {
            let taken = self.limiter.check();
            return taken.map_err(|not_until| not_until.earliest_possible());
        }
        match self.limiter.check_n(cost) {
            Ok(taken) => taken.map_err(|not_until| not_until.earliest_possible()),
            // Refused before the line, and never asked again.
            Err(_) => Err(self.started),
        }
    }

    /// Where cells end that are taken now.
    fn end(&self, cost: u32) -> u64 {
        let given_back = self.given_back();
        let arrival = self.state.0.load(Ordering::Acquire);
        let end = arrival.max(self.since_start()).saturating_add(*given_back);
        end.saturating_add(self.time(cost))
    }

    /// Nobody stands behind what was taken at this instant, so nobody moves up.
    fn undo(&self, cost: u32) {
        self.earlier(self.time(cost));
    }

    /// Gives cells back that were taken a while ago. What has flowed in for them meanwhile is there already, and may
    /// have been taken by others: a cell that was given back twice would let one more go than the rate allows.
    fn give_back(&self, cost: u32, end: u64) {
        let mut given_back = self.given_back();
        let left = end.saturating_sub(given_back.saturating_add(self.since_start()));
        let time = left.min(self.time(cost));
        self.earlier(time);
        *given_back = given_back.saturating_add(time);
    }

    fn earlier(&self, time: u64) {
        let earlier = |arrival: u64| Some(arrival.saturating_sub(time));
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let _ = self.state.0.fetch_update(success, failure, earlier);
    }

    fn given_back(&self) -> MutexGuard<'_, u64> {
        self.given_back
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn since_start(&self) -> u64 {
        nanos(clock::now().saturating_duration_since(self.started))
    }

    fn time(&self, cost: u32) -> u64 {
        nanos(self.interval.saturating_mul(cost))
    }

    fn outlook(&self, now: Instant, cost: u32, ahead: u64) -> Duration {
        let arrival = Duration::from_nanos(self.state.0.load(Ordering::Acquire));
        let since = now.saturating_duration_since(self.started);
        // Those ahead take their cells before us: the burst has to bear both.
        let taken = arrival
            .max(since)
            .saturating_add(times(self.interval, ahead));
        let tolerance = self
            .interval
            .saturating_mul(self.burst.get().saturating_sub(cost));
        taken.saturating_sub(tolerance).saturating_sub(since)
    }
}

fn times(interval: Duration, count: u64) -> Duration {
    let nanos = interval.as_nanos().saturating_mul(u128::from(count));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

// ===== impl Cells =====

impl Cells {
    pub(crate) const fn new(line: Arc<Line<Rates>>, held: Held) -> Self {
        let spent = false;
        Self { line, held, spent }
    }

    /// The request is sent.
    pub(crate) fn spend(mut self) {
        self.spent = true;
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        if !self.spent {
            self.line.turnstile.give_back(&self.held);
            self.line.stir();
        }
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells")
            .field("cost", &self.held.cost)
            .finish_non_exhaustive()
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
