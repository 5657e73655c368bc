//! A token bucket, the rate of which may change (nginx `limit_req` with `nodelay`, Stripe, AWS).
//!
//! In whole numbers, so that who comes exactly on time is served and who comes a nanosecond early is not.

use std::time::Duration;

use super::ruling::Ruling;

/// From when on so many tokens come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Since the start.
    pub from: Duration,
    /// Not zero.
    pub per_second: u32,
}

/// What is in it.
#[derive(Clone, Debug)]
pub(in crate::throttle) struct Bucket {
    steps: &'static [Step],
    burst: u32,
    /// In nanoseconds times tokens per second, of which [`TOKEN`] are a token: no fraction is lost.
    credit: u128,
    at: Duration,
}

/// What one token costs.
const TOKEN: u128 = 1_000_000_000;

impl Bucket {
    /// Full. The first step is from zero on, the others follow in their order.
    pub(in crate::throttle) const fn new(steps: &'static [Step], burst: u32) -> Self {
        Self {
            steps,
            burst,
            credit: burst as u128 * TOKEN,
            at: Duration::ZERO,
        }
    }

    pub(in crate::throttle) fn rule(&mut self, now: Duration) -> Ruling {
        let full = u128::from(self.burst) * TOKEN;
        self.credit = full.min(self.credit + came(self.steps, self.at, now));
        self.at = now;
        let accepted = self.credit >= TOKEN;
        if accepted {
            self.credit -= TOKEN;
        }
        let missing = TOKEN - self.credit % TOKEN;
        let more_in = nanoseconds(missing.div_ceil(u128::from(rate(self.steps, now))));
        let left = u32::try_from(self.credit / TOKEN).unwrap_or(u32::MAX);
        Ruling::at_once(accepted, left, more_in)
    }
}

/// When the last of so many requests can be served, if each is sent as soon as it can be.
pub(super) fn best(steps: &[Step], burst: u32, requests: u64) -> Duration {
    let mut missing = u128::from(requests.saturating_sub(burst.into())) * TOKEN;
    for (n, step) in steps.iter().enumerate() {
        let per_second = u128::from(step.per_second);
        let takes = missing.div_ceil(per_second);
        match steps.get(n + 1) {
            Some(next) if (next.from - step.from).as_nanos() < takes => {
                missing -= (next.from - step.from).as_nanos() * per_second;
            }
            _ => return step.from + nanoseconds(takes),
        }
    }
    Duration::ZERO
}

/// The credit that comes between two moments.
fn came(steps: &[Step], from: Duration, until: Duration) -> u128 {
    let ends = steps.iter().skip(1).map(|step| step.from);
    let ends = ends.chain([Duration::MAX]);
    let of_step = |(step, end): (&Step, Duration)| {
        let time = until.min(end).saturating_sub(from.max(step.from));
        time.as_nanos() * u128::from(step.per_second)
    };
    steps.iter().zip(ends).map(of_step).sum()
}

/// Tokens per second at this moment.
pub(super) fn rate(steps: &[Step], now: Duration) -> u32 {
    let current = steps.iter().rfind(|step| step.from <= now);
    current.map_or(1, |step| step.per_second.max(1))
}

fn nanoseconds(nanoseconds: u128) -> Duration {
    u64::try_from(nanoseconds).map_or(Duration::MAX, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::ruling::arrivals;

    const CHANGES: &[Step] = &[
        Step {
            from: Duration::ZERO,
            per_second: 100,
        },
        Step {
            from: Duration::from_secs(2),
            per_second: 50,
        },
        Step {
            from: Duration::from_secs(5),
            per_second: 200,
        },
    ];

    #[test]
    fn it_serves_what_a_bucket_that_is_filled_every_millisecond_serves() {
        let mut bucket = Bucket::new(CHANGES, 10);
        // A token is a thousand thousandths.
        let (mut thousandths, mut filled) = (10_000, 0);
        for at in arrivals(5_000, 2) {
            while filled < at {
                thousandths += match filled {
                    0..2_000 => 100,
                    2_000..5_000 => 50,
                    _ => 200,
                };
                thousandths = thousandths.min(10_000);
                filled += 1;
            }
            let expected = thousandths >= 1_000;
            thousandths -= if expected { 1_000 } else { 0 };
            let ruling = bucket.rule(Duration::from_millis(at));
            assert_eq!(
                (ruling.accepted, ruling.left),
                (expected, thousandths / 1_000)
            );
        }
    }

    #[test]
    fn the_best_time_is_when_a_client_is_done_that_asks_every_millisecond() {
        let mut bucket = Bucket::new(CHANGES, 10);
        let mut served = 0;
        for at in 0..10_000 {
            let now = Duration::from_millis(at);
            while bucket.rule(now).accepted {
                served += 1;
                // Asked at whole milliseconds, up to one of them is lost.
                let early = now - best(CHANGES, 10, served);
                assert!(early < Duration::from_millis(1), "request {served}");
            }
        }
        assert_eq!(served, 10 + 200 + 150 + 999);
    }

    #[test]
    fn it_says_when_the_next_token_comes() {
        let mut bucket = Bucket::new(CHANGES, 1);
        for at in [0, 3, 2_001] {
            let now = Duration::from_millis(at);
            let more_in = bucket.rule(now).more_in;
            let mut early = bucket.clone();
            assert!(!early.rule(now + more_in - Duration::from_nanos(1)).accepted);
            assert!(bucket.clone().rule(now + more_in).accepted);
        }
    }
}
