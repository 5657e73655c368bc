//! [`Crossing`]: whether a redirect leaves its origin, and which headers stay behind then.

use http::HeaderMap;

use crate::credential::CREDENTIAL_HEADERS;
use crate::url::UrlParts;

/// The headers that reqwest removes when a redirect leaves the origin.
pub const REMOVED_BY_REQWEST: &[&str] = &[
    "authorization",
    "cookie",
    "cookie2",
    "proxy-authorization",
    "www-authenticate",
];

/// The [`CREDENTIAL_HEADERS`] that reqwest sends on: keys and tokens in headers of their own.
pub fn keys() -> impl Iterator<Item = &'static str> {
    let all = CREDENTIAL_HEADERS.into_iter();
    all.filter(|name| !REMOVED_BY_REQWEST.contains(name))
}

/// How far apart the two ends of a redirect are. An origin is scheme, host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crossing {
    /// The redirect stays at its origin: all headers are sent.
    SameOrigin,
    /// From `http` to `https` at the same host, both at their own ports. What reqwest removes stays
    /// behind. [`keys()`] are sent: the host has them already.
    Upgrade,
    /// The redirect leads to another origin: all credentials stay behind.
    Foreign,
}

impl Crossing {
    /// Compares where a redirect comes from with where it leads.
    #[must_use]
    pub fn between(from: &UrlParts<'_>, to: &UrlParts<'_>) -> Self {
        if (from.scheme, from.host, from.port) == (to.scheme, to.host, to.port) {
            return Self::SameOrigin;
        }
        let ports = (from.port, to.port) == (Some(80), Some(443));
        match (from.scheme, to.scheme) {
            ("http", "https") if ports && from.host == to.host => Self::Upgrade,
            _ => Self::Foreign,
        }
    }

    /// The names of the headers that stay behind.
    pub fn withheld(self) -> impl Iterator<Item = &'static str> {
        let removed: &[_] = match self {
            Self::SameOrigin => &[],
            Self::Upgrade | Self::Foreign => REMOVED_BY_REQWEST,
        };
        let keys = (self == Self::Foreign).then(keys);
        removed.iter().copied().chain(keys.into_iter().flatten())
    }

    /// Removes the headers that stay behind.
    pub fn strip(self, headers: &mut HeaderMap) {
        for name in self.withheld() {
            headers.remove(name);
        }
    }

    /// The crossing of two redirects in a row: what stays behind once is not sent again later.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Foreign, _) | (_, Self::Foreign) => Self::Foreign,
            (Self::Upgrade, _) | (_, Self::Upgrade) => Self::Upgrade,
            _ => Self::SameOrigin,
        }
    }
}
