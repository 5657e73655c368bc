//! A wait that a server asked for, and where it said so.

use std::fmt;
use std::time::Duration;

/// The longest wait that is read from any hint: ten years of 365 days. What asks for more,
/// including integers too large for any type, is read as this: a very long time, which no call
/// waits out.
pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A server's wish not to be asked again for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RetryAfter {
    /// From the end of the response; zero means at once. At most [`LONGEST`].
    pub wait: Duration,
    /// The header that said so.
    pub source: HintSource,
}

/// The header that a wait was read from. Displayed as the name of the header.
///
/// In this order: when a response carries several, the first one here that can be read wins. The
/// forms in milliseconds stand before `Retry-After`, which the same servers send rounded to
/// seconds; limits stand last, because they describe a quota and not this response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HintSource {
    /// `retry-after-ms` (OpenAI, Azure).
    RetryAfterMs,
    /// `x-ms-retry-after-ms` (Azure).
    XMsRetryAfterMs,
    /// `x-amz-retry-after`, in ms (AWS).
    XAmzRetryAfter,
    /// `grpc-retry-pushback-ms` (gRFC A6).
    GrpcRetryPushbackMs,
    /// `Retry-After` (RFC 9110 section 10.2.3).
    RetryAfter,
    /// `RateLimit`, its parameter `t` (draft-ietf-httpapi-ratelimit-headers).
    RateLimit,
    /// `RateLimit-Reset` (the same draft up to -06).
    RateLimitReset,
    /// `X-RateLimit-Reset-After` (Discord).
    XRateLimitResetAfter,
    /// `X-RateLimit-Reset` (GitHub and many others).
    XRateLimitReset,
    /// `X-Rate-Limit-Reset` (X).
    XRateLimitResetHyphen,
}

// ===== impl RetryAfter =====

impl RetryAfter {
    /// A wait, at most [`LONGEST`], and where it comes from.
    #[must_use]
    pub fn new(wait: Duration, source: HintSource) -> Self {
        Self {
            wait: wait.min(LONGEST),
            source,
        }
    }
}

// ===== impl HintSource =====

impl HintSource {
    /// The name of the header, as its documentation spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RetryAfterMs => "retry-after-ms",
            Self::XMsRetryAfterMs => "x-ms-retry-after-ms",
            Self::XAmzRetryAfter => "x-amz-retry-after",
            Self::GrpcRetryPushbackMs => "grpc-retry-pushback-ms",
            Self::RetryAfter => "Retry-After",
            Self::RateLimit => "RateLimit",
            Self::RateLimitReset => "RateLimit-Reset",
            Self::XRateLimitResetAfter => "X-RateLimit-Reset-After",
            Self::XRateLimitReset => "X-RateLimit-Reset",
            Self::XRateLimitResetHyphen => "X-Rate-Limit-Reset",
        }
    }

    /// The same in lower case.
    pub(super) const fn header(self) -> &'static str {
        match self {
            Self::RetryAfter => "retry-after",
            Self::RateLimit => "ratelimit",
            Self::RateLimitReset => "ratelimit-reset",
            Self::XRateLimitResetAfter => "x-ratelimit-reset-after",
            Self::XRateLimitReset => "x-ratelimit-reset",
            Self::XRateLimitResetHyphen => "x-rate-limit-reset",
            Self::RetryAfterMs
            | Self::XMsRetryAfterMs
            | Self::XAmzRetryAfter
            | Self::GrpcRetryPushbackMs => self.as_str(),
        }
    }
}

impl fmt::Display for HintSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
