//! What was used of one quota.

use std::fmt;
use std::time::SystemTime;

use thiserror::Error;

use super::calendar::Calendar;
use super::others::Others;
use super::prepared::PreparedQuota;
use super::saved::{Saved, Use};
use super::slots::Slots;
use super::window::QuotaWindow;
use super::{Nanos, nanos, span, system_time};

/// What was used of one quota: plain data of bounded size, without a clock. The time of day is an argument.
///
/// Several may draw on one quota: processes that share a store, and this one before it was restarted. A ledger tells
/// apart what it counted itself, which is what it [`save`](Self::save)s, and what it [`learn`](Self::learn)ed that
/// others used; both are used.
#[derive(Clone, Debug)]
pub struct Ledger {
    quota: PreparedQuota,
    /// What was counted here.
    used: Used,
    others: Others,
    /// Until then the server lets nothing through; 0 when it said nothing.
    closed_until: Nanos,
    revision: u64,
    /// How many quotas it had before; a receipt of another one is void.
    adopted: u64,
}

#[derive(Clone, Debug)]
enum Used {
    Calendar(Calendar),
    Rolling(Slots),
}

/// A request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// Whether this one reached the share at which the user wants a warning; at most once per window.
    pub warns: bool,
    /// What is left after it.
    pub left: u64,
    /// For [`Ledger::give_back`].
    pub receipt: Receipt,
}

/// What was taken, and from which window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    adopted: u64,
    number: u64,
    cost: u32,
}

/// A request may not go: the quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct Spent {
    /// When this cost fits, if nobody else takes from the quota. For a cost beyond the whole quota, which never
    /// fits: when all of the quota is there.
    pub resets_at: SystemTime,
    /// What is left: not enough.
    pub left: u64,
    /// How long the quota lasts.
    pub window: QuotaWindow,
    /// Whether the server said so, not the count.
    pub by_server: bool,
}

/// How a quota stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaStatus {
    /// The most in one window.
    pub limit: u64,
    /// What was used of it; more than the limit when that was lowered.
    pub used: u64,
    /// What may still go.
    pub left: u64,
    /// When all of it is there again; now, when nothing is used of a rolling quota.
    pub resets_at: SystemTime,
}

// ===== impl Ledger =====

impl Ledger {
    /// Nothing was used.
    #[must_use]
    pub fn new(quota: PreparedQuota) -> Self {
        let used = match quota.window {
            QuotaWindow::Rolling(time) => Used::Rolling(Slots::new(span(time))),
            _ => Used::Calendar(Calendar::new()),
        };
        Self {
            others: Others::none(quota.window),
            quota,
            used,
            closed_until: 0,
            revision: 0,
            adopted: 0,
        }
    }

    /// What a store kept. A quota with the same window keeps the count, whatever its own count, share or zone is now;
    /// one with another window starts at zero.
    #[must_use]
    pub fn restore(quota: PreparedQuota, saved: &Saved) -> Self {
        let mut ledger = Self::new(quota);
        ledger.absorb(saved);
        ledger
    }

    /// Adds what a store kept of this very ledger, when that arrives after the counting began. Add it once.
    pub fn absorb(&mut self, own: &Saved) {
        if own.window != self.quota.window {
            return;
        }
        self.closed_until = self.closed_until.max(own.closed_until);
        match &mut self.used {
            Used::Calendar(calendar) => {
                if let Some(kept) = own.uses.last() {
                    let warned = own.warned.is_some();
                    let kept = Calendar::restored(&self.quota, kept.last, kept.count, warned);
                    calendar.absorb(&kept);
                }
            }
            Used::Rolling(slots) => slots.absorb(own),
        }
    }

