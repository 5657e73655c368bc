//! [`Hops`]: what was sent within one attempt beside its request.

use std::fmt;

/// How many redirects an attempt followed, and how many requests it sent again because the server said that it had not
/// processed them. Shown: `followed 2 redirects, resent 1x`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Hops {
    /// The redirects that were followed. With more than 0 the outcome came from where the last one led, so it proves
    /// nothing of the first request.
    pub followed: u32,
    /// The requests that were sent again after `GOAWAY` or `REFUSED_STREAM`.
    pub resent: u32,
}

impl Hops {
    /// One request, answered where it was sent.
    pub const NONE: Self = Self {
        followed: 0,
        resent: 0,
    };

    /// Whether there was nothing but the one request.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.followed == 0 && self.resent == 0
    }
}

impl fmt::Display for Hops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.followed {
            0 => {}
            1 => f.write_str("followed 1 redirect")?,
            followed => write!(f, "followed {followed} redirects")?,
        }
        match (self.followed, self.resent) {
            (_, 0) => Ok(()),
            (0, resent) => write!(f, "resent {resent}x"),
            (_, resent) => write!(f, ", resent {resent}x"),
        }
    }
}
