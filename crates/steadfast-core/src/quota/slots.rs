//! The count of a rolling window, in bounded memory.
//!
//! Uses within a 48th of the window make one slot, which is forgotten when the latest of them is as old as the window.
//! That errs to one side only: a use may count for longer than it must, never for less. Slots lie at least a 48th apart,
//! so there are about 50; a clock that is set back again and again can squeeze in more, and then the oldest are joined.

use super::Nanos;
use super::saved::{MOST, Saved};

/// A group of uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) first: Nanos,
    pub(super) last: Nanos,
    pub(super) count: u64,
    /// Which group it is, for receipts.
    number: u64,
}

/// The groups, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Those that were forgotten last, for a clock that was wrong and is set back.
    over: Vec<Slot>,
    pub(super) window: Nanos,
    /// When a warning was given.
    pub(super) warned: Option<Nanos>,
    next: u64,
}
/// Into how many parts a window falls.
const PARTS: u64 = 48;
/// A clock that goes back by less stands still; several threads read it, and services correct it.
pub(super) const STILL: Nanos = 60 * super::SECOND;

// ===== impl Slots =====

impl Slots {
    pub(super) const fn new(window: Nanos) -> Self {
        Self {
            slots: Vec::new(),
            over: Vec::new(),
            window,
            warned: None,
            next: 0,
        }
    }

    /// Adds what was counted elsewhere. Groups that begin within one part are joined, which errs to the side that the
    /// rest errs to: a use may count for up to two parts longer than it must.
    pub(super) fn absorb(&mut self, saved: &Saved) {
        self.warned = self.warned.max(saved.warned);
        let added = saved.uses.iter().map(|kept| {
            let number = self.next;
            self.next = self.next.wrapping_add(1);
            Slot {
                first: kept.first,
                last: kept.last,
                count: kept.count,
                number,
            }
        });
        let added: Vec<_> = added.collect();
        if self.slots.is_empty() {
            self.slots = added;
            return;
        }
        // Stable, and what was here comes first: a group that is joined keeps its number, and with it its receipts.
        self.slots.extend(added);
        self.slots.sort_by_key(|slot| slot.first);
        let part = self.part();
        self.slots.dedup_by(|next, group| {
            let joins = next.first < group.first.saturating_add(part);
            // A use never ends before one that began earlier, so that the groups stay in order.
            next.last = next.last.max(group.last);
            if joins {
                group.last = next.last;
                group.count = group.count.saturating_add(next.count);
                group.number = group.number.min(next.number);
            }
            joins
        });
        while self.slots.len() > MOST {
            self.join_oldest();
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Slot> {
        self.slots.iter()
    }

    /// Forgets what is old, and brings what lies in the future to `now`. Gives the time that counts.
    pub(super) fn settle(&mut self, now: Nanos) -> Nanos {
        let newest = self.slots.last().map_or(0, |slot| slot.last);
        let now = match newest.checked_sub(now) {
            Some(back) if back > STILL => {
                self.set_back(now);
                now
            }
            Some(_) => newest,
            None => now,
        };
        let window = self.window;
        let kept = |slot: &Slot| now < slot.last.saturating_add(window);
        // They are in order: once one is kept, all that follow are kept.
        let over = self.slots.iter().position(kept).unwrap_or(self.slots.len());
        if over > 0 {
            self.over = self.slots.drain(..over).collect();
        }
        self.warned = self
            .warned
            .map(|warned| warned.min(now))
            .filter(|warned| now < warned.saturating_add(window));
        now
    }

    fn set_back(&mut self, now: Nanos) {
        // Those that were forgotten may not be old enough yet.
        self.slots.append(&mut self.over);
        self.slots.sort_by_key(|slot| slot.last);
        let past = self.slots.partition_point(|slot| slot.last <= now);
        let mut joined: Option<Slot> = None;
        for slot in self.slots.drain(past..) {
            joined = Some(Slot {
                first: joined.map_or(slot.first, |before| before.first).min(now),
                last: now,
                count: slot
                    .count
                    .saturating_add(joined.map_or(0, |before| before.count)),
                number: slot.number,
            });
        }
        self.slots.extend(joined);
        while self.slots.len() > MOST {
            self.join_oldest();
        }
    }

    pub(super) fn used(&self) -> u64 {
        let counts = self.slots.iter().map(|slot| slot.count);
        counts.fold(0, u64::saturating_add)
    }

    /// Notes a use at a time that is not before the newest one.
    pub(super) fn take(&mut self, now: Nanos, cost: u64) -> u64 {
        let part = self.part();
        match self.slots.last_mut() {
            Some(slot) if now < slot.first.saturating_add(part) => {
                slot.last = slot.last.max(now);
                slot.count = slot.count.saturating_add(cost);
                slot.number
            }
            _ => self.push(now, now, cost),
        }
    }

    fn part(&self) -> Nanos {
        (self.window / PARTS).max(1)
    }

    fn join_oldest(&mut self) {
        let oldest = self.slots.remove(0);
        if let Some(slot) = self.slots.first_mut() {
            slot.first = oldest.first;
            slot.count = slot.count.saturating_add(oldest.count);
        }
    }

    fn push(&mut self, first: Nanos, last: Nanos, count: u64) -> u64 {
        if self.slots.len() >= MOST {
            self.join_oldest();
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.slots.push(Slot {
            first,
            last,
            count,
            number,
        });
        number
    }

    /// Takes a use out of its group, if that is still there.
    pub(super) fn give_back(&mut self, number: u64, cost: u64) -> bool {
        let mut slots = self.slots.iter_mut();
        let Some(slot) = slots.find(|slot| slot.number == number) else {
            return false;
        };
        slot.count = slot.count.saturating_sub(cost);
        true
    }

    /// Uses what is left, and no receipt from before changes that.
    pub(super) fn fill(&mut self, now: Nanos, limit: u64) {
        let left = limit.saturating_sub(self.used());
        if left > 0 {
            self.take(now, left);
        }
        for slot in &mut self.slots {
            slot.number = self.next;
            self.next = self.next.wrapping_add(1);
        }
    }

    /// When at most so many will be in use, here and by others.
    pub(super) fn shrinks_to(&self, others: &Self, most: u64, now: Nanos) -> Nanos {
        let mut slots: Vec<_> = self.slots.iter().chain(&others.slots).collect();
        slots.sort_by_key(|slot| slot.last);
        let (mut used, mut at) = (self.used().saturating_add(others.used()), now);
        for slot in slots {
            if used <= most {
                break;
            }
            used = used.saturating_sub(slot.count);
            at = slot.last.saturating_add(self.window);
        }
        at
    }
}
