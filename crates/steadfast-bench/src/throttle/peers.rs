//! reqwest-retry, and reqwest-ratelimit with governor.
//!
//! Their chance comes from the thread's own generator, which nobody can seed: their figures differ a little from run to
//! run. Headers they do not read, so rows that differ in these alone look alike.

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use steadfast_testkit::Limited;

use super::shape::Shape;

pub(super) fn three(_: &Shape, server: Limited, _: u64) -> ClientWithMiddleware {
    retrying(3).with(server).build()
}

pub(super) fn ten(_: &Shape, server: Limited, _: u64) -> ClientWithMiddleware {
    retrying(10).with(server).build()
}

/// The same on real sockets. The limiter's clock is tokio's, which does not jump there.
#[cfg(feature = "peer-reqwest-stack")]
pub(super) fn limited_on_sockets(shape: &Shape) -> ClientWithMiddleware {
    retrying(3)
        .with(reqwest_ratelimit::all(limiter::Waiting::new(shape)))
        .build()
}

/// Retry outside, so that every attempt pays.
#[cfg(feature = "peer-reqwest-stack")]
pub(super) fn limited(shape: &Shape, server: Limited, _: u64) -> ClientWithMiddleware {
    retrying(3)
        .with(reqwest_ratelimit::all(limiter::Waiting::new(shape)))
        .with(server)
        .build()
}

pub(super) fn retrying(retries: u32) -> ClientBuilder {
    let policy = ExponentialBackoff::builder().build_with_max_retries(retries);
    let retry = RetryTransientMiddleware::new_with_policy(policy);
    ClientBuilder::new(reqwest::Client::new()).with(retry)
}

#[cfg(feature = "peer-reqwest-stack")]
mod limiter {
    use std::num::NonZeroU32;
    use std::time::Instant;

    use governor::clock::Clock;
    use governor::middleware::NoOpMiddleware;
    use governor::state::{InMemoryState, NotKeyed};
    use governor::{Quota, RateLimiter};

    use crate::throttle::Shape;

    /// A limiter that one waits for as with governor's `until_ready`, whose own timer would be a real one.
    pub(super) struct Waiting(
        RateLimiter<NotKeyed, InMemoryState, Paused, NoOpMiddleware<Instant>>,
    );

    /// Tokio's clock.
    #[derive(Clone, Copy)]
    struct Paused;

    impl Waiting {
        pub(super) fn new(shape: &Shape) -> Self {
            let (count, period, burst) = shape.allowed();
            let burst = NonZeroU32::new(burst).expect("a shape has a burst");
            let quota = Quota::with_period(period / count).expect("a shape has a period");
            let quota = quota.allow_burst(burst);
            Self(RateLimiter::direct_with_clock(quota, Paused))
        }
    }

    impl Clock for Paused {
        type Instant = Instant;

        #[expect(
            clippy::disallowed_methods,
            reason = "the runtime's own clock, which is paused"
        )]
        fn now(&self) -> Instant {
            tokio::time::Instant::now().into_std()
        }
    }

    impl reqwest_ratelimit::RateLimiter for Waiting {
        async fn acquire_permit(&self) {
            while let Err(not_until) = self.0.check() {
                tokio::time::sleep(not_until.wait_time_from(Paused.now())).await;
            }
        }
    }
}
