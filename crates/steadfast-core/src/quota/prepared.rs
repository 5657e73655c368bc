//! A quota whose numbers make sense.

use std::fmt;

use super::window::QuotaWindow;
use super::zone::Zone;
use crate::limit_scope::LimitScope;

/// A [`Quota`](super::Quota) whose numbers make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedQuota {
    pub(super) limit: u64,
    pub(super) window: QuotaWindow,
    pub(super) zone: Zone,
    /// From so many used requests on it is worth a warning.
    pub(super) warn: u64,
    pub(super) scope: LimitScope,
}

// ===== impl PreparedQuota =====

impl PreparedQuota {
    /// The most requests of this process in one window: its share.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// How long a window is. With the scope, what tells quotas of one policy apart.
    #[must_use]
    pub const fn window(&self) -> QuotaWindow {
        self.window
    }

    /// Where its midnights are.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whose requests count.
    #[must_use]
    pub const fn scope(&self) -> LimitScope {
        self.scope
    }
}

impl fmt::Display for PreparedQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.limit, self.window)
    }
}
