//! The one clock.
//!
//! All times come from tokio, so that `tokio::time::pause` moves decisions, rate limits and timers together. Every
//! other way to read a clock is banned by `.clippy.toml`.

use std::time::{Instant, SystemTime};

/// Now, on tokio's clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one sanctioned reading of a clock"
)]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The time of day, for dates in headers that come without the server's own `Date`.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one sanctioned reading of the time of day"
)]
pub fn wall() -> SystemTime {
    SystemTime::now()
}
