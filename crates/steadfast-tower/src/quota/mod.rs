//! The counts of all quotas, shared by all who use them.
//!
//! Throttles of many scopes may draw on one quota, and the count has to survive them: scopes are forgotten when nobody
//! uses them, a plan is not. So the counts stand in a [`QuotaBook`] of their own, found by a key. Behind it there may be
//! a [`QuotaStore`], for counts that survive the process.
//!
//! Nothing here waits or has a timer: whoever owns the book says when to [`save`](QuotaBook::save).
//!
//! # What is forgotten
//! At most [`MOST`] ledgers are kept in memory beside those that somebody holds. When there are more, those go that say
//! nothing (a window that is over) or that the store has; then the rest is saved, which lets it go, too. Without a store
//! those that nobody used since the last time go at last: who visits thousands of hosts within one window, each with a
//! quota of its own, counts some of them anew.
//!
//! # Secrets
//! A key must not hold a credential. [`QuotaBook::fingerprints`] makes a number of it, keyed with a secret that the store
//! keeps, so that it is the same after a restart and worth nothing elsewhere.

mod book;
mod store;

pub use self::book::{MOST, QuotaBook};
pub use self::store::{QuotaStore, StoreError};

#[cfg(test)]
mod tests;
