//! Why a file cannot be used.

use std::path::PathBuf;

use thiserror::Error;

/// A file cannot be used for counts of quotas. Whatever the reason, not a byte of it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("quota file `{}`: {problem}", path.display())]
#[non_exhaustive]
pub struct InvalidQuotaFile {
    /// The file as it was given.
    pub path: PathBuf,
    /// The reason.
    pub problem: QuotaFileProblem,
}

/// Why a file cannot be used for counts of quotas.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuotaFileProblem {
    /// It is open already, here or in another process.
    #[error(
        "it is in use, and two processes that count would use a quota twice; give each process a file and a share of \
         its own"
    )]
    InUse,
    /// It holds something else.
    #[error("it holds something else and was left as it is")]
    Foreign,
    /// A later version of steadfast wrote it.
    #[error("a later version of steadfast wrote it; it was left as it is")]
    Newer,
    /// It is cut off, or some of its bytes are wrong.
    #[error("it is damaged and was left as it is; without it, counting starts at zero")]
    Damaged,
    /// The operating system refused, with its words.
    #[error("{0}")]
    System(String),
}
