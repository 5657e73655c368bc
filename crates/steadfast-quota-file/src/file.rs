//! The file as a store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use steadfast_tower::store::{Count, Identity, Secret, Store, StoreFuture};

use crate::invalid::{InvalidQuotaFile, QuotaFileProblem};
use crate::keeper::Keeper;
use crate::open::{Boxed, KEPT, drop_old, open};
use crate::upkeep::Upkeep;

/// A file with the counts of quotas: a [`Store`] for `Policies::builder().store(..)`.
///
/// Cheap to clone; clones are the same store. The file is locked until the last of them is dropped, and that drop waits
/// for the last commit, a few milliseconds on most disks.
///
/// In tests with tokio's paused time, use [`MemoryStore`](steadfast_tower::store::MemoryStore): that clock does not wait
/// for a disk, so deadlines would pass at once.
#[derive(Clone)]
pub struct QuotaFile {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    secret: Secret,
    /// The number of the next book. The first one after a restart goes on with the counts of the first one before.
    next: AtomicU64,
    keeper: Keeper,
}

// ===== impl QuotaFile =====

impl QuotaFile {
    /// Opens a file, and makes it if it is not there; its folder has to exist.
    ///
    /// This reads the whole file and blocks meanwhile, for some milliseconds. Call it when the program starts, or in
    /// `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    /// The file is in use, damaged, not ours, or cannot be opened. It is left as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, InvalidQuotaFile> {
        let path = path.as_ref();
        Self::try_open(path).map_err(|problem| InvalidQuotaFile {
            path: path.to_owned(),
            problem,
        })
    }

    fn try_open(path: &Path) -> Result<Self, QuotaFileProblem> {
        let (database, secret, which) = open(path)?;
        let failed = |error: Boxed| QuotaFileProblem::System(error.to_string());
        let bytes = drop_old(&database, KEPT).map_err(failed)?;
        let keeper = Keeper::start(database, Upkeep::new(path, which, bytes));
        let keeper = keeper.map_err(|error| QuotaFileProblem::System(error.to_string()))?;
        let shared = Shared {
            path: path.to_owned(),
            secret,
            next: AtomicU64::new(0),
            keeper,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Where it is, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }
}

impl Store for QuotaFile {
    fn identity(&self, _: Instant) -> StoreFuture<'_, Identity> {
        let writer = self.shared.next.fetch_add(1, Ordering::Relaxed);
        StoreFuture::ready(Ok(Identity::with_writer(self.shared.secret, writer)))
    }

    fn load<'a>(&'a self, keys: &'a [String], _: Instant) -> StoreFuture<'a, Vec<Count>> {
        StoreFuture::new(self.shared.keeper.load(keys.to_vec()))
    }

    fn keep<'a>(&'a self, counts: &'a [Count], _: Instant) -> StoreFuture<'a, ()> {
        StoreFuture::new(self.shared.keeper.keep(counts.to_vec()))
    }

    /// Committed, at the latest, before the last clone is gone; no runtime is needed.
    fn keep_last(self: Arc<Self>, counts: Vec<Count>) {
        self.shared.keeper.keep_last(counts);
    }
}

impl fmt::Debug for QuotaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaFile")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}
