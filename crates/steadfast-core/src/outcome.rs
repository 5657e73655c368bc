//! What came back from one attempt, and how far the request got.
//!
//! Whether a request may be repeated depends less on *what* failed than on *how far the request got* before it failed:
//! a `POST` that never left the machine may be sent again, one whose answer was lost may have been applied. The
//! reading of a concrete transport error is the shell's work; the vocabulary and the rules are here.

use std::fmt;

use http::StatusCode;

use crate::refusal::Refusal;

/// How far the request got. What is not known counts as [`MaybeProcessed`](Self::MaybeProcessed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// No byte of it reached the server.
    NotSent,
    /// The server said that it did not process it (`REFUSED_STREAM`, `GOAWAY`, 425, 429).
    Unprocessed,
    /// It was sent, and nobody knows what became of it.
    MaybeProcessed,
}

/// Why an attempt brought no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// Nobody listens at that address, or the connection could not be made for another reason.
    Connect,
    /// Making the connection took too long.
    ConnectTimeout,
    /// The host name was not found.
    Dns,
    /// The certificate or the handshake was refused.
    Tls,
    /// The server said that it did not process the request (HTTP/2 `REFUSED_STREAM` or `GOAWAY`).
    Unprocessed,
    /// No answer in time.
    Timeout,
    /// The connection was reset or closed after the request was sent.
    Reset,
    /// The body of the answer ended early.
    Truncated,
    /// The request itself cannot be sent as it is.
    InvalidRequest,
    /// Too many redirects, or one that may not be followed.
    Redirect,
    /// The body of the answer could not be decoded.
    Decode,
    /// Another layer of the chain failed it, by a decision of its own.
    Foreign,
    /// Anything else; counts as maybe processed.
    Other,
}

/// What came back from one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// A response with this status.
    Status(StatusCode),
    /// No response.
    Failed(FailureKind),
    /// A limit of this client refused or cut it.
    Refused(Refusal),
}

// ===== impl FailureKind =====

impl FailureKind {
    /// Every kind, for tables and tests.
    pub const ALL: &'static [Self] = &[
        Self::Connect,
        Self::ConnectTimeout,
        Self::Dns,
        Self::Tls,
        Self::Unprocessed,
        Self::Timeout,
        Self::Reset,
        Self::Truncated,
        Self::InvalidRequest,
        Self::Redirect,
        Self::Decode,
        Self::Foreign,
        Self::Other,
    ];

    /// How far a request gets that fails in this way.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::Connect | Self::ConnectTimeout | Self::Dns | Self::Tls | Self::InvalidRequest => {
                Reach::NotSent
            }
            Self::Unprocessed => Reach::Unprocessed,
            Self::Timeout
            | Self::Reset
            | Self::Truncated
            | Self::Redirect
            | Self::Decode
            | Self::Foreign
            | Self::Other => Reach::MaybeProcessed,
        }
    }

    /// The name in spans and metrics (`error.type` of the OpenTelemetry conventions: low cardinality).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Unprocessed => "unprocessed",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Truncated => "truncated",
            Self::InvalidRequest => "invalid_request",
            Self::Redirect => "redirect",
            Self::Decode => "decode",
            Self::Foreign => "foreign",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::ConnectTimeout => "connect timeout",
            Self::Dns => "host not found",
            Self::Tls => "TLS failure",
            Self::Unprocessed => "not processed by the server",
            Self::Timeout => "timeout",
            Self::Reset => "connection reset",
            Self::Truncated => "truncated body",
            Self::InvalidRequest => "invalid request",
            Self::Redirect => "redirect failure",
            Self::Decode => "undecodable body",
            Self::Foreign => "failed by another layer",
            Self::Other => "transport failure",
        })
    }
}

// ===== impl Outcome =====

impl Outcome {
    /// How far the request got. A response proves that it arrived; 425 (RFC 8470) and 429 say that it was not processed.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::Status(status) if matches!(status.as_u16(), 425 | 429) => Reach::Unprocessed,
            Self::Status(_) => Reach::MaybeProcessed,
            Self::Failed(kind) => kind.reach(),
            Self::Refused(refusal) => refusal.reach(),
        }
    }

    /// The name in spans and metrics of what went wrong without a response; `None` for a response.
    #[must_use]
    pub const fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Status(_) => None,
            Self::Failed(kind) => Some(kind.as_str()),
            Self::Refused(refusal) => Some(refusal.as_str()),
        }
    }

    /// The status, if there was a response.
    #[must_use]
    pub const fn status(self) -> Option<StatusCode> {
        match self {
            Self::Status(status) => Some(status),
            Self::Failed(_) | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => f.write_str(status.as_str()),
            Self::Failed(kind) => kind.fmt(f),
            Self::Refused(refusal) => f.write_str(refusal.summary()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_provably_did_not_run_counts_as_unprocessed() {
        for code in 100..1000 {
            let status = StatusCode::from_u16(code).unwrap();
            let expected = if code == 425 || code == 429 {
                Reach::Unprocessed
            } else {
                Reach::MaybeProcessed
            };
            assert_eq!(Outcome::Status(status).reach(), expected, "{code}");
        }
        assert_eq!(FailureKind::Other.reach(), Reach::MaybeProcessed);
        assert_eq!(FailureKind::Reset.reach(), Reach::MaybeProcessed);
        assert_eq!(FailureKind::Connect.reach(), Reach::NotSent);
    }
}
