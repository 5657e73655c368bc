//! A database in memory whose bytes can be put in and taken out.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// The bytes of a database file.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// A damaged header may ask for any length.
    most: Option<u64>,
}

// ===== impl Image =====

impl Image {
    /// A copy that does not grow: a trial adds nothing.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self {
            most: Some(bytes.len() as u64),
            bytes: Arc::new(Mutex::new(bytes)),
        }
    }

    pub(super) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
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

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let bytes = self.bytes();
        let range = range(offset, len, bytes.len())?;
        Ok(bytes[range].to_vec())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let allowed = self.most.is_none_or(|most| len <= most);
        let len = usize::try_from(len).ok().filter(|_| allowed);
        self.bytes()
            .resize(len.ok_or(io::ErrorKind::OutOfMemory)?, 0);
        Ok(())
    }

    fn sync_data(&self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.bytes();
        let range = range(offset, data.len(), bytes.len())?;
        bytes[range].copy_from_slice(data);
        Ok(())
    }
}
