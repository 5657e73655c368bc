//! Schedules from the `backoff` crate, for programs that have one.
//!
//! `backoff` has been unmaintained since 2025 (RUSTSEC-2025-0012), so steadfast's own schedules are data of its own; this
//! only reads those that exist. Nothing of `backoff` runs beyond the calculation of waits.

use std::sync::Arc;

use backoff::backoff::Backoff as Source;
use steadfast_core::backoff::InvalidBackoff;
use steadfast_core::{Backoff, Jitter};

/// Takes any schedule: each call starts with a fresh copy of it.
///
/// ```
/// use steadfast::Policy;
/// use steadfast::policy::backoff_schedule;
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

/// Converts `backoff`'s exponential schedule into one of steadfast's own, after which nothing of `backoff` runs: same
/// first wait, factor and cap. Its randomness (a wait of ±50 %) becomes full jitter, or none when it had none; its
/// maximum time is dropped, since a policy has `retry_for`.
///
/// ```
/// use steadfast::Policy;
/// use steadfast::policy::backoff_exponential;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let own = backoff_exponential(&backoff::ExponentialBackoff::default())?;
/// let policy = Policy::standard().backoff(own);
/// # drop(policy);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A first wait above the cap, a factor below 1, or one that is no number.
pub fn backoff_exponential(
    schedule: &backoff::ExponentialBackoff,
) -> Result<Backoff, InvalidBackoff> {
    let (initial, cap) = (schedule.initial_interval, schedule.max_interval);
    let own = Backoff::exponential(initial, schedule.multiplier, cap)?;
    Ok(match schedule.randomization_factor {
        0.0 => own.jitter(Jitter::None),
        _ => own.jitter(Jitter::Full),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_schedule_of_backoff_is_followed_wait_by_wait() {
        let schedule = backoff::ExponentialBackoff {
            initial_interval: Duration::from_millis(100),
            randomization_factor: 0.0,
            multiplier: 3.0,
            max_interval: Duration::from_millis(500),
            ..Default::default()
        };
        let mut rng = steadfast_core::Chance::with_seed(7);
        for own in [
            backoff_schedule(schedule.clone()),
            backoff_exponential(&schedule).unwrap(),
        ] {
            let waits: Vec<_> = (1..=4)
                .map(|retry| own.wait(retry, &mut rng).unwrap().as_millis())
                .collect();
            assert_eq!(waits, [100, 300, 500, 500]);
        }
    }

    #[test]
    fn a_schedule_that_ends_ends_the_retries() {
        #[derive(Clone)]
        struct Once(Option<Duration>);
        impl Source for Once {
            fn next_backoff(&mut self) -> Option<Duration> {
                self.0.take()
            }
        }
        let own = backoff_schedule(Once(Some(Duration::from_secs(1))));
        let mut rng = steadfast_core::Chance::with_seed(7);
        assert_eq!(own.wait(1, &mut rng), Some(Duration::from_secs(1)));
        assert_eq!(own.wait(2, &mut rng), None);
    }
}
