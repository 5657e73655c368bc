//! The only places that read a clock.

use std::time::Instant as RealInstant;

use tokio::time::Instant;

/// The runtime's clock, real or paused.
#[expect(
    clippy::disallowed_methods,
    reason = "the sanctioned reading of the runtime's clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The real clock, for measuring how long a runtime on a paused one really slept.
#[expect(
    clippy::disallowed_methods,
    reason = "the sanctioned reading of the real clock"
)]
pub(super) fn real_now() -> RealInstant {
    RealInstant::now()
}
