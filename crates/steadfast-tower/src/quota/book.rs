//! The counters of all quotas by their keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steadfast_core::quota::PreparedQuota;

use super::counter::{Counter, Key};
use super::keeper::Keeper;
use super::packed::Packed;
use crate::clock;
use crate::principal::{Fingerprints, Principal};
use crate::store::{Store, StoreError};

/// The most counters that are ready in memory, beside those that a scope holds. The counts of others are packed into few
/// bytes each (about 300,000 counts of the calendar), or kept in the store.
pub const MOST: usize = 4096;

/// How long the first attempt waits for what a store has kept of a quota, unless set otherwise.
pub const DEADLINE: Duration = Duration::from_secs(1);

/// The counts of all quotas. Share it in an `Arc`.
///
/// ```
/// use std::time::SystemTime;
/// use steadfast_core::Quota;
/// use steadfast_tower::quota::QuotaBook;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let book = QuotaBook::in_memory();
/// let plan = Quota::per_day(1000).prepare()?;
/// let counter = book.counter("https://api.example.com", &plan);
/// let taken = counter.take(SystemTime::UNIX_EPOCH, 1)?;
/// assert_eq!(taken.left, 999);
/// # Ok(())
/// # }
/// ```
pub struct QuotaBook {
    shared: Arc<Shared>,
    fingerprints: Fingerprints,
}

/// The book, as its counters know it.
pub(super) struct Shared {
    counters: Mutex<HashMap<Key, Arc<Counter>>>,
    /// At so many, room is made: not for each new one, where nothing could be forgotten.
    full_at: AtomicUsize,
    /// Where there is no store, the counts that have no room.
    packed: Mutex<Packed>,
    /// Counts were forgotten that are still of use, and that was said.
    forgot: AtomicBool,
    pub(super) keeper: Option<Keeper>,
}

// ===== impl QuotaBook =====

impl QuotaBook {
    /// A book whose counts end with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::with(None)
    }

    /// A book over a store. The first attempt that draws on a quota waits for the store, until `deadline` has passed
    /// ([`DEADLINE`] is 1 s); what that means stands [there](crate::store).
    #[must_use]
    pub fn stored(store: Arc<dyn Store>, deadline: Duration) -> Self {
        Self::with(Some(Keeper::new(store, deadline)))
    }

    fn with(keeper: Option<Keeper>) -> Self {
        let shared = Shared {
            counters: Mutex::default(),
            full_at: AtomicUsize::new(MOST),
            packed: Mutex::new(Packed::new()),
            forgot: AtomicBool::new(false),
            keeper,
        };
        Self {
            shared: Arc::new(shared),
            fingerprints: Fingerprints::default(),
        }
    }

    /// The counter of a quota. `key` says whose it is (an endpoint, an origin, an identity); quotas of different windows
    /// or scopes under one key have counters of their own. All who ask with the same key share a counter and its numbers,
    /// which are those of whoever asked last, so give all of them the same.
    ///
    /// Over a store, await [`Counter::ready`] before its first use.
    #[must_use]
    pub fn counter(&self, key: &str, quota: &PreparedQuota) -> Arc<Counter> {
        self.shared.counter(Key::new(key, quota, None), quota)
    }

    /// The counter of a quota that each principal has for itself.
    #[must_use]
    pub fn counter_for(
        &self,
        key: &str,
        principal: Principal,
        quota: &PreparedQuota,
    ) -> Arc<Counter> {
        let key = Key::new(key, quota, Some(principal));
        self.shared.counter(key, quota)
    }

    /// What makes the principals of those who use this book.
    #[must_use]
    pub fn fingerprints(&self) -> Fingerprints {
        self.fingerprints.clone()
    }

    /// Whether there is something that the store does not have.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.shared.is_dirty()
    }

    /// Gives the store what changed since the last time, and learns what others used; says how many counts the store
    /// got. This happens by itself within a second; await it before the process ends, so that nothing is lost, or to know
    /// whether it works. It takes 10 s at most, and as long again if another save is under way.
    ///
    /// # Errors
    /// The store failed, or did not answer in time. The counts are offered again.
    ///
    /// # Cancel safety
    /// Counts that were on their way are offered again.
    pub async fn save(&self) -> Result<usize, StoreError> {
        self.shared.save().await
    }

    #[cfg(test)]
    pub(super) fn has_forgotten(&self) -> bool {
        self.shared.forgot.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shared.counters().len()
    }
}

