//! Counts of quotas in a store: they go on after a restart, and no call suffers from a store that does not answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use steadfast::store::{Count, Identity, MemoryStore, Secret, Store, StoreError, StoreFuture};
use steadfast::{ErrorKind, LimitScope, Policies, Policy, Quota};
use steadfast_testkit::Transport;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::capture::{Heard, hear};
use super::common::Watch;
use super::{HOUR, MS, SECOND, before, get, status};

const URL: &str = "http://api.test/a";
const OTHER: &str = "http://api.test/b";

/// A database that is far away. Clones are the same one.
#[derive(Clone, Debug, Default)]
struct Remote(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rows: Mutex<Vec<Count>>,
    takes: Mutex<Duration>,
    fails: AtomicBool,
}

impl Remote {
    fn takes(takes: Duration) -> Self {
        let remote = Self::default();
        remote.set(takes);
        remote
    }

    fn set(&self, takes: Duration) {
        *self.0.takes.lock().unwrap() = takes;
    }

    fn failing(self) -> Self {
        self.0.fails.store(true, Ordering::Relaxed);
        self
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        answer: impl FnOnce(&mut Vec<Count>) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        StoreFuture::new(async move {
            let takes = *self.0.takes.lock().unwrap();
            tokio::time::sleep(takes).await;
            match self.0.fails.load(Ordering::Relaxed) {
                true => Err(StoreError::new("no route to host")),
                false => Ok(answer(&mut self.0.rows.lock().unwrap())),
            }
        })
    }
}

impl Store for Remote {
    fn identity(&self, _: Instant) -> StoreFuture<'_, Identity> {
        self.answer(|_| Identity::new(Secret::from_bytes([3; 16])))
    }

    fn load<'a>(&'a self, keys: &'a [String], _: Instant) -> StoreFuture<'a, Vec<Count>> {
        self.answer(|rows| {
            let rows = rows.iter().filter(|row| keys.contains(&row.key));
            rows.cloned().collect()
        })
    }

    fn keep<'a>(&'a self, counts: &'a [Count], _: Instant) -> StoreFuture<'a, ()> {
        self.answer(|rows| {
            let replaced = |row: &Count| {
                let mut counts = counts.iter();
                counts.any(|count| (&count.key, count.writer) == (&row.key, row.writer))
            };
            rows.retain(|row| !replaced(row));
            rows.extend_from_slice(counts);
        })
    }
}

/// Five a day for each endpoint, and fifty for each credential.
fn policies(store: impl Store) -> Policies {
    let day = 24 * HOUR;
    let each = Quota::per(50, day).scope(LimitScope::Credential);
    let policy = Policy::standard().quota([Quota::per(5, day), each]);
    Policies::builder()
        .store(store)
        .endpoint(URL, policy.clone())
        .endpoint(OTHER, policy)
        .build()
        .unwrap()
}

fn of_stores(heard: &Heard, level: Level) -> Vec<&str> {
    let said = heard.said(level).into_iter();
    said.filter(|text| text.contains("the store")).collect()
}

#[test]
fn no_call_is_refused_or_delayed_beyond_the_deadline_and_one_warning_is_logged() {
    for (name, store, first, warnings) in [
        ("quick", Remote::takes(50 * MS), 150 * MS, 0),
        ("late", Remote::takes(5 * SECOND), SECOND, 1),
        ("never", Remote::takes(1000 * HOUR), SECOND, 1),
        ("fails", Remote::default().failing(), Duration::ZERO, 1),
        ("fails late", Remote::takes(300 * MS).failing(), 300 * MS, 1),
    ] {
        let (heard, ()) = hear(LevelFilter::WARN, async {
            let server = Transport::new(200);
            let client = before(&policies(store), server.clone());
            let start = Watch::start();
            assert_eq!(status(&client, URL).await, 200);
            assert_eq!(start.elapsed(), first, "{name}");
            for n in 1..5 {
                let start = Watch::start();
                assert_eq!(status(&client, URL).await, 200, "{name}");
                assert_eq!(start.elapsed(), Duration::ZERO, "{name}: {n}");
                // What it says of another quota is waited for only if it answers at all.
                let start = Watch::start();
                let answers = warnings == 0 && n == 1;
                assert_eq!(status(&client, OTHER).await, 200, "{name}");
                let most = if answers { 50 * MS } else { Duration::ZERO };
                assert_eq!(start.elapsed(), most, "{name}: {n}");
                tokio::time::sleep(10 * SECOND).await;
            }
            let error = get(&client, URL).await.unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::QuotaUsedUp,
                "{name}: it is counted"
            );
        });
        let said = of_stores(&heard, Level::WARN);
        assert_eq!(said.len(), warnings, "{name}: {said:?}");
        let expected = "the store of quotas does not answer; counting goes on in memory";
        assert!(said.iter().all(|text| *text == expected), "{said:?}");
    }
}

