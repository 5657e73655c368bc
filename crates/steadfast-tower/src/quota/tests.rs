//! What a book keeps, and what it lets go.

use std::sync::Arc;

use steadfast_core::quota::PreparedQuota;
use steadfast_core::{LimitScope, Quota};

use super::*;
use crate::clock;
use crate::principal::Principal;
use crate::store::{MemoryStore, Store};

pub(crate) mod shelf;
mod slow;

use self::shelf::Shelf;

fn stored(store: impl Store) -> QuotaBook {
    QuotaBook::stored(Arc::new(store), DEADLINE)
}

fn plan(quota: &Quota) -> PreparedQuota {
    quota.prepare().unwrap()
}

async fn take(book: &QuotaBook, key: &str, quota: &Quota) {
    let counter = book.counter(key, &plan(quota));
    counter.ready(None).await;
    counter.take(clock::wall(), 1).unwrap();
}

async fn used(book: &QuotaBook, key: &str, quota: &Quota) -> u64 {
    let counter = book.counter(key, &plan(quota));
    counter.ready(None).await;
    counter.lock().status(clock::wall()).used
}

/// Who shows a credential.
fn shown(book: &QuotaBook, credential: &str) -> Principal {
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", credential.parse().unwrap());
    book.fingerprints().of_credential(&headers)
}

/// A year, so that no midnight falls into a test.
fn yearly() -> Quota {
    Quota::per(1000, std::time::Duration::from_secs(365 * 86_400))
}

#[tokio::test(start_paused = true)]
async fn the_same_key_and_window_share_a_counter_and_no_others_do() {
    let book = QuotaBook::in_memory();
    let quotas = [
        yearly(),
        Quota::per_month(9).rolling(),
        yearly().scope(LimitScope::Origin),
    ];
    for key in ["a", "b"] {
        for quota in &quotas {
            take(&book, key, quota).await;
        }
    }
    for key in ["a", "b"] {
        for quota in &quotas {
            assert_eq!(used(&book, key, quota).await, 1, "{key} {quota}");
        }
    }
    let larger = Quota::per(2000, std::time::Duration::from_secs(365 * 86_400));
    take(&book, "a", &larger).await;
    let counter = book.counter("a", &plan(&larger));
    assert_eq!(counter.lock().status(clock::wall()).left, 1998);
}

#[test]
fn a_book_in_memory_waits_for_nobody_and_needs_no_runtime() {
    let book = QuotaBook::in_memory();
    let counter = book.counter("a", &plan(&yearly()));
    assert!(counter.is_ready());
    counter.take(clock::wall(), 1).unwrap();
    assert!(!book.is_dirty());
}

