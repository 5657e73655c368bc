//! The clock of the command line.

use tokio::time::Instant;

/// Now, on the clock that drives the client's waits too.
#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own measures with the clock that tokio's timers use"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, for dates in headers that come without a `Date`.
#[expect(
    clippy::disallowed_methods,
    reason = "see `now`; dates are read against it, nothing is timed by it"
)]
pub(crate) fn wall() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
