//! The kinds of failures.

use steadfast_core::{FailureKind, Refusal};

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server answered with an error status.
    Status,
    /// No answer in time, by reqwest's timeouts or a limit of the policy.
    Timeout,
    /// No connection: refused, not found, or not in time.
    Connect,
    /// The certificate or the handshake was refused.
    Tls,
    /// The rate limit of this client refused the call; nothing was sent.
    RateLimited,
    /// The server had closed this scope for longer than the call may wait; nothing was sent.
    GateClosed,
    /// The user's quota of a day, week or month is used up; nothing was sent.
    QuotaUsedUp,
    /// As many calls as the concurrency limit of this client allows were under way for as long as this one may wait, or
    /// too many waited already; nothing was sent.
    ConcurrencyLimited,
    /// The connection broke after the request was sent, the body ended early, or an HTTP/2 server said that it did not
    /// process the request.
    Interrupted,
    /// The body could not be decoded.
    Decode,
    /// The request, or what was said about this call, makes no sense.
    InvalidRequest,
    /// Too many redirects.
    Redirect,
    /// Another middleware in the chain failed it.
    Middleware,
    /// Anything else.
    Other,
}

// ===== impl ErrorKind =====

/// The one place where a failure becomes a kind of error.
impl From<FailureKind> for ErrorKind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Timeout => Self::Timeout,
            FailureKind::Connect | FailureKind::ConnectTimeout | FailureKind::Dns => Self::Connect,
            FailureKind::Tls => Self::Tls,
            FailureKind::Reset | FailureKind::Truncated | FailureKind::Unprocessed => {
                Self::Interrupted
            }
            FailureKind::Decode => Self::Decode,
            FailureKind::InvalidRequest => Self::InvalidRequest,
            FailureKind::Redirect => Self::Redirect,
            FailureKind::Foreign => Self::Middleware,
            _ => Self::Other,
        }
    }
}

/// The one place where a refusal becomes a kind of error.
impl From<Refusal> for ErrorKind {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AttemptTimeout { .. } | Refusal::DeadlinePassed => Self::Timeout,
            Refusal::RateLimited { .. } => Self::RateLimited,
            Refusal::GateClosed { .. } => Self::GateClosed,
            Refusal::QuotaUsedUp { .. } => Self::QuotaUsedUp,
            Refusal::CostTooHigh { .. } => Self::InvalidRequest,
            Refusal::ConcurrencyLimited { .. } | Refusal::QueueFull { .. } => {
                Self::ConcurrencyLimited
            }
            _ => Self::Other,
        }
    }
}
