//! The way of one attempt through all that limits it.
//!
//! First what fails at once (a quota that is used up, a cost that can never be met), then what a server closed or paces,
//! then the configured rates. A server may close while an attempt stands before what comes later: so it looks back before
//! it goes, and if need be it gives back what it took and waits there.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use steadfast_core::{Pacing, Refusal};

use super::gate::{Gate, Pass};
use super::known::LimitKey;
use super::origin_limits::OriginLimits;
use super::rates::{Cells, Rates};
use crate::clock;
use crate::queue::{Again, Ask, Limiter, Place, WaitQueue};

/// The longest that a pace is waited for, where the call itself may wait for ever: as long as a refusal is believed.
const LONGEST_TURN: Duration = Duration::from_secs(3600);

/// What one attempt waits for, one thing after the other.
pub(crate) struct Acquire {
    /// That of the endpoint, if there is one, and then its own.
    pacers: Vec<Arc<WaitQueue<Gate>>>,
    own: Own,
    rates: Vec<Arc<WaitQueue<Rates>>>,
    ask: Ask,
    bounds: Bounds,
    passes: Vec<Pass>,
    cells: Vec<Cells>,
    place: Standing,
    /// Since when it waits.
    since: Option<Instant>,
}

/// Where the last of the pacers is found, if another one took its place meanwhile.
pub(crate) struct Own {
    pub(crate) pacers: Arc<OriginLimits>,
    pub(crate) limit_key: LimitKey,
    pub(crate) pacing: Pacing,
}

/// What the user allows of waiting for configured rates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) max_wait: Option<Duration>,
    pub(crate) max_queue: Option<usize>,
}

enum Standing {
    None,
    Pacer(Place<Gate>),
    Rate(Place<Rates>),
}

/// What an attempt holds once it went through.
pub(crate) struct Acquired {
    pub(crate) passes: Vec<Pass>,
    pub(crate) cells: Vec<Cells>,
    /// How long it waited.
    pub(crate) queued: Option<Duration>,
}

// ===== impl Acquire =====

impl Acquire {
    pub(crate) fn new(
        pacers: Vec<Arc<WaitQueue<Gate>>>,
        own: Own,
        rates: Vec<Arc<WaitQueue<Rates>>>,
        ask: Ask,
        bounds: Bounds,
    ) -> Self {
        Self {
            passes: Vec::with_capacity(pacers.len()),
            cells: Vec::with_capacity(rates.len()),
            pacers,
            own,
            rates,
            ask,
            bounds,
            place: Standing::None,
            since: None,
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Acquired, Refusal>> {
        loop {
            match &mut self.place {
                Standing::Pacer(place) => {
                    let result = ready!(place.poll(cx));
                    self.place = Standing::None;
                    let ticket = result.map_err(|again| self.closed(again))?;
                    let index = self.passes.len();
                    let pass = Pass::new(Arc::clone(&self.pacers[index]), ticket);
                    if self.pacers[index].limiter.is_retired() {
                        let Own {
                            pacers,
                            limit_key,
                            pacing,
                        } = &self.own;
                        self.pacers[index] = pacers.pacer(*limit_key, *pacing);
                    } else {
                        self.passes.push(pass);
                        self.look_back();
                    }
                }
                Standing::Rate(place) => {
                    let result = ready!(place.poll(cx));
                    self.place = Standing::None;
                    let line = Arc::clone(&self.rates[self.cells.len()]);
                    self.cells.push(Cells::new(line, result.map_err(limited)?));
                    self.look_back();
                }
                Standing::None => {
                    if self.passes.len() < self.pacers.len() {
                        self.enter_lane()?;
                    } else if self.cells.len() < self.rates.len() {
                        self.enter_rate()?;
                    } else {
                        return Poll::Ready(Ok(self.through()));
                    }
                }
            }
        }
    }

    fn through(&mut self) -> Acquired {
        let now = clock::now();
        Acquired {
            passes: std::mem::take(&mut self.passes),
            cells: std::mem::take(&mut self.cells),
            queued: self.since.map(|since| now.saturating_duration_since(since)),
        }
    }

    fn enter_lane(&mut self) -> Result<(), Refusal> {
        let line = &self.pacers[self.passes.len()];
        let ask = self.lane_ask();
        if line.is_empty() {
            match line.limiter.pass(&ask) {
                Ok(ticket) => {
                    self.passes.push(Pass::new(Arc::clone(line), ticket));
                    return Ok(());
                }
                Err(Again::Closed(until)) => return Err(self.closed(Again::Closed(until))),
                Err(Again::At(_)) => {}
            }
        } else if let Some(until) = line.limiter.turns_away(&ask) {
            return Err(self.closed(Again::Closed(until)));
        }
        self.since = self.since.or_else(|| Some(clock::now()));
        self.place = Standing::Pacer(line.join(ask));
        Ok(())
    }

    /// A server may name a reset that is years ahead: nobody waits for that.
    fn lane_ask(&self) -> Ask {
        let longest = clock::now().checked_add(LONGEST_TURN);
        let latest = self.ask.latest.or(longest.max(self.ask.latest_opening));
        Ask { latest, ..self.ask }
    }

    fn enter_rate(&mut self) -> Result<(), Refusal> {
        let line = &self.rates[self.cells.len()];
        let cost = self.ask.cost;
        let burst = line.limiter.burst();
        if cost > burst {
            return Err(Refusal::CostTooHigh { cost, burst });
        }
        if line.is_empty() {
            if let Ok(held) = line.limiter.hold(cost) {
                self.cells.push(Cells::new(Arc::clone(line), held));
                return Ok(());
            }
        }
        let now = clock::now();
        let ahead = line.ahead(self.ask.rank);
        let at = line.limiter.earliest(now, cost, ahead.cost);
        let wait = at.saturating_duration_since(now);
        let too_long = self.bounds.max_wait.is_some_and(|most| wait > most);
        let too_many = self
            .bounds
            .max_queue
            .is_some_and(|most| ahead.count >= most);
        let too_late = self.ask.latest.is_some_and(|latest| at > latest);
        if too_long || too_many || too_late {
            return Err(Refusal::RateLimited { wait });
        }
        self.since = self.since.or(Some(now));
        self.place = Standing::Rate(line.join(self.ask));
        Ok(())
    }

    /// Whether a pacer closed while it stood before what comes after it. Where that is open again, it goes on; otherwise it is
    /// back at the first that is closed.
    fn look_back(&mut self) {
        for index in 0..self.passes.len() {
            if !self.passes[index].is_stale() {
                continue;
            }
            let line = &self.pacers[index];
            let again = match line.is_empty() {
                true => line.limiter.pass(&self.lane_ask()).ok(),
                false => None,
            };
            let Some(ticket) = again else {
                self.passes.truncate(index);
                self.cells.clear();
                return;
            };
            self.passes[index] = Pass::new(Arc::clone(line), ticket);
        }
    }

    fn closed(&self, again: Again) -> Refusal {
        match again {
            Again::Closed(until) | Again::At(until) => Refusal::GateClosed {
                wait: until.saturating_duration_since(clock::now()),
            },
        }
    }
}

fn limited(again: Again) -> Refusal {
    let at = match again {
        Again::At(at) | Again::Closed(at) => at,
    };
    let wait = at.saturating_duration_since(clock::now());
    Refusal::RateLimited { wait }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("ask", &self.ask)
            .field("waits", &self.since.is_some())
            .finish_non_exhaustive()
    }
}
