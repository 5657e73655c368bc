//! Configured rates that hold together: an attempt takes cells of all of them or of none.
//!
//! Of several, each is looked at before a cell is taken from any. Only where another thread comes in between does one
//! refuse after another gave, and what that one gave goes back.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use steadfast_core::PreparedRate;

use super::cell_rate::{CellRate, Receipt};
use crate::clock;
use crate::queue::{Again, Ahead, Ask, Limiter, WaitQueue};

/// Rates that hold together.
pub(crate) struct Rates {
    rates: Box<[CellRate]>,
    #[cfg(test)]
    pub(crate) checks: AtomicUsize,
}

/// Cells taken: given back unless the request is sent.
pub(crate) struct Cells {
    line: Arc<WaitQueue<Rates>>,
    held: Held,
    spent: bool,
}

/// Which cells were taken, of each rate; of none by what costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Held(Box<[Receipt]>);

// ===== impl Rates =====

impl Rates {
    pub(crate) fn new(rates: impl Iterator<Item = PreparedRate>) -> Self {
        Self {
            rates: rates.map(CellRate::new).collect(),
            #[cfg(test)]
            checks: AtomicUsize::new(0),
        }
    }

    /// The smallest burst: what costs more can never go.
    pub(crate) fn burst(&self) -> u32 {
        let bursts = self.rates.iter().map(|rate| rate.burst().get());
        bursts.min().unwrap_or(u32::MAX)
    }

    /// Takes cells of all rates, or says when there will be some in all of them.
    pub(crate) fn take(&self, cost: u32) -> Result<(), Instant> {
        let Some(cost) = self.ask(cost)? else {
            return Ok(());
        };
        for (index, rate) in self.rates.iter().enumerate() {
            if let Err(at) = rate.check(cost) {
                for rate in &self.rates[..index] {
                    rate.undo(cost);
                }
                return Err(at.max(self.earliest(clock::now(), cost.get(), 0)));
            }
        }
        Ok(())
    }

    /// The same for cells that may be given back later.
    pub(crate) fn hold(&self, cost: u32) -> Result<Held, Instant> {
        let Some(cost) = self.ask(cost)? else {
            return Ok(Held::default());
        };
        let mut receipts = Vec::with_capacity(self.rates.len());
        for rate in &self.rates {
            match rate.take(cost) {
                Ok(receipt) => receipts.push(receipt),
                Err(at) => {
                    self.give_back(&Held(receipts.into()));
                    return Err(at.max(self.earliest(clock::now(), cost.get(), 0)));
                }
            }
        }
        Ok(Held(receipts.into()))
    }

    /// What is to be taken of each rate, unless it is seen at once that one has too little.
    fn ask(&self, cost: u32) -> Result<Option<NonZeroU32>, Instant> {
        #[cfg(test)]
        self.checks.fetch_add(1, Ordering::Relaxed);
        if self.rates.len() > 1 {
            let now = clock::now();
            let at = self.earliest(now, cost, 0);
            if at > now {
                return Err(at);
            }
        }
        Ok(NonZeroU32::new(cost))
    }

    /// Gives back what was taken a moment ago.
    pub(crate) fn undo(&self, cost: u32) {
        if let Some(cost) = NonZeroU32::new(cost) {
            self.rates.iter().for_each(|rate| rate.undo(cost));
        }
    }

    fn give_back(&self, held: &Held) {
        for (rate, receipt) in self.rates.iter().zip(&held.0) {
            rate.give_back(receipt);
        }
    }

    /// When whoever comes now could go, behind those who are `ahead` (their cost in all).
    pub(crate) fn earliest(&self, now: Instant, cost: u32, ahead: u64) -> Instant {
        let at = self.rates.iter().map(|rate| rate.next(now, cost, ahead));
        at.max().unwrap_or(now)
    }

    /// Whether there are cells enough at this moment.
    pub(crate) fn has_room(&self, cost: u32) -> bool {
        let now = clock::now();
        self.earliest(now, cost, 0) <= now
    }

    /// Whether all bursts are there.
    pub(crate) fn is_full(&self) -> bool {
        let now = clock::now();
        let full = |rate: &CellRate| rate.next(now, rate.burst().get(), 0) <= now;
        self.rates.iter().all(full)
    }

    /// Attempts per second in the long run.
    pub(crate) fn rate(&self) -> f64 {
        let rates = self.rates.iter().map(CellRate::per_second);
        rates.fold(f64::INFINITY, f64::min)
    }
}

impl Limiter for Rates {
    type Pass = Held;

    fn pass(&self, ask: &Ask) -> Result<Held, Again> {
        self.hold(ask.cost).map_err(Again::At)
    }

    fn next(&self, now: Instant, ask: &Ask) -> Instant {
        self.earliest(now, ask.cost, 0)
    }

    fn outlook(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Instant {
        self.earliest(now, ask.cost, ahead.cost)
    }

    fn turn(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Option<(Instant, Instant)> {
        let own = self.earliest(now, ask.cost, ahead.cost);
        Some((self.earliest(now, 0, ahead.cost), own))
    }
}

// ===== impl Cells =====

impl Cells {
    pub(crate) const fn new(line: Arc<WaitQueue<Rates>>, held: Held) -> Self {
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
            self.line.limiter.give_back(&self.held);
            self.line.stir();
        }
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}
