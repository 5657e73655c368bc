//! Schedules from the `backoff` crate, for programs that have one.
//!
//! `backoff` has been unmaintained since 2025 (RUSTSEC-2025-0012), so steadfast's own schedules are data of its own; this
//! only reads those that exist. Nothing of `backoff` runs beyond the calculation of waits.

use std::sync::Arc;

use backoff::backoff::Backoff as Source;
use steadfast_core::Backoff;

/// Takes any schedule: each call starts with a fresh copy of it.
///
/// ```
/// use steadfast::{Policy, backoff_schedule};
///
/// let policy = Policy::standard().backoff(backoff_schedule(backoff::ExponentialBackoff::default()));
/// # drop(policy);
/// ```
///
/// `backoff::ExponentialBackoff` brings its own jitter and its own maximum time; both stay in force, beside the policy's
/// attempts and time. A schedule that ends (`None`) ends the retries.
pub fn backoff_schedule<S>(schedule: S) -> Backoff
where
    S: Source + Clone + Send + Sync + 'static,
{
    Backoff::custom(Arc::new(move |retry| {
        let mut schedule = schedule.clone();
        schedule.reset();
        let mut wait = schedule.next_backoff();
        for _ in 1..retry {
            wait = schedule.next_backoff();
        }
        wait
    }))
}
