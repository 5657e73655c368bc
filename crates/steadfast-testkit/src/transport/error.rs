//! How an exchange without a socket fails.

use std::error::Error;
use std::fmt;

/// A failure that a script asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
}

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// `refuse`: there was no connection, so nothing was sent.
    Refused,
    /// `reset`, or a body cut with [`rst`](crate::Step::rst).
    Reset,
    /// `fin`, or a body cut short.
    Closed,
    /// The timeout of a `reqwest::Request` passed.
    TimedOut,
    /// The step has a status or a header that the `http` crate cannot hold.
    Malformed,
    /// The request's own body failed while it was read.
    RequestBody,
}

// ===== impl TransportError =====

impl TransportError {
    /// What kind of failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether there was no connection, so that the request was certainly not sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.kind == TransportErrorKind::Refused
    }

    /// Whether the request's timeout passed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == TransportErrorKind::TimedOut
    }
}

impl From<TransportErrorKind> for TransportError {
    fn from(kind: TransportErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Refused => "scripted: connection refused",
            TransportErrorKind::Reset => "scripted: connection reset",
            TransportErrorKind::Closed => "scripted: connection closed before the end",
            TransportErrorKind::TimedOut => "scripted: the request's timeout passed",
            TransportErrorKind::Malformed => "scripted: the answer is not valid HTTP",
            TransportErrorKind::RequestBody => "the request body failed while it was read",
        })
    }
}

impl Error for TransportError {}
