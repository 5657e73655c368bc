//! Counts that have no room in the table of counters, packed into few bytes each.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::SystemTime;

use steadfast_core::quota::{Ledger, Saved};

use super::counter::Key;

/// So many bytes in all: room for about 300,000 quotas of the calendar, or 20,000 rolling ones.
const MOST_BYTES: usize = 32 << 20;
/// What an entry takes beside the bytes of its count.
const ENTRY: usize = 48;

/// The counts, by hashes of their keys.
pub(super) struct Packed {
    keys: RandomState,
    counts: HashMap<u64, Count>,
    bytes: usize,
    most: usize,
}

struct Count {
    bytes: Box<[u8]>,
    is_used_up: bool,
}

// ===== impl Packed =====

impl Packed {
    pub(super) fn new() -> Self {
        Self::of_size(MOST_BYTES)
    }

    fn of_size(most: usize) -> Self {
        Self {
            keys: RandomState::new(),
            counts: HashMap::new(),
            bytes: 0,
            most,
        }
    }

    /// Packs a count; says whether that made it forget others, which are still of use.
    pub(super) fn put(&mut self, key: &Key, ledger: &Ledger, now: SystemTime) -> bool {
        let bytes = ledger.save().to_bytes().into_boxed_slice();
        let is_used_up = ledger.status(now).left == 0;
        let forgets = self.bytes + bytes.len() + ENTRY > self.most && self.make_room(now);
        self.bytes += bytes.len() + ENTRY;
        let count = Count { bytes, is_used_up };
        let before = self.counts.insert(self.keys.hash_one(key), count);
        self.bytes -= before.map_or(0, |before| before.bytes.len() + ENTRY);
        forgets
    }

    /// Unpacks a count.
    pub(super) fn take(&mut self, key: &Key) -> Option<Saved> {
        if self.counts.is_empty() {
            return None;
        }
        let count = self.counts.remove(&self.keys.hash_one(key))?;
        self.bytes -= count.bytes.len() + ENTRY;
        Saved::from_bytes(&count.bytes).ok()
    }

    /// First goes what is over, then what is not used up, then half of the rest.
    fn make_room(&mut self, now: SystemTime) -> bool {
        let is_over = |count: &Count| {
            let saved = Saved::from_bytes(&count.bytes);
            saved.map_or(true, |saved| saved.stale_at() <= now)
        };
        let enough = self.most / 4 * 3;
        self.retain(|count| !is_over(count));
        if self.bytes <= enough {
            return false;
        }
        let mut surplus = self.bytes - enough;
        self.retain(|count| {
            let stays = count.is_used_up || surplus == 0;
            if !stays {
                surplus = surplus.saturating_sub(count.bytes.len() + ENTRY);
            }
            stays
        });
        if self.bytes > enough {
            let mut keep = false;
            self.retain(|_| {
                keep = !keep;
                keep
            });
        }
        true
    }

    fn retain(&mut self, mut stays: impl FnMut(&Count) -> bool) {
        self.counts.retain(|_, count| stays(count));
        let sizes = self.counts.values().map(|count| count.bytes.len() + ENTRY);
        self.bytes = sizes.sum();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use steadfast_core::Quota;

    use super::*;
    use crate::clock;

    #[test]
    fn what_is_used_up_is_forgotten_last_and_what_is_over_first() {
        let quota = Quota::per(2, Duration::from_secs(3600)).prepare().unwrap();
        let now = clock::wall();
        let used = |at: SystemTime, cost| {
            let mut ledger = Ledger::new(quota.clone());
            ledger.take(at, cost).unwrap();
            ledger
        };
        let key = |n: usize| Key::new(&n.to_string(), &quota, None);
        let size = used(now, 1).save().to_bytes().len() + ENTRY;
        let mut packed = Packed::of_size(size * 100);
        for n in 0..80 {
            let before = now - Duration::from_secs(7200);
            assert!(!packed.put(&key(n), &used(before, 1), before));
        }
        for n in 100..150 {
            assert!(!packed.put(&key(n), &used(now, 2), now), "there is room");
        }
        let forgot = (200..300).filter(|n| packed.put(&key(*n), &used(now, 1), now));
        assert!(forgot.count() > 0);
        assert!(packed.bytes <= packed.most);
        for n in 100..150 {
            assert!(packed.take(&key(n)).is_some(), "{n}");
        }
        assert!(packed.take(&key(100)).is_none(), "it was taken");
    }
}
