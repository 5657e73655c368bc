//! What follows an outcome, and how it is paid for.

use std::time::Instant;

use steadfast_core::Record;
use steadfast_core::budget::Price;

use crate::budget::Token;

/// What follows an outcome that was not accepted at the first attempt.
pub(super) enum Next {
    /// Return it, with this record if there is one.
    Return(Option<Record>),
    /// A limit of this client refused the next attempt: return what the last one brought, with this record.
    Refused(Record),
    /// Send again after this wait.
    Wait(Instant, Fee),
}

/// How the next attempt is paid for.
pub(super) enum Fee {
    /// It is paid; `None` where it costs nothing.
    Paid(Option<Token>),
    /// It may be sent once this was paid.
    Owed(Price),
}

/// What became of a call that waits for the budget.
pub(super) enum Due {
    /// It may go on.
    Paid(Token),
    /// It asks again then.
    Later(Instant),
    /// Its time is over.
    Never(Record),
}
