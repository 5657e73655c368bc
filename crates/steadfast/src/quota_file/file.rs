//! The file as a store of counts.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use redb::{Database, ReadableTable};
use steadfast_core::quota::Saved;
use steadfast_tower::clock;
use steadfast_tower::quota::{QuotaStore, StoreError};

use super::QuotaFileError;
use super::open::{Boxed, COUNTS, open};

/// Counts whose windows are over for so long are dropped when the file is opened. Not at once: the clock of a machine
/// that starts may be wrong.
const KEPT: Duration = Duration::from_secs(92 * 86_400);

/// A file that is open, and locked until it is dropped.
pub(crate) struct QuotaFile {
    path: PathBuf,
    database: Database,
    secret: [u64; 2],
}

// ===== impl QuotaFile =====

impl QuotaFile {
    pub(crate) fn open(path: &Path) -> Result<Self, QuotaFileError> {
        let (database, secret) = open(path)?;
        let path = path.to_owned();
        let file = Self {
            path,
            database,
            secret,
        };
        let failed = |error: Boxed| QuotaFileError::System(error.to_string());
        file.drop_old().map_err(failed)?;
        Ok(file)
    }

    fn drop_old(&self) -> Result<(), Boxed> {
        let old = |bytes: &[u8]| {
            let saved = Saved::from_bytes(bytes).ok();
            let over = saved.and_then(|saved| clock::wall().duration_since(saved.stale_at()).ok());
            over.is_some_and(|over| over > KEPT)
        };
        let read = self.database.begin_read()?;
        let mut any = false;
        for count in read.open_table(COUNTS)?.iter()? {
            any |= old(count?.1.value());
        }
        if any {
            let write = self.database.begin_write()?;
            write.open_table(COUNTS)?.retain(|_, bytes| !old(bytes))?;
            write.commit()?;
        }
        Ok(())
    }

    fn read(&self, key: &str) -> Result<Option<Saved>, Boxed> {
        let read = self.database.begin_read()?;
        let count = read.open_table(COUNTS)?.get(key)?;
        Ok(count.and_then(|bytes| Saved::from_bytes(bytes.value()).ok()))
    }

    fn write(&self, counts: &[(String, Saved)]) -> Result<(), Boxed> {
        let write = self.database.begin_write()?;
        {
            let mut table = write.open_table(COUNTS)?;
            for (key, saved) in counts {
                table.insert(key.as_str(), saved.to_bytes().as_slice())?;
            }
        }
        // Durable when it returns, redb's default.
        write.commit()?;
        Ok(())
    }
}

impl QuotaStore for QuotaFile {
    fn load(&self, key: &str) -> Option<Saved> {
        self.read(key).unwrap_or_else(|error| {
            let path = self.path.display();
            tracing::warn!(target: "steadfast", %path, %error, "a count of a quota cannot be read and starts anew");
            None
        })
    }

    fn keep(&self, counts: &[(String, Saved)]) -> Result<(), StoreError> {
        self.write(counts).map_err(StoreError::new)
    }

    fn secret(&self) -> [u64; 2] {
        self.secret
    }
}

impl fmt::Debug for QuotaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