    /// What others used of this quota, as far as a store knows: replaces what was learned before.
    pub fn learn<'a>(&mut self, others: impl IntoIterator<Item = &'a Saved>) {
        let mut closed_until = self.closed_until;
        let window = self.quota.window;
        let others = others.into_iter().inspect(|saved| {
            if saved.window == window {
                closed_until = closed_until.max(saved.closed_until);
            }
        });
        self.others = Others::of(window, others);
        self.closed_until = closed_until;
    }

    /// The count under a quota that changed, as [`restore`](Self::restore) has it. Receipts of before are void.
    pub fn adopt(&mut self, quota: PreparedQuota) {
        if self.quota != quota {
            let mut adopted = Self::restore(quota, &self.save());
            if adopted.quota.window == self.quota.window {
                adopted.others = self.others.clone();
            }
            adopted.revision = self.revision.wrapping_add(1);
            adopted.adopted = self.adopted.wrapping_add(1);
            *self = adopted;
        }
    }

    /// The quota that is counted.
    #[must_use]
    pub const fn quota(&self) -> &PreparedQuota {
        &self.quota
    }

    /// Changes with every change, so that a store knows what to write.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What a store keeps: what was counted here, without what others used.
    #[must_use]
    pub fn save(&self) -> Saved {
        let (uses, warned) = match &self.used {
            Used::Calendar(calendar) => {
                let (seen, count) = (calendar.seen, calendar.used);
                let warned = calendar.warned.then_some(seen);
                (vec![Use::new(seen, seen, count)], warned)
            }
            Used::Rolling(slots) => {
                let uses = slots
                    .iter()
                    .map(|slot| Use::new(slot.first, slot.last, slot.count));
                (uses.collect(), slots.warned)
            }
        };
        Saved {
            window: self.quota.window,
            closed_until: self.closed_until,
            warned,
            uses,
        }
    }

    /// Takes what a request costs, or says when to come back. A cost of 0 passes unless the server closed the quota.
    ///
    /// # Errors
    /// [`Spent`]: nothing was taken.
    pub fn take(&mut self, now: SystemTime, cost: u32) -> Result<Taken, Spent> {
        let now = self.settle(nanos(now));
        let (limit, used) = (self.quota.limit, self.used());
        let left = limit.saturating_sub(used);
        let cost_of = u64::from(cost);
        if self.closed_until > 0 || cost_of > left {
            let most = limit.saturating_sub(cost_of);
            let fits = match cost_of > left {
                true => self.shrinks_to(most, now),
                false => now,
            };
            return Err(Spent {
                resets_at: system_time(fits.max(self.closed_until)),
                left: if self.closed_until > 0 { 0 } else { left },
                window: self.quota.window,
                by_server: self.closed_until > 0,
            });
        }
        let reached = cost > 0 && used.saturating_add(cost_of) >= self.quota.warn;
        let (warns, number) = match &mut self.used {
            Used::Calendar(calendar) => {
                let warned = calendar.warned || self.others.warned_beside(calendar);
                let warns = reached && !warned;
                calendar.warned |= reached;
                (warns, calendar.take(cost_of))
            }
            Used::Rolling(slots) => {
                let warned = slots.warned.is_some() || self.others.warned();
                let warns = reached && !warned;
                slots.warned = slots.warned.or(reached.then_some(now));
                (warns, slots.take(now, cost_of))
            }
        };
        self.touch();
        Ok(Taken {
            warns,
            left: left - cost_of,
            receipt: Receipt {
                adopted: self.adopted,
                number,
                cost,
            },
        })
    }

    /// A request was never sent: what it took is there again, in the window that it was taken from. If that is over,
    /// or the server called the quota spent since, nothing changes. Give a receipt back once.
    pub fn give_back(&mut self, receipt: &Receipt) {
        let (number, cost) = (receipt.number, u64::from(receipt.cost));
        let changed = match &mut self.used {
            _ if receipt.adopted != self.adopted => false,
            Used::Calendar(calendar) => calendar.give_back(number, cost),
            Used::Rolling(slots) => slots.give_back(number, cost),
        };
        if changed {
            self.touch();
        }
    }

    /// The server says that the quota is used up: others use it too, or the count was wrong.
    ///
    /// With a time, nothing passes until then, but for no longer than one window: servers are not trusted with more.
    /// The count stays, so that a server can forbid but not allow. Without a time, all that is left counts as used now.
    pub fn spend_all(&mut self, now: SystemTime, until: Option<SystemTime>) {
        let now = self.settle(nanos(now));
        let limit = self.quota.limit.saturating_sub(self.used_by_others());
        match (until, &mut self.used) {
            (Some(until), _) => {
                let latest = now.saturating_add(self.quota.window.longest());
                let until = nanos(until).min(latest);
                if until > now {
                    self.closed_until = self.closed_until.max(until);
                }
            }
            (None, Used::Calendar(calendar)) => calendar.fill(limit),
            (None, Used::Rolling(slots)) => slots.fill(now, limit),
        }
        self.touch();
    }

    /// How the quota stands. Nothing changes.
    #[must_use]
    pub fn status(&self, now: SystemTime) -> QuotaStatus {
        let mut ledger = self.clone();
        let now = ledger.settle(nanos(now));
        let used = ledger.used();
        let left = match ledger.closed_until {
            0 => self.quota.limit.saturating_sub(used),
            _ => 0,
        };
        QuotaStatus {
            limit: self.quota.limit,
            used,
            left,
            resets_at: system_time(ledger.shrinks_to(0, now).max(ledger.closed_until)),
        }
    }

    /// Whether nothing is known that a new ledger would not know.
    #[must_use]
    pub fn is_empty(&self, now: SystemTime) -> bool {
        let mut ledger = self.clone();
        ledger.settle(nanos(now));
        ledger.closed_until == 0 && ledger.used() == 0
    }

    /// Brings the ledger to a time; gives the one that counts.
    fn settle(&mut self, now: Nanos) -> Nanos {
        let latest = now.saturating_add(self.quota.window.longest());
        self.closed_until = match self.closed_until > now {
            true => self.closed_until.min(latest),
            false => 0,
        };
        match &mut self.used {
            Used::Calendar(calendar) => {
                calendar.settle(&self.quota, now);
                now
            }
            Used::Rolling(slots) => {
                if let Others::Rolling(others) = &mut self.others {
                    others.settle(now);
                }
                slots.settle(now)
            }
        }
    }

    fn used(&self) -> u64 {
        let own = match &self.used {
            Used::Calendar(calendar) => calendar.used,
            Used::Rolling(slots) => slots.used(),
        };
        own.saturating_add(self.used_by_others())
    }

    fn used_by_others(&self) -> u64 {
        match (&self.used, &self.others) {
            (Used::Calendar(own), others) => others.used_beside(own),
            (Used::Rolling(_), Others::Rolling(slots)) => slots.used(),
            (Used::Rolling(_), Others::Calendar(_)) => 0,
        }
    }

    fn shrinks_to(&self, most: u64, now: Nanos) -> Nanos {
        match &self.used {
            Used::Calendar(calendar) => calendar.end(),
            Used::Rolling(slots) => match &self.others {
                Others::Rolling(others) => slots.shrinks_to(others, most, now),
                Others::Calendar(_) => now,
            },
        }
    }

    const fn touch(&mut self) {
        self.revision = self.revision.wrapping_add(1);
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.window {
            QuotaWindow::Rolling(_) => write!(f, "the quota of {} is used up", self.window),
            window => write!(f, "the quota of this {window} is used up"),
        }
    }
}
