//! The counter of one quota.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Instant, SystemTime};

use steadfast_core::quota::{Ledger, PreparedQuota, Spent, Taken};

use super::book::Shared;
use crate::principal::Principal;
use crate::store::{Count, Secret};

/// The counter of one quota, shared by all who draw on it.
pub struct Counter {
    key: Key,
    ledger: Mutex<Ledger>,
    /// The revision of the ledger that the store has.
    kept: AtomicU64,
    /// Whether the first attempt has to wait for the store.
    waits: AtomicBool,
    /// Until when it waits; set by the first that does.
    until: OnceLock<Instant>,
    /// One asks the store; who comes meanwhile waits for that one.
    asking: tokio::sync::Mutex<()>,
    /// Whether the store said what this book had kept there before.
    is_loaded: AtomicBool,
    /// Somebody asked for it since the book was full.
    pub(super) used: AtomicBool,
    /// The book, where it has a store.
    book: Weak<Shared>,
}

/// What tells quotas apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    text: String,
    principal: Option<Principal>,
}

// ===== impl Counter =====

impl Counter {
    pub(super) fn new(key: Key, quota: &PreparedQuota, book: Option<&Arc<Shared>>) -> Self {
        Self {
            key,
            ledger: Mutex::new(Ledger::new(quota.clone())),
            kept: AtomicU64::new(0),
            waits: AtomicBool::new(book.is_some()),
            until: OnceLock::new(),
            asking: tokio::sync::Mutex::default(),
            is_loaded: AtomicBool::new(book.is_none()),
            used: AtomicBool::new(true),
            book: book.map(Arc::downgrade).unwrap_or_default(),
        }
    }

    /// The count. Lock it for the decision only, and do not hold it over an `.await`.
    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        // A panic elsewhere leaves numbers behind that are as good as any.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a request costs, and has it kept within a second.
    ///
    /// # Errors
    /// [`Spent`]: nothing was taken.
    pub fn take(&self, now: SystemTime, cost: u32) -> Result<Taken, Spent> {
        let taken = self.lock().take(now, cost)?;
        self.touched();
        Ok(taken)
    }

    /// Has what changed in the ledger kept within a second.
    pub fn touched(&self) {
        if let Some(book) = self.book.upgrade() {
            book.schedule();
        }
    }

    /// Whether nobody has to wait for the store any more.
    #[must_use]
    #[inline]
    pub fn is_ready(&self) -> bool {
        !self.waits.load(Ordering::Acquire)
    }

    /// Ready when the store said what was counted before, or when the deadline for that has passed; at once from then
    /// on, and always without a store. Nobody waits longer than until `latest`.
    ///
    /// # Cancel safety
    /// Somebody else who waits asks the store again.
    pub async fn ready(&self, latest: Option<Instant>) {
        if self.is_ready() {
            return;
        }
        if let Some(book) = self.book.upgrade() {
            book.load_first(self, latest).await;
        }
    }

    /// Goes on without the store.
    pub(super) fn gives_up(&self) {
        self.waits.store(false, Ordering::Release);
    }

    pub(super) fn until(&self, otherwise: impl FnOnce() -> Instant) -> Instant {
        *self.until.get_or_init(otherwise)
    }

    pub(super) async fn asks(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking.lock().await
    }

    /// What the store has under its key.
    pub(super) fn learn(&self, writer: u64, counts: &[&Count]) {
        let mut ledger = self.lock();
        let (own, others): (Vec<&Count>, Vec<&Count>) =
            counts.iter().partition(|count| count.writer == writer);
        ledger.learn(others.iter().map(|count| &count.saved));
        // Once: later, the store has what it got from here.
        if !self.is_loaded.swap(true, Ordering::AcqRel) {
            for count in own {
                ledger.absorb(&count.saved);
            }
        }
        drop(ledger);
        self.gives_up();
    }

    /// Its count for the store, with the revision of the ledger.
    pub(super) fn count(&self, secret: Option<Secret>, writer: u64) -> Option<(Count, u64)> {
        let key = self.key.stored(secret)?;
        let ledger = self.lock();
        let count = Count::new(key, writer, ledger.save());
        Some((count, ledger.revision()))
    }

    pub(super) fn kept(&self, revision: u64) {
        self.kept.store(revision, Ordering::Release);
    }

    /// Whether the store does not have what it says.
    pub(super) fn is_dirty(&self) -> bool {
        self.lock().revision() != self.kept.load(Ordering::Acquire)
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    pub(super) const fn key(&self) -> &Key {
        &self.key
    }
}

/// Ready when all of them are, within the time for one.
#[cfg(feature = "throttle")]
pub(crate) async fn all_ready(counters: Vec<Arc<Counter>>, latest: Option<Instant>) {
    // Those that wait for another one do so in their own time.
    for counter in counters.iter().filter(|counter| !counter.is_ready()) {
        if let Some(book) = counter.book.upgrade() {
            counter.until(|| book.latest_answer());
        }
    }
    for counter in counters {
        counter.ready(latest).await;
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("key", &self.key.text)
            .field("ledger", &*self.lock())
            .finish_non_exhaustive()
    }
}

// ===== impl Key =====

impl Key {
    pub(super) fn new(key: &str, quota: &PreparedQuota, principal: Option<Principal>) -> Self {
        let text = format!("{} {} {key}", quota.scope(), quota.window());
        Self { text, principal }
    }

    /// As a store gets it. Without its secret, a principal has no name there.
    pub(super) fn stored(&self, secret: Option<Secret>) -> Option<String> {
        let Some(principal) = self.principal else {
            return Some(self.text.clone());
        };
        let number = principal.kept_as(secret?);
        Some(format!("{} credential {number:016x}", self.text))
    }
}
