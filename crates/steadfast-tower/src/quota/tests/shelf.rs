//! A store for tests, which can be slow or out of order. What it keeps, it keeps as bytes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use steadfast_core::quota::Ledger;

use super::{plan, yearly};
use crate::clock;
use crate::store::{Count, Identity, Secret, Store, StoreError, StoreFuture};

/// Clones share what is kept.
#[derive(Clone, Debug)]
pub(crate) struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept: Mutex<BTreeMap<(String, u64), Vec<u8>>>,
    secret: [u8; 16],
    is_broken: AtomicBool,
    is_numbered: AtomicBool,
    /// Before it answers.
    takes_ms: AtomicU64,
    asked: AtomicUsize,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self::with_secret([7; 16])
    }

    pub(crate) fn with_secret(secret: [u8; 16]) -> Self {
        Self(Arc::new(Inner {
            kept: Mutex::default(),
            secret,
            is_broken: AtomicBool::new(false),
            is_numbered: AtomicBool::new(false),
            takes_ms: AtomicU64::new(0),
            asked: AtomicUsize::new(0),
        }))
    }

    /// Gives every book the same number: one book at a time.
    pub(crate) fn numbered(self) -> Self {
        self.0.is_numbered.store(true, Ordering::Relaxed);
        self
    }

    pub(crate) fn breaks(&self, breaks: bool) {
        self.0.is_broken.store(breaks, Ordering::Relaxed);
    }

    pub(crate) fn takes(&self, takes: Duration) {
        let takes = u64::try_from(takes.as_millis()).unwrap();
        self.0.takes_ms.store(takes, Ordering::Relaxed);
    }

    /// How often it was asked for something.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let kept = self.0.kept.lock().unwrap();
        let mut keys: Vec<_> = kept.keys().map(|(key, _)| key.clone()).collect();
        keys.dedup();
        keys
    }

    /// What all writers used of a yearly quota.
    pub(crate) fn sum(&self, key: &str) -> u64 {
        self.sums().get(key).copied().unwrap_or_default()
    }

    pub(crate) fn sums(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((key, writer), bytes) in &*self.0.kept.lock().unwrap() {
            let count = Count::from_bytes(key.clone(), *writer, bytes).unwrap();
            let ledger = Ledger::restore(plan(&yearly()), &count.saved);
            let (_, key) = key.rsplit_once(' ').unwrap();
            *sums.entry(key.to_owned()).or_default() += ledger.status(clock::wall()).used;
        }
        sums
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        answer: impl FnOnce(&Inner) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        StoreFuture::new(async move {
            self.0.asked.fetch_add(1, Ordering::Relaxed);
            let takes = Duration::from_millis(self.0.takes_ms.load(Ordering::Relaxed));
            tokio::time::sleep(takes).await;
            match self.0.is_broken.load(Ordering::Relaxed) {
                true => Err(StoreError::new("the disk is full")),
                false => Ok(answer(&self.0)),
            }
        })
    }
}

impl Store for Shelf {
    fn identity(&self, _: Instant) -> StoreFuture<'_, Identity> {
        self.answer(move |inner| {
            let secret = Secret::from_bytes(inner.secret);
            match inner.is_numbered.load(Ordering::Relaxed) {
                true => Identity::with_writer(secret, 0),
                false => Identity::new(secret),
            }
        })
    }

    fn load<'a>(&'a self, keys: &'a [String], _: Instant) -> StoreFuture<'a, Vec<Count>> {
        self.answer(move |inner| {
            let kept = inner.kept.lock().unwrap();
            let found = keys.iter().flat_map(|key| {
                let writers = kept.range((key.clone(), 0)..=(key.clone(), u64::MAX));
                writers.map(|((key, writer), bytes)| {
                    Count::from_bytes(key.clone(), *writer, bytes).unwrap()
                })
            });
            found.collect()
        })
    }

    fn keep<'a>(&'a self, counts: &'a [Count], _: Instant) -> StoreFuture<'a, ()> {
        self.answer(move |inner| {
            let mut kept = inner.kept.lock().unwrap();
            for count in counts {
                kept.insert((count.key.clone(), count.writer), count.to_bytes());
            }
        })
    }
}

/// Lets all who can do something do it.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    sleep(0.001).await;
}

pub(crate) async fn sleep(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
