//! Whose attempts a limit counts together.

use std::fmt;

/// Whose attempts a limit counts together.
///
/// An API counts per key or per account, and a client knows best which of its requests carry the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitScope {
    /// Those of one endpoint to one origin, per identity. The default.
    #[default]
    Endpoint,
    /// Those to one origin (scheme, host and port), whichever endpoint they belong to.
    Origin,
    /// Those to one origin that carry the same credential (`authorization`, `x-api-key` and the like).
    Credential,
    /// Those to one origin for the same identity.
    Identity,
}

// ===== impl LimitScope =====

impl LimitScope {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Endpoint,
        Self::Origin,
        Self::Credential,
        Self::Identity,
    ];

    /// Its name, as in policy files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Origin => "origin",
            Self::Credential => "credential",
            Self::Identity => "identity",
        }
    }
}

impl fmt::Display for LimitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
