//! Counts of quotas in a file, so that a restart does not forget what the day has cost already.
//!
//! The file is an embedded database (redb): a commit is whole or not there at all, whenever the process or the machine
//! stops. What changed is committed once a second by a thread of its own, and when the last clone of the policies is
//! dropped; a process that is killed forgets the last second at most.
//!
//! # One process at a time
//! A second one is refused, because two that count for themselves would spend the quota twice. Several processes share
//! a plan with a file and a share each ([`Quota::share`](steadfast_core::Quota::share)).
//!
//! # What is not ours stays as it is
//! A file is tried out on a copy in memory before it is touched: the whole of it is read, its checksums are compared,
//! and every count is decoded. A text, a database of somebody else, a file that is cut off, has a wrong byte, or comes
//! from a later version is refused, and not a byte of it is changed. An empty file is a new one.
//!
//! The trial catches panics, since redb answers some damage with one; a program that aborts on panics aborts there.

mod file;
mod image;
mod keeper;
mod open;

use std::path::PathBuf;
use std::sync::Arc;

use steadfast_tower::quota::QuotaBook;
use thiserror::Error;

use self::file::QuotaFile;
pub(crate) use self::keeper::Keeper;
use crate::invalid::InvalidPolicies;

/// Why a file does not serve for counts of quotas. Whatever it is, the file was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuotaFileError {
    /// It is open already, here or in another process.
    #[error(
        "it is in use, and two that count would spend a quota twice; give each process a file and a share of its own"
    )]
    InUse,
    /// It holds something else.
    #[error("it holds something else and was left as it is")]
    Foreign,
    /// A later version of steadfast wrote it.
    #[error("a later version of steadfast wrote it; it was left as it is")]
    Newer,
    /// It is cut off, or some of its bytes are wrong.
    #[error("it is damaged and was left as it is; without it, counting starts anew")]
    Damaged,
    /// It is larger than any that was ever written here.
    #[error("it is larger than {} MiB and was left as it is", open::LARGEST >> 20)]
    TooLarge,
    /// The operating system refused, with its words.
    #[error("{0}")]
    System(String),
}

/// The book over a file, and the thread that keeps it; without a path, a book in memory.
pub(crate) fn open_book(
    path: Option<PathBuf>,
) -> Result<(Arc<QuotaBook>, Option<Keeper>), InvalidPolicies> {
    let Some(path) = path else {
        return Ok((Arc::default(), None));
    };
    let opened = QuotaFile::open(&path).and_then(|file| {
        let book = Arc::new(QuotaBook::stored(file));
        let keeper = Keeper::start(Arc::clone(&book));
        let keeper = keeper.map_err(|error| QuotaFileError::System(error.to_string()))?;
        Ok((book, Some(keeper)))
    });
    opened.map_err(|problem| InvalidPolicies::QuotaFile { path, problem })
}

#[cfg(test)]
mod tests;
