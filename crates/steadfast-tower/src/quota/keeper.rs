//! What stands between a book and its store: asks it, keeps counts there, and bears with it when it does not answer.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::AbortHandle;

use super::book::Shared;
use super::counter::Counter;
use crate::clock;
use crate::store::{Count, Identity, Store, StoreError};

/// How long what was taken may be unknown to the store.
const EVERY: Duration = Duration::from_secs(1);
/// A store that fails is asked again after up to so many times that.
const RARELY: u32 = 64;
/// How long the store may take where nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that a call may be told to wait.
const LONGEST: Duration = Duration::from_secs(3600);
/// A task that is so late belongs to a runtime that stands still.
const STALLED: Duration = Duration::from_secs(60);

/// A store with what is known of it.
pub(super) struct Keeper {
    store: Arc<dyn Store>,
    /// How long a call waits for it.
    deadline: Duration,
    identity: OnceCell<Identity>,
    /// Two that keep at the same time could overtake each other.
    saving: Mutex<Saving>,
    task: Mutex<Option<Task>>,
    /// It did not answer, and calls no longer wait for it.
    fails: AtomicBool,
    failures: AtomicU32,
}

/// Held by the one that saves. Another one takes its place when the holder belongs to a runtime that stands still.
type Saving = Arc<tokio::sync::Mutex<()>>;

/// The task that will save.
struct Task {
    at: Instant,
    handle: AbortHandle,
}

// ===== impl Keeper =====

impl Keeper {
    pub(super) fn new(store: Arc<dyn Store>, deadline: Duration) -> Self {
        Self {
            store,
            deadline: deadline.min(LONGEST),
            identity: OnceCell::new(),
            saving: Mutex::default(),
            task: Mutex::default(),
            fails: AtomicBool::new(false),
            failures: AtomicU32::new(0),
        }
    }

    async fn identity(&self, deadline: Instant) -> Result<Identity, StoreError> {
        // Who asks for all may belong to a runtime that stands still, so the others do not wait for it without end.
        let ask = || within(deadline, self.store.identity(deadline));
        let identity = within(deadline, self.identity.get_or_try_init(ask)).await;
        identity.copied()
    }

    /// Brings to some counters what the store has of them.
    async fn load(&self, counters: &[&Counter], deadline: Instant) -> Result<(), StoreError> {
        let Identity { writer, secret } = self.identity(deadline).await?;
        let keys = counters.iter();
        let keys: Vec<_> = keys
            .filter_map(|counter| counter.key().stored(Some(secret)))
            .collect();
        let counts = within(deadline, self.store.load(&keys, deadline)).await?;
        let mut by_key: HashMap<&str, Vec<&Count>> = HashMap::new();
        for count in &counts {
            by_key.entry(&count.key).or_default().push(count);
        }
        for (counter, key) in counters.iter().zip(&keys) {
            let counts = by_key.get(key.as_str());
            counter.learn(writer, counts.map_or(&[], Vec::as_slice));
        }
        Ok(())
    }

    /// Gives the store what it does not have. What this book had kept there before has to be known first: keeping
    /// replaces it.
    async fn save(
        &self,
        counters: &[Arc<Counter>],
        deadline: Instant,
    ) -> Result<usize, StoreError> {
        let all: Vec<_> = counters.iter().map(Arc::as_ref).collect();
        let unknown = all.iter().copied().filter(|counter| !counter.is_loaded());
        let unknown: Vec<_> = unknown.collect();
        if !unknown.is_empty() {
            self.load(&unknown, deadline).await?;
        }
        let Identity { writer, secret } = self.identity(deadline).await?;
        let dirty = all.into_iter().filter(|counter| counter.is_dirty());
        let dirty: Vec<_> = dirty.collect();
        if dirty.is_empty() {
            return Ok(0);
        }
        let counts = dirty.iter();
        let counts = counts.filter_map(|counter| counter.count(Some(secret), writer));
        let (counts, revisions): (Vec<_>, Vec<_>) = counts.unzip();
        within(deadline, self.store.keep(&counts, deadline)).await?;
        for (counter, revision) in dirty.iter().zip(revisions) {
            counter.kept(revision);
        }
        self.load(&dirty, deadline).await?;
        Ok(counts.len())
    }

    /// What is left when the book is dropped. A counter of which the store has not said what it has may replace nothing,
    /// so it is kept for a writer that is new.
    pub(super) fn keep_last(&self, counters: &[Arc<Counter>]) {
        let identity = self.identity.get();
        let secret = identity.map(|identity| identity.secret);
        let stranger = crate::store::random();
        let dirty = counters.iter().filter(|counter| counter.is_dirty());
        let counts = dirty.filter_map(|counter| {
            let own = identity.filter(|_| counter.is_loaded());
            let writer = own.map_or(stranger, |identity| identity.writer);
            counter.count(secret, writer)
        });
        let counts: Vec<_> = counts.map(|(count, _)| count).collect();
        if !counts.is_empty() {
            Arc::clone(&self.store).keep_last(counts);
        }
    }