#[test]
fn an_outage_is_one_warning_and_what_was_counted_meanwhile_is_kept() {
    let store = Remote::default();
    let (heard, ()) = hear(LevelFilter::INFO, async {
        let client = before(&policies(store.clone()), Transport::new(200));
        assert_eq!(status(&client, URL).await, 200);
        tokio::time::sleep(2 * SECOND).await;
        store.set(1000 * HOUR);
        for _ in 0..4 {
            assert_eq!(status(&client, OTHER).await, 200);
            tokio::time::sleep(HOUR / 4).await;
        }
        store.set(Duration::ZERO);
        tokio::time::sleep(HOUR / 4).await;
        let next = before(&policies(store.clone()), Transport::new(200));
        assert_eq!(status(&next, OTHER).await, 200);
        let error = get(&next, OTHER).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaUsedUp);
    });
    let said = of_stores(&heard, Level::WARN);
    assert_eq!(said.len(), 1, "{said:?}");
    let said = of_stores(&heard, Level::INFO);
    assert_eq!(said, ["the store of quotas answers again"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_counting() {
    let store = Remote::takes(100 * MS);
    for _ in 0..5 {
        let policies = policies(store.clone());
        let client = before(&policies, Transport::new(200));
        assert_eq!(status(&client, URL).await, 200);
        policies.quota_book().save().await.unwrap();
    }
    let client = before(&policies(store.clone()), Transport::new(200));
    let error = get(&client, URL).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaUsedUp);
    assert!(error.retry_after().is_some());
}

#[tokio::test(start_paused = true)]
async fn policies_over_one_store_use_a_quota_together() {
    let store = MemoryStore::new();
    let both = [0; 2].map(|_| before(&policies(store.clone()), Transport::new(200)));
    for n in 0..5 {
        assert_eq!(status(&both[n % 2], URL).await, 200);
        tokio::time::sleep(2 * SECOND).await;
    }
    let fresh = before(&policies(store), Transport::new(200));
    for client in [&fresh, &both[0]] {
        let error = get(client, URL).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaUsedUp);
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_a_store_is_waited_for_can_be_set() {
    let server = Transport::new(200);
    let policies = Policies::builder()
        .store(Remote::takes(HOUR))
        .store_deadline(20 * MS)
        .default_policy(Policy::standard().quota(Quota::per_day(1000)))
        .build()
        .unwrap();
    let client = before(&policies, server);
    let start = Watch::start();
    assert_eq!(status(&client, URL).await, 200);
    assert_eq!(start.elapsed(), 20 * MS);
}

#[tokio::test(start_paused = true)]
async fn who_asks_before_is_told_what_the_store_knows() {
    let store = Remote::takes(100 * MS);
    let first = policies(store.clone());
    let client = before(&first, Transport::new(200));
    for _ in 0..5 {
        assert_eq!(status(&client, URL).await, 200);
    }
    first.quota_book().save().await.unwrap();
    let request = client.get(URL).build().unwrap();
    let ready = policies(store).throttle().ready(&request).await;
    assert_eq!(ready.unwrap_err().kind(), ErrorKind::QuotaUsedUp);
}
