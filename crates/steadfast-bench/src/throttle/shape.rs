//! The limits that clients meet.

use std::time::Duration;

use steadfast_core::Rate;
use steadfast_testkit::Limited;

/// A server: how much it lets through, and how far away it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The name in tables, in JSON and on the command line.
    pub name: &'static str,
    /// How much it lets through.
    pub limit: Limit,
    /// How long an exchange takes, there and back.
    pub latency: Duration,
}

/// How much a server lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A token bucket.
    Bucket {
        /// Tokens that come per second.
        per_second: u32,
        /// Tokens that fit in.
        burst: u32,
    },
    /// So many per window.
    Window {
        /// How many.
        count: u32,
        /// Of this length.
        length: Duration,
    },
}

impl Shape {
    /// The usual one first; then a narrow one, a wide one, one that hands out its whole second at once, and one that is
    /// far away, so that its answers come late.
    pub const ALL: [Self; 5] = [
        Self::bucket("100/s burst 10", 100, 10),
        Self::bucket("20/s burst 1", 20, 1),
        Self::bucket("500/s burst 50", 500, 50),
        Self {
            name: "fixed 100/s",
            limit: Limit::Window {
                count: 100,
                length: Duration::from_secs(1),
            },
            latency: Duration::ZERO,
        },
        Self {
            latency: Duration::from_millis(40),
            ..Self::bucket("100/s burst 10 + 40 ms", 100, 10)
        },
    ];

    /// A token bucket next door.
    #[must_use]
    pub const fn bucket(name: &'static str, per_second: u32, burst: u32) -> Self {
        Self {
            name,
            limit: Limit::Bucket { per_second, burst },
            latency: Duration::ZERO,
        }
    }

    /// The server, of which nothing is used yet.
    #[must_use]
    pub fn server(&self) -> Limited {
        let server = match self.limit {
            Limit::Bucket { per_second, burst } => Limited::token_bucket(per_second, burst),
            Limit::Window { count, length } => Limited::fixed_window(count, length),
        };
        server.latency(self.latency)
    }

    /// What somebody configures who has read the server's documentation.
    #[must_use]
    pub fn rate(&self) -> Rate {
        let (count, period, burst) = self.allowed();
        Rate::per(count, period).burst(burst)
    }

    /// So many per so long, with a burst. A window may be used up at once, but whoever does not know where its edge
    /// lies has to spread: a burst of 1.
    pub(super) const fn allowed(&self) -> (u32, Duration, u32) {
        match self.limit {
            Limit::Bucket { per_second, burst } => (per_second, Duration::from_secs(1), burst),
            Limit::Window { count, length } => (count, length, 1),
        }
    }

    /// The shortest time in which so many calls can succeed, by a client that knows all.
    #[must_use]
    pub fn best(&self, successes: u64) -> Duration {
        let waited = match self.limit {
            Limit::Bucket { per_second, burst } => {
                let behind = successes.saturating_sub(burst.into());
                Duration::from_nanos(behind * 1_000_000_000 / u64::from(per_second.max(1)))
            }
            Limit::Window { count, length } => {
                let windows = successes.div_ceil(count.max(1).into()).saturating_sub(1);
                length.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
            }
        };
        waited + self.latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_possible_time_is_the_last_calls_turn_and_one_latency() {
        let best: Vec<_> = Shape::ALL
            .iter()
            .map(|shape| shape.best(3_000).as_millis())
            .collect();
        assert_eq!(best, [29_900, 149_950, 5_900, 29_000, 29_940]);
        assert_eq!(Shape::ALL[3].best(3_001).as_millis(), 30_000);
        assert_eq!(Shape::ALL[0].best(3), Duration::ZERO);
    }
}