    /// It did not answer, or with an error: says so once, until it answers again.
    fn failed(&self, error: &StoreError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if !self.fails.swap(true, Ordering::Relaxed) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(
                target: "steadfast",
                error,
                "the store of quotas does not answer; counting goes on in memory",
            );
        }
    }

    /// It answered. Calls wait for it again, if it was as quick as they need it.
    fn answered(&self, took: Duration) {
        self.failures.store(0, Ordering::Relaxed);
        if took <= self.deadline && self.fails.swap(false, Ordering::Relaxed) {
            tracing::info!(target: "steadfast", "the store of quotas answers again");
        }
    }

    fn wait(&self) -> Duration {
        let failures = self.failures.load(Ordering::Relaxed);
        EVERY * RARELY.min(1_u32.checked_shl(failures).unwrap_or(RARELY))
    }

    /// Waits until nobody else saves. A save ends within its time, so one that takes longer is not polled any more. If it
    /// goes on after all, what it keeps is old: the counter is dirty then, and is kept again.
    async fn saving(&self) -> tokio::sync::OwnedMutexGuard<()> {
        loop {
            let saving = Arc::clone(&self.lock_saving());
            let until = clock::now() + PATIENCE;
            let turn = Arc::clone(&saving).lock_owned();
            if let Ok(turn) = tokio::time::timeout_at(until.into(), turn).await {
                return turn;
            }
            let mut current = self.lock_saving();
            if Arc::ptr_eq(&current, &saving) {
                *current = Saving::default();
            }
        }
    }

    fn lock_saving(&self) -> MutexGuard<'_, Saving> {
        self.saving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn task(&self) -> MutexGuard<'_, Option<Task>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn within<T>(
    deadline: Instant,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout_at(deadline.into(), answer).await;
    answer.unwrap_or_else(|late| Err(StoreError::new(late)))
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

// ===== impl Shared =====

impl Shared {
    /// The latest that a call waits for the store which asks it now.
    pub(super) fn latest_answer(&self) -> Instant {
        let deadline = self.keeper.as_ref().map(|keeper| keeper.deadline);
        clock::now() + deadline.unwrap_or_default()
    }

    /// The first attempt that uses a counter asks the store.
    pub(super) async fn load_first(self: &Arc<Self>, counter: &Counter, latest: Option<Instant>) {
        let Some(keeper) = &self.keeper else {
            return;
        };
        if keeper.fails.load(Ordering::Relaxed) {
            counter.gives_up();
            return self.schedule();
        }
        let deadline = counter.until(|| self.latest_answer());
        let until = latest.map_or(deadline, |latest| latest.min(deadline));
        let load = async {
            let _asks = counter.asks().await;
            match counter.is_ready() {
                true => Ok(()),
                false => keeper.load(&[counter], deadline).await,
            }
        };
        let error = match tokio::time::timeout_at(until.into(), load).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(late) if clock::now() >= deadline => StoreError::new(late),
            // This call has no more time. The next one may have.
            Err(_) => return,
        };
        counter.gives_up();
        keeper.failed(&error);
        self.schedule();
    }

    pub(super) async fn save(&self) -> Result<usize, StoreError> {
        let Some(keeper) = &self.keeper else {
            return Ok(0);
        };
        let _saves = keeper.saving().await;
        let counters = self.unsettled();
        if counters.is_empty() {
            return Ok(0);
        }
        let begin = clock::now();
        let saved = keeper.save(&counters, begin + PATIENCE).await;
        match &saved {
            Ok(_) => keeper.answered(clock::now().saturating_duration_since(begin)),
            Err(error) => keeper.failed(error),
        }
        saved
    }

    /// Sees to it that a task saves soon. Without a runtime, that is left to the next one who has one.
    pub(super) fn schedule(self: &Arc<Self>) {
        let Some(keeper) = &self.keeper else {
            return;
        };
        let mut task = keeper.task();
        let now = clock::now();
        let runs = task
            .as_ref()
            .is_some_and(|task| !task.handle.is_finished() && now < task.at + STALLED);
        if runs {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let at = now + keeper.wait();
        let handle = runtime.spawn(save_at(Arc::downgrade(self), at));
        let handle = handle.abort_handle();
        let before = task.replace(Task { at, handle });
        drop(task);
        drop(before);
    }
}

/// The book may be dropped meanwhile; it has kept its last counts then.
async fn save_at(book: std::sync::Weak<Shared>, at: Instant) {
    tokio::time::sleep_until(at.into()).await;
    let Some(book) = book.upgrade() else {
        return;
    };
    // What failed was said, and is tried again.
    let _ = book.save().await;
    if let Some(keeper) = &book.keeper {
        let done = keeper.task().take();
        drop(done);
    }
    if !book.unsettled().is_empty() {
        book.schedule();
    }
}
