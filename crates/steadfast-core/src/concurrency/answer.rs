//! What an outcome says of the load of a server.

use crate::failure_kind::FailureKind;
use crate::outcome::Outcome;
use crate::refusal::Refusal;

/// What an outcome says of the load of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// It was served; also a 404 is.
    Good,
    /// It was too much, or took too long.
    Refused,
    /// Nothing: it failed for another reason, or was never sent.
    Neutral,
}

// ===== impl Answer =====

impl Answer {
    /// What an outcome says. 429, 503 and 529 are refusals, so are timeouts (a 504 is one of the server's own) and HTTP/2
    /// streams that were refused. Other 5xx and broken connections say nothing.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Status(status) => match status.as_u16() {
                429 | 503 | 504 | 529 => Self::Refused,
                500.. => Self::Neutral,
                _ => Self::Good,
            },
            Outcome::Failed(FailureKind::Timeout | FailureKind::Unprocessed)
            | Outcome::Refused(Refusal::AttemptTimeout { .. }) => Self::Refused,
            Outcome::Failed(_) | Outcome::Refused(_) => Self::Neutral,
        }
    }
}
