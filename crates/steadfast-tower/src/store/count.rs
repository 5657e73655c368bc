//! What one writer counted.

use std::time::SystemTime;

use steadfast_core::quota::{InvalidSaved, Saved};

/// What one writer counted of one quota.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// Whose quota it is: scope, window, origin, and what else tells it apart. At most a few hundred bytes, without any
    /// credential.
    pub key: String,
    /// Who counted; see [`Identity::writer`](super::Identity::writer).
    pub writer: u64,
    /// What was counted.
    pub saved: Saved,
}

// ===== impl Count =====

impl Count {
    /// What a writer counted under a key.
    #[must_use]
    pub fn new(key: impl Into<String>, writer: u64, saved: Saved) -> Self {
        Self {
            key: key.into(),
            writer,
            saved,
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// The bytes are damaged, or a later version wrote them.
    pub fn from_bytes(
        key: impl Into<String>,
        writer: u64,
        bytes: &[u8],
    ) -> Result<Self, InvalidSaved> {
        Ok(Self::new(key, writer, Saved::from_bytes(bytes)?))
    }

    /// The count without key and writer, as bytes with a version in front: at most 1.6 KB.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.saved.to_bytes()
    }

    /// From then on a store may forget it.
    #[must_use]
    pub fn stale_at(&self) -> SystemTime {
        self.saved.stale_at()
    }
}
