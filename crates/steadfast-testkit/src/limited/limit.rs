//! How much a limit lets through: time in, decision out.
//!
//! All in whole numbers. A limiter that calculates in floats is off by one request now and then, and a test that counts
//! refusals could not tell whose mistake that was.

use std::time::Duration;

/// What is allowed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// A bucket that fills evenly.
    Bucket {
        /// Tokens that come per second.
        per_second: u32,
        /// Tokens that fit in.
        burst: u32,
    },
    /// So many per window, whenever in it.
    Window {
        /// How many.
        count: u32,
        /// Of this length; not zero.
        length: Duration,
    },
}

/// What is left of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left {
    /// In nanoseconds times tokens per second, of which [`TOKEN`] are a token: so no fraction is ever dropped.
    Bucket {
        /// What was there at `at`.
        credit: u128,
        /// Nanoseconds since the start.
        at: u128,
    },
    /// In the window with this number.
    Window {
        /// How many.
        tokens: u32,
        /// Which window; the first is 0.
        number: u128,
    },
}

/// The decision about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    /// Whether it is let through.
    pub(super) accepted: bool,
    /// Whole tokens that are left after it.
    pub(super) tokens: u64,
    /// Whole seconds until there is one more, rounded up; 0 while one is left.
    pub(super) more_in: u64,
}

/// A second of nanoseconds: what a token costs, see [`Left::Bucket`].
const TOKEN: u128 = 1_000_000_000;

// ===== impl Limit =====

impl Limit {
    /// A limit of which nothing is used.
    pub(super) fn full(self) -> Left {
        match self {
            Self::Bucket { burst, .. } => Left::Bucket {
                credit: u128::from(burst) * TOKEN,
                at: 0,
            },
            Self::Window { count, .. } => Left::Window {
                tokens: count,
                number: 0,
            },
        }
    }

    /// Decides about a request that arrives so long after the start.
    pub(super) fn rule(self, left: &mut Left, since_start: Duration) -> Ruling {
        let now = since_start.as_nanos();
        self.refill(left, now);
        let accepted = left.take();
        let tokens = left.tokens();
        let more_in = match tokens {
            0 => self.more_in(left, now),
            _ => 0,
        };
        Ruling {
            accepted,
            tokens,
            more_in,
        }
    }

    /// How many requests, and in how many seconds: the `q` and `w` of a `RateLimit-Policy`.
    pub(super) fn policy(self) -> (u32, u64) {
        match self {
            Self::Bucket { per_second, .. } => (per_second, 1),
            Self::Window { count, length } => (count, length.as_secs()),
        }
    }

    fn refill(self, left: &mut Left, now: u128) {
        match (self, left) {
            (Self::Bucket { per_second, burst }, Left::Bucket { credit, at }) => {
                let came = now.saturating_sub(*at) * u128::from(per_second);
                *credit = (*credit + came).min(u128::from(burst) * TOKEN);
                *at = now;
            }
            (Self::Window { count, length }, Left::Window { tokens, number }) => {
                let current = now / length.as_nanos();
                if current > *number {
                    (*tokens, *number) = (count, current);
                }
            }
            _ => unreachable!("what is left was made by `full` of the same limit"),
        }
    }

    fn more_in(self, left: &Left, now: u128) -> u64 {
        let nanoseconds = match (self, left) {
            // Where none ever comes, "in a second" is as wrong as any other answer.
            (Self::Bucket { per_second: 0, .. }, _) => TOKEN,
            (Self::Bucket { per_second, .. }, Left::Bucket { credit, .. }) => {
                (TOKEN - credit).div_ceil(u128::from(per_second))
            }
            (Self::Window { length, .. }, _) => length.as_nanos() - now % length.as_nanos(),
            (Self::Bucket { .. }, Left::Window { .. }) => TOKEN,
        };
        u64::try_from(nanoseconds.div_ceil(TOKEN)).unwrap_or(u64::MAX)
    }
}

// ===== impl Left =====

impl Left {
    fn take(&mut self) -> bool {
        match self {
            Self::Bucket { credit, .. } if *credit >= TOKEN => *credit -= TOKEN,
            Self::Window { tokens, .. } if *tokens > 0 => *tokens -= 1,
            _ => return false,
        }
        true
    }

    fn tokens(&self) -> u64 {
        match self {
            Self::Bucket { credit, .. } => u64::try_from(credit / TOKEN).unwrap_or(u64::MAX),
            Self::Window { tokens, .. } => u64::from(*tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a limit says to requests at these nanoseconds.
    fn accepted(limit: Limit, at: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut left = limit.full();
        at.into_iter()
            .map(|at| limit.rule(&mut left, Duration::from_nanos(at)).accepted)
            .collect()
    }

    #[test]
    fn a_token_comes_at_its_nanosecond_and_not_one_earlier() {
        // A third of a second has no end in nanoseconds: the first token is there at 333,333,333.3.
        let limit = Limit::Bucket {
            per_second: 3,
            burst: 1,
        };
        // A full bucket keeps nothing of what flows over, so the next one takes a whole third from there.
        let at = [0, 333_333_333, 333_333_334, 666_666_667, 666_666_668];
        assert_eq!(accepted(limit, at), [true, false, true, false, true]);
    }

    #[test]
    fn fractions_of_a_token_are_not_lost_however_often_one_asks() {
        let limit = Limit::Bucket {
            per_second: 7,
            burst: 2,
        };
        let for_a_second = (0..=1_000_000).map(|n| n * 1_000);
        let all = accepted(limit, for_a_second);
        assert_eq!(all.into_iter().filter(|accepted| *accepted).count(), 2 + 7);
    }

    #[test]
    fn a_pause_fills_the_bucket_and_no_more_than_that() {
        let limit = Limit::Bucket {
            per_second: 10,
            burst: 2,
        };
        let hour = 3_600 * 1_000_000_000;
        let at = [0, 0, 0, hour, hour, hour];
        let twice = [true, true, false, true, true, false];
        assert_eq!(accepted(limit, at), twice);
    }

    #[test]
    fn a_window_is_full_again_at_its_edge() {
        let limit = Limit::Window {
            count: 2,
            length: Duration::from_nanos(10),
        };
        let at = [0, 1, 9, 10, 19, 19, 20, 45, 49, 49];
        let expected = [
            true, true, false, true, true, false, true, true, true, false,
        ];
        assert_eq!(accepted(limit, at), expected);
    }

    #[test]
    fn a_refusal_says_in_how_many_seconds_there_is_more() {
        let slow = Limit::Bucket {
            per_second: 1,
            burst: 2,
        };
        let window = Limit::Window {
            count: 2,
            length: Duration::from_secs(60),
        };
        for (limit, more_in) in [(slow, 1), (window, 60)] {
            let mut left = limit.full();
            let mut rule = || limit.rule(&mut left, Duration::ZERO);
            let ruling = |accepted, tokens, more_in| Ruling {
                accepted,
                tokens,
                more_in,
            };
            assert_eq!(rule(), ruling(true, 1, 0));
            assert_eq!(rule(), ruling(true, 0, more_in));
            assert_eq!(rule(), ruling(false, 0, more_in));
        }
    }

    #[test]
    fn a_limit_of_nothing_refuses_everything() {
        let bucket = Limit::Bucket {
            per_second: 0,
            burst: 0,
        };
        let window = Limit::Window {
            count: 0,
            length: Duration::from_secs(1),
        };
        for limit in [bucket, window] {
            assert_eq!(accepted(limit, [0, u64::MAX]), [false, false]);
        }
    }
}
