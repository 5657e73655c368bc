//! All limits of one response.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, header};

use super::fields::Field;
use super::reading::{Freshness, Reading};
use super::{Allowance, Oddity};
use crate::hint::few::Few;

/// What a response says of all limits: at most eight, without an allocation.
///
/// The dialects: `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10 and
/// its predecessors from 08 on, with what is proposed for its successor (names without quotes, `a` and `w` in the place of
/// `r` and `t`, the cost `c`; `RateLimit-Partition` says nothing that `pk` does not and is ignored), the one-field form of draft 07, the three fields up to draft 06,
/// and those of GitHub, Discord, X, OpenAI, Anthropic, Shopify, Kong, HubSpot and whoever uses the
/// same names. A reset may be seconds, an epoch in s or ms, a Go duration, RFC 3339 or a date.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use steadfast_core::hint::{Allowances, tells_of_limits};
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("ratelimit-policy", r#""burst";q=100;w=60, "daily";q=5000;w=86400"#.parse()?);
/// headers.insert("ratelimit", r#""burst";r=3;t=30"#.parse()?);
/// assert!(tells_of_limits(&headers));
///
/// // The wall clock is asked only for a moment in time that comes without a usable `Date`.
/// let allowances = Allowances::read(&headers, || UNIX_EPOCH);
/// let burst = allowances.iter().next().ok_or("there is one")?;
/// assert_eq!((burst.remaining, burst.limit), (Some(3), Some(100)));
/// assert_eq!(burst.reset, Some(Duration::from_secs(30)));
/// assert_eq!(burst.window, Some(Duration::from_secs(60)));
/// // Of the other limit only the policy was told.
/// let daily = allowances.iter().nth(1).ok_or("there are two")?;
/// assert_eq!((daily.remaining, daily.limit), (None, Some(5000)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowances {
    pub(super) items: Few<Allowance>,
    pub(super) bucket: Option<u64>,
    pub(super) global: bool,
    pub(super) oddity: Option<Oddity>,
}

/// Could any header tell of a limit? Asked of every accepted response, so it looks at names only,
/// and at most of them for a few instructions.
///
/// True whenever [`Allowances::read`] would find anything; also for `Retry-After`, which holds no
/// limit but may hold an [`Oddity`].
#[must_use]
#[inline]
pub fn tells_of_limits(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| !is_everyday(name) && is_known(name))
}

/// Not inlined: the text of a name is a jump with a case for each standard header.
#[inline(never)]
fn is_known(name: &HeaderName) -> bool {
    Field::of(name.as_str()).is_some()
}

/// Names that nearly every response has. `http` keeps them as numbers, so that these comparisons
/// become one look into a set of bits; the text of such a name would cost a table and a jump.
#[inline]
fn is_everyday(name: &HeaderName) -> bool {
    *name == header::CACHE_CONTROL
        || *name == header::CONTENT_ENCODING
        || *name == header::CONTENT_LENGTH
        || *name == header::CONTENT_TYPE
        || *name == header::DATE
        || *name == header::ETAG
        || *name == header::LAST_MODIFIED
        || *name == header::SERVER
        || *name == header::STRICT_TRANSPORT_SECURITY
        || *name == header::TRANSFER_ENCODING
        || *name == header::VARY
}

// ===== impl Allowances =====

impl Allowances {
    /// Reads all limits of a response, whatever its status.
    ///
    /// `wall` is the wall clock; it is asked at most once, for a moment in time that comes without a
    /// readable `Date`, or with an `Age`. Empty when `Age` is above zero: then a cache tells what
    /// was left at another time, perhaps to somebody else. Of more than eight limits, those of which
    /// only the policy is told are dropped first, and then those of vendors.
    #[must_use]
    pub fn read(headers: &HeaderMap, wall: impl FnOnce() -> SystemTime) -> Self {
        // Filled where it stands: it is too large to be moved about.
        let mut reading = Reading::default();
        match reading.scan(headers) {
            Freshness::Fresh => reading.resolve(wall),
            Freshness::Cached => Self::default(),
        }
    }

    /// The limits, in no order that means anything; each [`name`](Allowance::name) once.
    pub fn iter(&self) -> impl Iterator<Item = &Allowance> {
        self.items.as_slice().iter()
    }

    /// Is nothing told of any limit?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.as_slice().is_empty()
    }

    /// Which of the server's buckets was charged, the same number in every process: a hash of
    /// Discord's `X-RateLimit-Bucket`, of GitHub's `X-RateLimit-Resource`, or of the partition key
    /// (`pk`) that all limits of `RateLimit` share. `None` when the server does not say.
    #[must_use]
    pub const fn bucket(&self) -> Option<u64> {
        self.bucket
    }

    /// Is it the limit of the whole API and not of one route? Discord says so:
    /// `X-RateLimit-Global: true` or `X-RateLimit-Scope: global`.
    #[must_use]
    pub const fn is_global(&self) -> bool {
        self.global
    }

    /// The first header that could not be read or had to be guessed.
    #[must_use]
    pub const fn oddity(&self) -> Option<Oddity> {
        self.oddity
    }
}

/// Keeps the first eight.
impl FromIterator<Allowance> for Allowances {
    fn from_iter<I: IntoIterator<Item = Allowance>>(items: I) -> Self {
        let mut allowances = Self::default();
        items
            .into_iter()
            .for_each(|item| allowances.items.push(item));
        allowances
    }
}