impl Default for QuotaBook {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl fmt::Debug for QuotaBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaBook")
            .field("store", &self.shared.keeper)
            .finish_non_exhaustive()
    }
}

// ===== impl Shared =====

impl Shared {
    fn counter(self: &Arc<Self>, key: Key, quota: &PreparedQuota) -> Arc<Counter> {
        let mut counters = self.counters();
        let full_at = self.full_at.load(Ordering::Relaxed);
        if counters.len() >= full_at && !counters.contains_key(&key) {
            drop(counters);
            self.make_room();
            counters = self.counters();
            let next = counters.len() + MOST / 8;
            let next = if counters.len() < MOST { MOST } else { next };
            self.full_at.store(next, Ordering::Relaxed);
        }
        let counter = counters.entry(key.clone()).or_insert_with(|| {
            let book = self.keeper.is_some().then_some(self);
            let packed = self.packed().take(&key);
            let counter = Counter::new(key, quota, book);
            if let Some(packed) = packed {
                counter.lock().absorb(&packed);
            }
            Arc::new(counter)
        });
        counter.used.store(true, Ordering::Relaxed);
        let counter = Arc::clone(counter);
        drop(counters);
        let mut ledger = counter.lock();
        if ledger.quota() != quota {
            ledger.adopt(quota.clone());
        }
        drop(ledger);
        counter
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.keeper.is_some() && self.counters().values().any(|counter| counter.is_dirty())
    }

    /// Those that the store has to hear of, or to tell of.
    pub(super) fn unsettled(&self) -> Vec<Arc<Counter>> {
        let counters = self.counters();
        let counters = counters.values();
        let unsettled = counters.filter(|counter| counter.is_dirty() || !counter.is_loaded());
        unsettled.cloned().collect()
    }

    #[cold]
    fn make_room(self: &Arc<Self>) {
        if self.keeper.is_some() {
            self.forget(|counter| counter.is_loaded() && !counter.is_dirty());
            let many = self.counters().len();
            if many < MOST {
                return;
            }
            self.schedule();
            if many < 2 * MOST {
                return;
            }
        }
        // Without a store, or with one that is out of order, memory is bounded all the same.
        if self.forget_surplus() && !self.forgot.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "steadfast",
                "too many quotas are counted; counts are forgotten, and those quotas may be exceeded",
            );
        }
    }

    /// Forgets counters that no scope holds, where `may` allows it.
    fn forget(&self, may: impl Fn(&Counter) -> bool) {
        self.counters()
            .retain(|_, counter| Arc::strong_count(counter) > 1 || !may(counter));
    }

    /// Forgets empty counts first, then those that were not used lately, and used-up quotas last. Without a store, counts
    /// are packed. Says whether counts are lost.
    fn forget_surplus(&self) -> bool {
        let now = clock::wall();
        let is_stored = self.keeper.is_some();
        // A count that was given back has to get to the store first.
        self.forget(|counter| !is_stored && counter.lock().is_empty(now));
        let mut counters = self.counters();
        let surplus = counters.len().saturating_sub(MOST / 4 * 3);
        if counters.len() < MOST {
            return false;
        }
        let idle = counters.iter();
        let idle = idle.filter(|(_, counter)| Arc::strong_count(counter) == 1);
        let idle = idle.map(|(key, counter)| {
            let is_used_up = counter.lock().status(now).left == 0;
            let was_used = counter.used.swap(false, Ordering::Relaxed);
            ((is_used_up, was_used), key.clone())
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_by_key(|(rank, _)| *rank);
        let mut loses = false;
        for (_, key) in idle.into_iter().take(surplus) {
            if let Some(counter) = counters.remove(&key) {
                let packed = || self.packed().put(&key, &counter.lock(), now);
                loses |= is_stored || packed();
            }
        }
        loses
    }

    fn packed(&self) -> MutexGuard<'_, Packed> {
        self.packed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counters(&self) -> MutexGuard<'_, HashMap<Key, Arc<Counter>>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    /// Keeps what changed.
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.keep_last(&self.unsettled());
        }
    }
}
