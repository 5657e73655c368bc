//! The ledgers of all quotas by their keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steadfast_core::quota::{Ledger, PreparedQuota, Saved};

use super::store::{QuotaStore, StoreError};
use crate::clock;
use crate::principal::Fingerprints;

/// The most ledgers in memory, those not counted that somebody holds.
pub const MOST: usize = 4096;

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
/// let ledger = book.ledger("https://api.example.com", &plan);
/// let left = ledger.lock().map(|mut ledger| ledger.take(SystemTime::UNIX_EPOCH, 1));
/// # drop(left);
/// # Ok(())
/// # }
/// ```
pub struct QuotaBook {
    entries: Mutex<HashMap<String, Entry>>,
    store: Option<Box<dyn QuotaStore>>,
    fingerprints: Fingerprints,
}

struct Entry {
    ledger: Arc<Mutex<Ledger>>,
    /// The revision that the store has.
    saved: u64,
    /// Somebody asked for it since the book was full.
    used: bool,
}

/// A ledger whose state the store does not have.
struct Change {
    ledger: Arc<Mutex<Ledger>>,
    revision: u64,
}

// ===== impl QuotaBook =====

impl QuotaBook {
    /// A book whose counts end with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::with(None, Fingerprints::default())
    }

    /// A book whose counts go on where a store has them. They are kept when [`save`](Self::save) is called, and when
    /// the book is dropped.
    #[must_use]
    pub fn stored(store: impl QuotaStore + 'static) -> Self {
        let fingerprints = Fingerprints::keyed(store.secret());
        Self::with(Some(Box::new(store)), fingerprints)
    }

    fn with(store: Option<Box<dyn QuotaStore>>, fingerprints: Fingerprints) -> Self {
        let entries = Mutex::default();
        Self {
            entries,
            store,
            fingerprints,
        }
    }

    /// The ledger of a quota. `key` says whose it is (an endpoint, an origin, an identity); quotas of different windows
    /// or scopes under one key have ledgers of their own. All who ask with the same key share a ledger and its numbers,
    /// which are those of whoever asked last, so give all of them the same.
    ///
    /// Keep it as long as it is used, and lock it for the decision only.
    #[must_use]
    pub fn ledger(&self, key: &str, quota: &PreparedQuota) -> Arc<Mutex<Ledger>> {
        let key = format!("{} {} {key}", quota.scope(), quota.window());
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(&key) {
            entry.used = true;
            let mut ledger = lock(&entry.ledger);
            if ledger.quota() != quota {
                ledger.adopt(quota.clone());
            }
            return Arc::clone(&entry.ledger);
        }
        if entries.len() >= MOST {
            drop(entries);
            self.make_room();
            entries = self.entries();
        }
        let kept = self.store.as_ref().and_then(|store| store.load(&key));
        let ledger = match kept {
            Some(saved) => Ledger::restore(quota.clone(), &saved),
            None => Ledger::new(quota.clone()),
        };
        // Another thread may have been first.
        let entry = entries.entry(key).or_insert_with(|| Entry {
            saved: ledger.revision(),
            ledger: Arc::new(Mutex::new(ledger)),
            used: true,
        });
        Arc::clone(&entry.ledger)
    }

    /// What makes numbers of principals, to stand in keys. They are always the same over one store, and nothing
    /// elsewhere.
    #[must_use]
    pub fn fingerprints(&self) -> Fingerprints {
        self.fingerprints.clone()
    }

    /// Whether there is something that the store does not have.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.store.is_some() && self.entries().values().any(Entry::is_dirty)
    }

    /// Gives the store what changed since the last time; says how many ledgers that were. Blocks as long as the store
    /// does: not for a thread that drives futures.
    ///
    /// # Errors
    /// The store could not keep them. They are offered again.
    pub fn save(&self) -> Result<usize, StoreError> {
        let Some(store) = &self.store else {
            return Ok(0);
        };
        let (counts, changes) = self.changes();
        if counts.is_empty() {
            return Ok(0);
        }
        store.keep(&counts)?;
        let mut entries = self.entries();
        for ((key, _), change) in counts.iter().zip(changes) {
            if let Some(entry) = entries.get_mut(key) {
                // It may have gone and come again meanwhile.
                if Arc::ptr_eq(&entry.ledger, &change.ledger) {
                    entry.saved = change.revision;
                }
            }
        }
        Ok(counts.len())
    }

    fn changes(&self) -> (Vec<(String, Saved)>, Vec<Change>) {
        let entries = self.entries();
        let dirty = entries.iter().filter(|(_, entry)| entry.is_dirty());
        let changes = dirty.map(|(key, entry)| {
            let (saved, revision) = {
                let ledger = lock(&entry.ledger);
                (ledger.save(), ledger.revision())
            };
            let ledger = Arc::clone(&entry.ledger);
            ((key.clone(), saved), Change { ledger, revision })
        });
        changes.unzip()
    }

    #[cold]
    fn make_room(&self) {
        self.forget(|entry| !entry.is_dirty());
        if self.entries().len() < MOST {
            return;
        }
        if self.save().is_ok_and(|saved| saved > 0) {
            self.forget(|entry| !entry.is_dirty());
            return;
        }
        // Without a store, or with one that is out of order, memory is bounded all the same.
        self.forget(|entry| !std::mem::replace(&mut entry.used, false));
        if self.entries().len() >= MOST {
            // All of them were used; which half goes is no longer a question of merit.
            let mut keep = false;
            self.forget(|_| {
                keep = !keep;
                !keep
            });
        }
    }

    /// Forgets what nobody holds: what `may` go, and without a store what says nothing. (Where there is one, a count
    /// that was given back has to get there first.)
    fn forget(&self, mut may: impl FnMut(&mut Entry) -> bool) {
        let now = clock::wall();
        self.entries().retain(|_, entry| {
            let held = Arc::strong_count(&entry.ledger) > 1;
            let empty = self.store.is_none() && lock(&entry.ledger).is_empty(now);
            held || !(empty || may(entry))
        });
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        lock(&self.entries)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }
}

impl Entry {
    fn is_dirty(&self) -> bool {
        lock(&self.ledger).revision() != self.saved
    }
}

/// A panic elsewhere leaves numbers behind that are as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for QuotaBook {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl Drop for QuotaBook {
    /// Keeps what changed.
    fn drop(&mut self) {
        if let Err(error) = self.save() {
            tracing::warn!(target: "steadfast", error = &error as &dyn std::error::Error, "counts of quotas are lost");
        }
    }
}

impl fmt::Debug for QuotaBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaBook")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
