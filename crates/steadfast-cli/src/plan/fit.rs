//! Whether a load fits the limits of a policy.
//!
//! A quota may have a million requests and a load may run for a month, so nothing is played through here: evenly spaced
//! requests are counted in closed form. The tests play it through, with the ledger that counts in a client.

use std::fmt;
use std::time::Duration;

use steadfast::quota::{PreparedQuota, QuotaWindow};
use steadfast::record::Human;
use steadfast_core::{Prepared, PreparedRate};

use super::load::{Clock, DAY, Load};

/// How a load fares under one policy.
#[derive(Debug)]
pub(super) struct Fit {
    /// What each request takes.
    pub(super) cost: u32,
    pub(super) rates: Vec<RateFit>,
    pub(super) quotas: Vec<QuotaFit>,
}

/// How it fares under one rate.
#[derive(Debug)]
pub(super) struct RateFit {
    pub(super) rate: PreparedRate,
    pub(super) used: Share,
    /// The time between two units of the load.
    pub(super) needed: Duration,
}

/// How it fares under one quota.
#[derive(Debug)]
pub(super) struct QuotaFit {
    pub(super) quota: PreparedQuota,
    pub(super) used: Share,
    /// How large the quota has to be.
    pub(super) needed: u128,
    /// When it is used up, if it is.
    pub(super) spent: Option<SpentAt>,
}

/// When a quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpentAt {
    window: QuotaWindow,
    /// When its window begins, or when the load does if it is rolling, until the first request that is refused.
    pub(super) after: u128,
    /// On which day of its window: 0 is the first.
    pub(super) day: u128,
    /// At what time of that day.
    pub(super) clock: u128,
}

/// What is used, and of how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    used: u128,
    of: u128,
}

// ===== impl Fit =====

impl Fit {
    /// # Errors
    /// A cost or a quota that cannot be calculated with.
    pub(super) fn new(load: &Load, policy: &Prepared) -> Result<Self, String> {
        let cost = policy
            .limits()
            .cost
            .fixed()
            .ok_or("what a request costs is not fixed")?;
        let rates = policy
            .rates()
            .iter()
            .map(|rate| RateFit::new(load, *rate, cost));
        let quotas = policy.quotas().iter();
        let quotas: Result<_, _> = quotas
            .map(|quota| QuotaFit::new(load, quota, cost))
            .collect();
        Ok(Self {
            cost,
            rates: rates.collect(),
            quotas: quotas?,
        })
    }

    pub(super) fn limits(&self) -> usize {
        self.rates.len() + self.quotas.len()
    }

    /// How many limits it does not fit.
    pub(super) fn misses(&self) -> usize {
        let rates = self.rates.iter().map(|fit| fit.used);
        let quotas = self.quotas.iter().map(|fit| fit.used);
        rates.chain(quotas).filter(|used| !used.fits()).count()
    }
}

impl RateFit {
    fn new(load: &Load, rate: PreparedRate, cost: u32) -> Self {
        let (used, of) = load.takes(cost, rate.interval());
        Self {
            rate,
            used: Share { used, of },
            needed: load.interval(cost),
        }
    }
}

impl QuotaFit {
    fn new(load: &Load, quota: &PreparedQuota, cost: u32) -> Result<Self, String> {
        let window = quota.window();
        let time = busiest(load, window)
            .ok_or_else(|| format!("a quota per {window} cannot be calculated with"))?;
        let (cost, limit) = (u128::from(cost), u128::from(quota.limit()));
        let needed = load.requests(time) * cost;
        let spent = (needed > limit).then(|| {
            let after = load.time_of(limit / cost);
            let since_midnight = load.begins() + after;
            SpentAt {
                window,
                after,
                day: since_midnight / DAY,
                clock: since_midnight % DAY,
            }
        });
        Ok(Self {
            quota: quota.clone(),
            used: Share {
                used: needed,
                of: limit,
            },
            needed,
            spent,
        })
    }
}

/// The most time that a load runs in one window: a month has 31 days, and a rolling window begins where the load does.
fn busiest(load: &Load, window: QuotaWindow) -> Option<u128> {
    Some(match window {
        QuotaWindow::Day => load.runs(),
        QuotaWindow::Week => 7 * load.runs(),
        QuotaWindow::Month => 31 * load.runs(),
        QuotaWindow::Rolling(time) => {
            let time = time.as_nanos() + lingers(load, time.as_nanos());
            time / DAY * load.runs() + (time % DAY).min(load.runs())
        }
        _ => return None,
    })
}

/// How much longer than the window a use counts: those within a 48th of it are forgotten together, with the latest.
fn lingers(load: &Load, window: u128) -> u128 {
    let part = window / 48;
    let night = DAY - load.runs();
    match part < night || night == 0 {
        true => load.time_of(load.requests(part.min(load.runs())).saturating_sub(1)),
        // They may begin on one day and end on another: at most this.
        false => part,
    }
}

// ===== impl SpentAt =====

impl fmt::Display for SpentAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        let clock = Clock(self.clock);
        match self.window {
            QuotaWindow::Day => write!(f, "at {clock}"),
            QuotaWindow::Week => {
                let day = usize::try_from(self.day).unwrap_or(usize::MAX);
                let day = DAYS.get(day).copied().unwrap_or("Sunday");
                write!(f, "on {day} at {clock}")
            }
            QuotaWindow::Month => write!(f, "on day {} at {clock}", self.day + 1),
            _ => {
                let nanos = u64::try_from(self.after).unwrap_or(u64::MAX);
                write!(f, "after {}", Human(Duration::from_nanos(nanos)))
            }
        }
    }
}

// ===== impl Share =====

impl Share {
    pub(super) fn fits(self) -> bool {
        self.used <= self.of
    }

    /// Percent; what does not fit is never 100.
    pub(super) fn percent(self) -> u128 {
        match self.fits() {
            true => (self.used * 100 + self.of / 2) / self.of,
            false => self.used.saturating_mul(100).div_ceil(self.of),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent() {
            0 if self.used > 0 => f.write_str("less than 1 %"),
            percent => write!(f, "{percent} %"),
        }
    }
}

#[cfg(test)]
mod tests;
