//! What came back from one attempt, and how far the request got.
//!
//! Whether a request may be repeated depends less on *what* failed than on *how far the request got* before it failed:
//! a `POST` that never left the machine may be sent again, one whose answer was lost may have been applied. The
//! reading of a concrete transport error is the shell's work; the vocabulary and the rules are here.

use std::fmt;

use http::StatusCode;

use crate::failure_kind::{FailureKind, Reach};
use crate::refusal::Refusal;

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