#[tokio::test(start_paused = true)]
async fn a_store_has_what_was_counted_when_the_book_is_dropped() {
    for shelf in [Shelf::new(), Shelf::new().numbered()] {
        for before in 0..3 {
            let book = stored(shelf.clone());
            assert_eq!(used(&book, "a", &yearly()).await, before);
            take(&book, "a", &yearly()).await;
            assert!(book.is_dirty());
            drop(book);
            shelf::settle().await;
        }
    }
    let memory = MemoryStore::new();
    for before in 0..3 {
        let book = stored(memory.clone());
        assert_eq!(used(&book, "a", &yearly()).await, before);
        take(&book, "a", &yearly()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_kept_within_a_second() {
    let shelf = Shelf::new();
    let book = stored(shelf.clone());
    let counter = book.counter("a", &plan(&yearly()));
    counter.ready(None).await;
    for n in 1..4 {
        let taken = counter.take(clock::wall(), 1).unwrap();
        shelf::sleep(1.1).await;
        assert_eq!((shelf.sum("a"), book.is_dirty()), (n, false));
        counter.lock().give_back(&taken.receipt);
        counter.touched();
        shelf::sleep(1.1).await;
        assert_eq!((shelf.sum("a"), book.is_dirty()), (n - 1, false));
        counter.take(clock::wall(), 1).unwrap();
        assert_eq!(book.save().await.unwrap(), 1);
        assert_eq!(book.save().await.unwrap(), 0);
        assert_eq!(shelf.sum("a"), n);
    }
    let asked = shelf.asked();
    shelf::sleep(100.0).await;
    assert_eq!(shelf.asked(), asked, "nothing to say, nothing to ask");
}

#[tokio::test(start_paused = true)]
async fn what_a_store_could_not_keep_is_offered_again() {
    let shelf = Shelf::new();
    let book = stored(shelf.clone());
    take(&book, "a", &yearly()).await;
    shelf.breaks(true);
    let error = book.save().await.unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the disk is full"
    );
    assert!(book.is_dirty());
    shelf.breaks(false);
    assert_eq!(book.save().await.unwrap(), 1);
    assert_eq!(shelf.sum("a"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_book_with_a_store_forgets_nothing() {
    let shelf = Shelf::new();
    let book = stored(shelf.clone());
    let held = book.counter("held", &plan(&yearly()));
    for n in 0..MOST * 2 + 9 {
        take(&book, &n.to_string(), &yearly()).await;
        if n % 1000 == 0 {
            shelf::sleep(1.1).await;
        }
        assert!(book.len() <= MOST + 1001 + MOST / 8, "{}", book.len());
    }
    book.save().await.unwrap();
    for n in 0..MOST * 2 + 9 {
        assert_eq!(used(&book, &n.to_string(), &yearly()).await, 1);
    }
    let again = book.counter("held", &plan(&yearly()));
    assert!(Arc::ptr_eq(&held, &again));
    // Those that went and came again go on where they were.
    for n in 0..MOST * 2 + 9 {
        take(&book, &n.to_string(), &yearly()).await;
        if n % 1000 == 0 {
            book.save().await.unwrap();
        }
    }
    book.save().await.unwrap();
    let sums = shelf.sums();
    assert_eq!(sums.len(), MOST * 2 + 9);
    assert!(sums.values().all(|sum| *sum == 2));
}

#[tokio::test(start_paused = true)]
async fn a_full_book_without_a_store_lets_go_what_nobody_uses() {
    let book = QuotaBook::in_memory();
    let held = book.counter("held", &plan(&yearly()));
    for n in 0..MOST * 3 {
        // Nothing was used: these go first.
        let _ = book.counter(&format!("empty {n}"), &plan(&yearly()));
        if n % 100 == 0 {
            take(&book, "often", &yearly()).await;
        }
        assert!(book.len() <= MOST + 1);
    }
    assert_eq!(used(&book, "often", &yearly()).await, 123);
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_crawler_does_not_grow_the_book_without_end() {
    let book = QuotaBook::in_memory();
    let held = book.counter("held", &plan(&yearly()));
    for n in 0..MOST * 3 {
        take(&book, &n.to_string(), &yearly()).await;
        assert!(book.len() <= MOST);
    }
    assert!(Arc::ptr_eq(&held, &book.counter("held", &plan(&yearly()))));
    assert!(book.len() > MOST / 4);
}

/// Each used up, and none of them is granted again.
#[tokio::test(start_paused = true)]
async fn the_quotas_of_a_hundred_thousand_credentials_are_kept_to() {
    let many = u64::from(steadfast_testkit::cases(100_000)).max(20_000);
    let quota = Quota::per(2, std::time::Duration::from_secs(365 * 86_400));
    let book = QuotaBook::in_memory();
    let take = |n: u64| {
        let principal = book.fingerprints().of_name(&n.to_string());
        let counter = book.counter_for("a", principal, &plan(&quota));
        counter.take(clock::wall(), 1)
    };
    for left in [1, 0] {
        for n in 0..many {
            assert_eq!(take(n).unwrap().left, left, "{n}");
            assert!(book.len() <= MOST + 1);
        }
    }
    for n in 0..many {
        take(n).unwrap_err();
    }
    assert!(!book.has_forgotten());
}

/// Nothing else keeps them once the book is over a store that is out of order.
#[tokio::test(start_paused = true)]
async fn what_is_used_up_is_never_forgotten_first_and_that_counts_are_lost_is_said() {
    let shelf = Shelf::new();
    shelf.breaks(true);
    let book = stored(shelf);
    let spent = |n: usize| book.counter(&format!("spent {n}"), &plan(&yearly()));
    for n in 0..MOST / 2 {
        let counter = spent(n);
        counter.ready(None).await;
        counter.take(clock::wall(), 1000).unwrap();
    }
    assert!(!book.has_forgotten());
    for n in 0..MOST * 2 {
        take(&book, &n.to_string(), &yearly()).await;
    }
    assert!(book.has_forgotten());
    for n in 0..MOST / 2 {
        assert!(spent(n).take(clock::wall(), 1).is_err(), "{n}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_out_of_order_does_not_grow_the_book_without_end() {
    let shelf = Shelf::new();
    shelf.breaks(true);
    let book = stored(shelf);
    for n in 0..MOST * 3 {
        take(&book, &n.to_string(), &yearly()).await;
        assert!(book.len() <= 2 * MOST + MOST / 8);
    }
    assert!(book.len() > MOST / 4);
}

#[tokio::test(start_paused = true)]
async fn a_credential_has_a_counter_of_its_own_and_gets_into_no_store() {
    let shelf = Shelf::new();
    let count = async |credential: &str| {
        let book = stored(shelf.clone());
        let counter = book.counter_for("a", shown(&book, credential), &plan(&yearly()));
        counter.ready(None).await;
        let taken = counter.take(clock::wall(), 1).unwrap();
        book.save().await.unwrap();
        1000 - taken.left
    };
    for n in 1..4 {
        assert_eq!(count("Bearer secret-1").await, n);
        assert_eq!(count("Bearer secret-2").await, n);
    }
    let keys = shelf.keys();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| !key.contains("ecret")), "{keys:?}");
    let other = Shelf::with_secret([9; 16]);
    let book = stored(other.clone());
    let counter = book.counter_for("a", shown(&book, "Bearer secret-1"), &plan(&yearly()));
    counter.ready(None).await;
    counter.take(clock::wall(), 1).unwrap();
    book.save().await.unwrap();
    assert!(!keys.contains(&other.keys()[0]), "worth nothing elsewhere");
}
