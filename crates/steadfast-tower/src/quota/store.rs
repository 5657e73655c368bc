//! Where counts survive.

use std::fmt;

use steadfast_core::quota::Saved;
use thiserror::Error;

/// Keeps the counts of quotas for the next process.
///
/// The file of the feature `quota-file` in `steadfast` is one; a database that several services share may be another.
/// It is called outside of any lock that a request waits for, except [`load`](Self::load), which is asked once per
/// ledger and should be quick.
pub trait QuotaStore: fmt::Debug + Send + Sync {
    /// What is kept under a key; nothing if that cannot be read.
    fn load(&self, key: &str) -> Option<Saved>;

    /// Keeps all of these, or none. When it returns, they survive the process.
    ///
    /// # Errors
    /// They were not kept; the book offers them again at the next time.
    fn keep(&self, counts: &[(String, Saved)]) -> Result<(), StoreError>;

    /// The secret of [`QuotaBook::fingerprints`](super::QuotaBook::fingerprints): at random, and always the same.
    fn secret(&self) -> [u64; 2];
}

/// Counts could not be kept.
#[derive(Debug, Error)]
#[error("the counts of quotas could not be kept")]
pub struct StoreError(#[source] Box<dyn std::error::Error + Send + Sync>);

// ===== impl StoreError =====

impl StoreError {
    /// With its cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
