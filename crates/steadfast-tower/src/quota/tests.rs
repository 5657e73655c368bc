//! What a book keeps, and what it lets go.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use steadfast_core::quota::{PreparedQuota, Saved};
use steadfast_core::{LimitScope, Quota};

use super::*;
use crate::clock;

/// A store in memory, as bytes, which can be out of order.
#[derive(Debug, Default)]
struct Shelf {
    kept: Mutex<HashMap<String, Vec<u8>>>,
    broken: AtomicBool,
}

impl QuotaStore for Arc<Shelf> {
    fn load(&self, key: &str) -> Option<Saved> {
        let kept = self.kept.lock().unwrap();
        kept.get(key).map(|bytes| Saved::from_bytes(bytes).unwrap())
    }

    fn keep(&self, counts: &[(String, Saved)]) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::new("the disk is full"));
        }
        let counts = counts.iter();
        let counts = counts.map(|(key, saved)| (key.clone(), saved.to_bytes()));
        self.kept.lock().unwrap().extend(counts);
        Ok(())
    }

    fn secret(&self) -> [u64; 2] {
        [7, 8]
    }
}

fn plan(quota: &Quota) -> PreparedQuota {
    quota.prepare().unwrap()
}

fn take(book: &QuotaBook, key: &str, quota: &Quota) {
    let ledger = book.ledger(key, &plan(quota));
    let taken = ledger.lock().unwrap().take(clock::wall(), 1);
    taken.unwrap();
}

fn used(book: &QuotaBook, key: &str, quota: &Quota) -> u64 {
    let ledger = book.ledger(key, &plan(quota));
    let status = ledger.lock().unwrap().status(clock::wall());
    status.used
}

/// A year, so that no midnight falls into a test.
fn yearly() -> Quota {
    Quota::per(1000, std::time::Duration::from_secs(365 * 86_400))
}

#[test]
fn the_same_key_and_window_share_a_ledger_and_no_others_do() {
    let book = QuotaBook::in_memory();
    let quotas = [
        yearly(),
        Quota::per_month(9).rolling(),
        yearly().scope(LimitScope::Origin),
    ];
    for key in ["a", "b"] {
        for quota in &quotas {
            take(&book, key, quota);
        }
    }
    for key in ["a", "b"] {
        for quota in &quotas {
            assert_eq!(used(&book, key, quota), 1, "{key} {quota}");
        }
    }
    let larger = Quota::per(2000, std::time::Duration::from_secs(365 * 86_400));
    take(&book, "a", &larger);
    let ledger = book.ledger("a", &plan(&larger));
    assert_eq!(ledger.lock().unwrap().status(clock::wall()).left, 1998);
}

#[test]
fn a_store_has_what_was_counted_when_the_book_is_dropped() {
    let shelf = Arc::new(Shelf::default());
    for before in 0..3 {
        let book = QuotaBook::stored(Arc::clone(&shelf));
        assert_eq!(used(&book, "a", &yearly()), before);
        take(&book, "a", &yearly());
        assert!(book.is_dirty());
    }
    let book = QuotaBook::stored(Arc::clone(&shelf));
    take(&book, "a", &yearly());
    assert_eq!(book.save().unwrap(), 1);
    assert_eq!(book.save().unwrap(), 0);
    assert!(!book.is_dirty());
}

#[test]
fn what_a_store_could_not_keep_is_offered_again() {
    let shelf = Arc::new(Shelf::default());
    let book = QuotaBook::stored(Arc::clone(&shelf));
    take(&book, "a", &yearly());
    shelf.broken.store(true, Ordering::Relaxed);
    let error = book.save().unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the disk is full"
    );
    assert!(book.is_dirty());
    shelf.broken.store(false, Ordering::Relaxed);
    assert_eq!(book.save().unwrap(), 1);
}

#[test]
fn a_full_book_with_a_store_forgets_nothing() {
    let shelf = Arc::new(Shelf::default());
    let book = QuotaBook::stored(Arc::clone(&shelf));
    let held = book.ledger("held", &plan(&yearly()));
    for n in 0..MOST * 2 + 9 {
        take(&book, &n.to_string(), &yearly());
        assert!(book.len() <= MOST + 1);
    }
    for n in 0..MOST * 2 + 9 {
        assert_eq!(used(&book, &n.to_string(), &yearly()), 1);
    }
    let again = book.ledger("held", &plan(&yearly()));
    assert!(Arc::ptr_eq(&held, &again));
}

#[test]
fn a_full_book_without_a_store_lets_go_what_nobody_uses() {
    let book = QuotaBook::in_memory();
    let held = book.ledger("held", &plan(&yearly()));
    for n in 0..MOST * 3 {
        // Nothing was used: these go first.
        let _ = book.ledger(&format!("empty {n}"), &plan(&yearly()));
        if n % 100 == 0 {
            take(&book, "often", &yearly());
        }
        assert!(book.len() <= MOST + 1);
    }
    assert_eq!(used(&book, "often", &yearly()), 123);
    drop(held);
}

#[test]
fn a_crawler_does_not_grow_the_book_without_end() {
    let book = QuotaBook::in_memory();
    let held = book.ledger("held", &plan(&yearly()));
    for n in 0..MOST * 3 {
        take(&book, &n.to_string(), &yearly());
        assert!(book.len() <= MOST);
    }
    assert!(Arc::ptr_eq(&held, &book.ledger("held", &plan(&yearly()))));
    assert!(book.len() > MOST / 4);
}

#[test]
fn a_store_that_is_out_of_order_does_not_grow_the_book_without_end() {
    let shelf = Arc::new(Shelf::default());
    shelf.broken.store(true, Ordering::Relaxed);
    let book = QuotaBook::stored(Arc::clone(&shelf));
    for n in 0..MOST + 9 {
        take(&book, &n.to_string(), &yearly());
        assert!(book.len() <= MOST);
    }
    shelf.broken.store(false, Ordering::Relaxed);
}

#[test]
fn a_fingerprint_is_the_same_over_one_store_and_another_elsewhere() {
    let shelf = Arc::new(Shelf::default());
    let [one, other] = [0; 2].map(|_| QuotaBook::stored(Arc::clone(&shelf)));
    let of = |book: &QuotaBook, name| book.fingerprints().of_name(name);
    assert_eq!(of(&one, "acme"), of(&other, "acme"));
    assert_ne!(of(&one, "acme"), of(&one, "other"));
    assert_ne!(of(&one, "acme"), of(&QuotaBook::in_memory(), "acme"));
}
