//! What a database is stored in: a file that is locked, or bytes in memory.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::invalid::QuotaFileProblem;
use crate::open::system;

/// A file that is locked from before its first byte is read until it is closed. (redb locks it later: a file that is
/// written meanwhile would look damaged.)
#[derive(Debug)]
pub(crate) struct LockedFile {
    file: FileBackend,
    /// Holds the lock.
    lock: File,
}

/// The bytes of a database file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// A damaged header may ask for any length.
    most: Option<u64>,
}

/// What tells files apart, where the system says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Which {
    device: u64,
    number: u64,
}

// ===== impl Which =====

impl Which {
    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
    pub(crate) fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let (device, number) = (metadata.dev(), metadata.ino());
        Some(Self { device, number })
    }

    #[cfg(not(unix))]
    pub(crate) fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

// ===== impl LockedFile =====

impl LockedFile {
    pub(crate) fn new(file: File) -> Result<Self, QuotaFileProblem> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(QuotaFileProblem::InUse),
            Err(TryLockError::Error(error)) => return Err(system(&error)),
        }
        // The same open file, so the lock is its own.
        let same = file.try_clone().map_err(|error| system(&error))?;
        let same = FileBackend::new(same).map_err(|_| QuotaFileProblem::InUse)?;
        Ok(Self {
            file: same,
            lock: file,
        })
    }

    /// Which file it is, whatever stands at its path later.
    pub(crate) fn which(&self) -> Option<Which> {
        Which::of(&self.lock.metadata().ok()?)
    }
}

/// Without the lock methods: there is a lock already.
impl StorageBackend for LockedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

// ===== impl Image =====

impl Image {
    /// A copy that does not grow: a trial adds nothing.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self {
            most: Some(bytes.len() as u64),
            bytes: Arc::new(Mutex::new(bytes)),
        }
    }

    pub(crate) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a range lies, if it lies within.
fn range(offset: u64, len: usize, whole: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).ok();
    let range = start.and_then(|start| Some(start..start.checked_add(len)?));
    range
        .filter(|range| range.end <= whole)
        .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

impl StorageBackend for Image {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes();
        let range = range(offset, out.len(), bytes.len())?;
        out.copy_from_slice(&bytes[range]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let allowed = self.most.is_none_or(|most| len <= most);
        let len = usize::try_from(len).ok().filter(|_| allowed);
        self.bytes()
            .resize(len.ok_or(io::ErrorKind::OutOfMemory)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.bytes();
        let range = range(offset, data.len(), bytes.len())?;
        bytes[range].copy_from_slice(data);
        Ok(())
    }
}
