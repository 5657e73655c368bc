//! The count of a window of the calendar.

use super::Nanos;
use super::prepared::PreparedQuota;
use super::slots::STILL;

/// So many windows that are over are remembered, for a clock that was wrong and is set back.
const REMEMBERED: usize = 3;

/// What was used of the window that is running.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    /// The window: its first instant and the first after it. Empty until the first look at the clock.
    start: Nanos,
    end: Nanos,
    pub(super) used: u64,
    pub(super) warned: bool,
    /// A time within the window, for a store: a window may lie elsewhere in another zone.
    pub(super) seen: Nanos,
    /// Which window it is; a receipt of another one is worth nothing.
    number: u64,
    /// What was used of windows before, the latest last.
    over: Vec<Over>,
}

/// A window that is over.
#[derive(Clone, Copy, Debug)]
struct Over {
    /// A time within it.
    seen: Nanos,
    used: u64,
    warned: bool,
}

// ===== impl Calendar =====

impl Calendar {
    pub(super) const fn new() -> Self {
        Self {
            start: 0,
            end: 0,
            used: 0,
            warned: false,
            seen: 0,
            number: 0,
            over: Vec::new(),
        }
    }

    /// What a store kept, in a window of this quota.
    pub(super) fn restored(quota: &PreparedQuota, seen: Nanos, used: u64, warned: bool) -> Self {
        let (start, end) = quota.window.around(&quota.zone, seen);
        Self {
            start,
            end,
            used,
            warned,
            seen,
            number: 0,
            over: Vec::new(),
        }
    }

    /// Begins the window of `now`, if that is another one.
    pub(super) fn settle(&mut self, quota: &PreparedQuota, now: Nanos) {
        if now >= self.end {
            self.remember();
            (self.start, self.end) = quota.window.around(&quota.zone, now);
            self.used = 0;
            self.warned = false;
            self.number = self.number.wrapping_add(1);
        } else if now < self.start.saturating_sub(STILL) {
            // The clock was set back, so the window of now was never over: what was counted of it counts again, with
            // what was counted since.
            (self.start, self.end) = quota.window.around(&quota.zone, now);
            self.over.retain(|over| over.seen < self.end);
            let same = self.over.pop_if(|over| over.seen >= self.start);
            if let Some(over) = same {
                self.used = self.used.saturating_add(over.used);
                self.warned |= over.warned;
            }
            self.seen = now;
        }
        self.seen = self.seen.max(now).clamp(self.start, self.end - 1);
    }

    fn remember(&mut self) {
        if self.used == 0 {
            return;
        }
        if self.over.len() >= REMEMBERED {
            self.over.remove(0);
        }
        self.over.push(Over {
            seen: self.seen,
            used: self.used,
            warned: self.warned,
        });
    }

    /// Adds what was counted of the same window elsewhere. Of two windows the later one counts.
    pub(super) fn absorb(&mut self, kept: &Self) {
        if kept.start == self.start && self.end > 0 {
            self.used = self.used.saturating_add(kept.used);
            self.warned |= kept.warned;
            self.seen = self.seen.max(kept.seen);
        } else if kept.start > self.start || self.end == 0 {
            let number = self.number.wrapping_add(1);
            *self = Self {
                number,
                ..kept.clone()
            };
        }
    }

    /// Its first instant.
    pub(super) const fn start(&self) -> Nanos {
        self.start
    }

    /// When the window ends.
    pub(super) const fn end(&self) -> Nanos {
        self.end
    }

    pub(super) const fn take(&mut self, cost: u64) -> u64 {
        self.used = self.used.saturating_add(cost);
        self.number
    }

    pub(super) const fn give_back(&mut self, number: u64, cost: u64) -> bool {
        let same = number == self.number;
        if same {
            self.used = self.used.saturating_sub(cost);
        }
        same
    }

    /// All of it is used, and no receipt from before changes that.
    pub(super) fn fill(&mut self, limit: u64) {
        self.used = self.used.max(limit);
        self.number = self.number.wrapping_add(1);
    }
}
