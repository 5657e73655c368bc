//! Why an attempt brought no response, and how far its request got.

use std::fmt;

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
    /// Nothing listens at that address, or the connection could not be made for another reason.
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
