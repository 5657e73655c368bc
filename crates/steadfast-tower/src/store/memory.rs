//! A store in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Count, Identity, Secret, Store, StoreFuture};
use crate::clock;

/// The most keys that are kept.
const MOST: usize = 16_384;

/// A store that ends with the process: for several [`Policies`] that share their quotas, and for tests.
///
/// Clones share their counts. At most 16,384 keys are kept; when there are more, those whose windows are over are
/// forgotten first.
///
/// Policies that are given no store count in memory, too, each for themselves, and need none of this.
///
/// [`Policies`]: https://docs.rs/steadfast/latest/steadfast/struct.Policies.html
#[derive(Clone)]
pub struct MemoryStore {
    shelf: Arc<Shelf>,
}

struct Shelf {
    counts: Mutex<HashMap<String, Vec<Count>>>,
    next: AtomicU64,
    secret: Secret,
}

// ===== impl MemoryStore =====

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let shelf = Shelf {
            counts: Mutex::default(),
            next: AtomicU64::new(0),
            secret: Secret::random(),
        };
        Self {
            shelf: Arc::new(shelf),
        }
    }

    fn put(&self, counts: impl Iterator<Item = Count>) {
        let mut kept = self.shelf.counts();
        for count in counts {
            if kept.len() >= MOST && !kept.contains_key(&count.key) {
                make_room(&mut kept);
            }
            let writers = kept.entry(count.key.clone()).or_default();
            match writers.iter_mut().find(|kept| kept.writer == count.writer) {
                Some(kept) => *kept = count,
                None => writers.push(count),
            }
        }
    }
}

impl Shelf {
    fn counts(&self) -> MutexGuard<'_, HashMap<String, Vec<Count>>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(kept: &mut HashMap<String, Vec<Count>>) {
    let now = clock::wall();
    kept.retain(|_, writers| {
        writers.retain(|count| count.stale_at() > now);
        !writers.is_empty()
    });
    if kept.len() >= MOST {
        // All of them still count; which half goes is no longer a question of merit.
        let mut keep = false;
        kept.retain(|_, _| {
            keep = !keep;
            keep
        });
    }
}

impl Store for MemoryStore {
    fn identity(&self, _: Instant) -> StoreFuture<'_, Identity> {
        let writer = self.shelf.next.fetch_add(1, Ordering::Relaxed);
        StoreFuture::ready(Ok(Identity::with_writer(self.shelf.secret, writer)))
    }

    fn load<'a>(&'a self, keys: &'a [String], _: Instant) -> StoreFuture<'a, Vec<Count>> {
        let kept = self.shelf.counts();
        let counts = keys.iter().filter_map(|key| kept.get(key)).flatten();
        StoreFuture::ready(Ok(counts.cloned().collect()))
    }

    fn keep<'a>(&'a self, counts: &'a [Count], _: Instant) -> StoreFuture<'a, ()> {
        self.put(counts.iter().cloned());
        StoreFuture::ready(Ok(()))
    }

    fn keep_last(self: Arc<Self>, counts: Vec<Count>) {
        self.put(counts.into_iter());
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(..)")
    }
}

#[cfg(test)]
mod tests {
    use steadfast_core::Quota;
    use steadfast_core::quota::Ledger;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_crawler_does_not_grow_it_without_end() {
        let store = MemoryStore::new();
        let mut over = Ledger::new(Quota::per_day(9).prepare().unwrap());
        over.take(std::time::UNIX_EPOCH, 1).unwrap();
        let mut runs = over.clone();
        runs.take(clock::wall(), 1).unwrap();
        let keep = async |key: &str, ledger: &Ledger| {
            let count = Count::new(key, 0, ledger.save());
            store.keep(&[count], clock::now()).await.unwrap();
        };
        let has = async |key: &str| {
            let counts = store.load(&[key.to_owned()], clock::now()).await;
            !counts.unwrap().is_empty()
        };
        keep("runs", &runs).await;
        for n in 0..MOST {
            keep(&n.to_string(), &over).await;
        }
        assert!(has("runs").await, "those that are over go first");
        assert!(!has("0").await);
        for n in 0..MOST * 2 {
            keep(&n.to_string(), &runs).await;
            assert!(store.shelf.counts().len() <= MOST);
        }
    }
}
