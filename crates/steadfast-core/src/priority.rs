//! Whose calls go first where several wait.

use std::fmt;

/// Whose calls go first where several wait for the same limit.
///
/// A call of a higher priority goes before all that wait with a lower one, however long the queue of those is. So a batch
/// gives way to a person. No priority starves: a call that has waited for [`AGEING`](crate::queue::AGEING) gets a share
/// of the turns of the class above its own. Priorities delay calls only where calls wait anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// For what nobody waits for: batches, exports, prefetching.
    Low,
    /// The default.
    #[default]
    Normal,
    /// For what a person waits for.
    High,
}

// ===== impl Priority =====

impl Priority {
    /// All of them, the highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// Its name, as in policy files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
