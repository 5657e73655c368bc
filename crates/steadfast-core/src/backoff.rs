//! How long to wait before trying again.
//!
//! A client that tries again at once hits a server that has not had time to recover; clients that
//! all wait the *same* time come back together, as the crowd that toppled it. So waits grow, which
//! spreads the load over time, and are drawn at random, which spreads the clients over each wait.
//! The second half matters more: in a published simulator a hundred contending clients finish in
//! 5.0 s with full jitter and in 63.5 s with growing waits alone.
//!
//! [`Backoff`] is plain data, and asking it is a function of the retry's number and of [`Chance`]
//! that the caller owns. Seeded alike it answers alike, so a run can be repeated; seeded
//! apart, as it must be in production, no two callers wait in step.
//!
//! When not to use it: when the server said when to come back. The first [hint](crate::hint) of a
//! call replaces the backoff; from the second refusal in a row it is a floor under it.
//!
//! ```
//! use std::time::Duration;
//! use steadfast_core::backoff::{Backoff, Jitter};
//!
//! let ms = Duration::from_millis;
//! let backoff = Backoff::exponential(ms(100), 2.0, ms(1000))?.jitter(Jitter::None);
//! let mut chance = steadfast_core::Chance::with_seed(7);
//! let waits: Vec<_> = (1..=5).filter_map(|retry| backoff.wait(retry, &mut chance)).collect();
//! assert_eq!(waits, [ms(100), ms(200), ms(400), ms(800), ms(1000)]);
//! # Ok::<(), steadfast_core::backoff::InvalidBackoff>(())
//! ```

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::chance::Chance;

/// The longest wait that any schedule yields: about 584 years, what fits into 64 bits of
/// nanoseconds.
const LONGEST: Duration = Duration::from_nanos(u64::MAX);

/// A schedule of waits between attempts, and how they are spread.
///
/// The default is [`Backoff::standard`].
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    schedule: Schedule,
    jitter: Jitter,
}

/// How the waits of a [`Backoff`] are spread at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Jitter {
    /// Not at all. For tests, and for schedules that are random by themselves.
    None,
    /// Anything from no wait to the whole of it: spreads best, and waits half as long on average.
    #[default]
    Full,
    /// Half of the wait, and anything up to the other half: for when a very short wait is certainly
    /// of no use.
    Equal,
}

/// A number that cannot describe a [`Backoff`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("backoff {field} is {value}, but must be {right}")]
pub struct InvalidBackoff {
    field: &'static str,
    value: String,
    right: String,
}

/// The first wait when a server says that it is overloaded (429, 503, 529).
const THROTTLED_INITIAL: Duration = Duration::from_secs(1);

/// What [`Backoff::custom`] takes.
type Custom = Arc<dyn Fn(u32) -> Option<Duration> + Send + Sync>;

#[derive(Clone)]
enum Schedule {
    Fixed(Duration),
    Exponential {
        initial: Duration,
        factor: f64,
        cap: Duration,
    },
    Custom(Custom),
}

// ===== impl Backoff =====

impl Backoff {
    /// 200 ms, doubled for each further retry, at most 20 s, full jitter: the first retry comes
    /// soon, because most failures are gone by then, and no wait is longer than people and gateways
    /// bear.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            schedule: Schedule::Exponential {
                initial: Duration::from_millis(200),
                factor: 2.0,
                cap: Duration::from_secs(20),
            },
            jitter: Jitter::Full,
        }
    }

    /// [`standard`](Self::standard) with a first wait of 1 s, for servers that say that they are
    /// overloaded without saying for how long.
    #[must_use]
    pub fn throttled() -> Self {
        Self::standard().when_throttled()
    }

    /// Waits that start at `initial` and grow by `factor` with each retry, to `cap` at most, with
    /// [`Jitter::Full`].
    ///
    /// # Errors
    ///
    /// [`InvalidBackoff`] when `initial` is zero or above `cap`, or `factor` is below 1 or not
    /// finite.
    pub fn exponential(
        initial: Duration,
        factor: f64,
        cap: Duration,
    ) -> Result<Self, InvalidBackoff> {
        if !(factor.is_finite() && factor >= 1.0) {
            return Err(InvalidBackoff {
                field: "factor",
                value: factor.to_string(),
                right: "a finite number of 1 or more (2 doubles each wait)".to_owned(),
            });
        }
        check_initial(initial, cap)?;
        Ok(Self {
            schedule: Schedule::Exponential {
                initial,
                factor,
                cap,
            },
            jitter: Jitter::Full,
        })
    }

    /// The same wait before each retry, without jitter. Zero tries again at once.
    #[must_use]
    pub const fn fixed(wait: Duration) -> Self {
        Self {
            schedule: Schedule::Fixed(wait),
            jitter: Jitter::None,
        }
    }

    /// Waits that `schedule` computes from the retry's number (1 is the wait before attempt 2),
    /// without jitter. When it answers `None`, there are no further retries, whatever the number of
    /// attempts says.
    #[must_use]
    pub fn custom(schedule: Arc<dyn Fn(u32) -> Option<Duration> + Send + Sync>) -> Self {
        Self {
            schedule: Schedule::Custom(schedule),
            jitter: Jitter::None,
        }
    }

    /// The same schedule, spread like this.
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The same schedule with another first wait: of a fixed one, the only wait. A custom schedule
    /// has no first wait to set and stays as it is.
    ///
    /// # Errors
    ///
    /// [`InvalidBackoff`] when an exponential schedule's `initial` would be zero or above its cap.
    pub fn with_initial(mut self, wait: Duration) -> Result<Self, InvalidBackoff> {
        match &mut self.schedule {
            Schedule::Fixed(fixed) => *fixed = wait,
            Schedule::Exponential { initial, cap, .. } => {
                check_initial(wait, *cap)?;
                *initial = wait;
            }
            Schedule::Custom(_) => {}
        }
        Ok(self)
    }

    /// What this schedule becomes when the server says that it is overloaded: an exponential one
    /// starts at 1 s at least (or at its cap, when that is lower). Fixed and custom schedules stay
    /// as they are: whoever wrote them wanted just those waits.
    #[must_use]
    pub fn when_throttled(mut self) -> Self {
        if let Schedule::Exponential { initial, cap, .. } = &mut self.schedule {
            *initial = THROTTLED_INITIAL.max(*initial).min(*cap);
        }
        self
    }

    /// How long to wait before this retry: 1 is the one before attempt 2 (0 counts as 1). `None`
    /// when a custom schedule has ended.
    ///
    /// `chance` is used once at most. Any number of retries is fine: nothing overflows, the cap holds.
    pub fn wait(&self, retry: u32, chance: &mut Chance) -> Option<Duration> {
        let wait = self.schedule.wait(retry.max(1))?.min(LONGEST);
        Some(self.jitter.spread(wait, chance))
    }

    /// The shortest and the longest wait before this retry, for showing a schedule to people. `None`
    /// when a custom schedule has ended.
    #[must_use]
    pub fn range(&self, retry: u32) -> Option<RangeInclusive<Duration>> {
        let longest = self.schedule.wait(retry.max(1))?.min(LONGEST);
        let shortest = match self.jitter {
            Jitter::None => longest,
            Jitter::Full => Duration::ZERO,
            Jitter::Equal => longest - longest / 2,
        };
        Some(shortest..=longest)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::standard()
    }
}

// ===== impl Schedule =====

impl Schedule {
    fn wait(&self, retry: u32) -> Option<Duration> {
        match self {
            Self::Fixed(wait) => Some(*wait),
            Self::Exponential {
                initial,
                factor,
                cap,
            } => Some(grown(*initial, *factor, retry - 1).min(*cap)),
            Self::Custom(schedule) => schedule(retry),
        }
    }
}

/// Closures are equal when they are the same one.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(a), Self::Fixed(b)) => a == b,
            (
                Self::Exponential {
                    initial,
                    factor,
                    cap,
                },
                Self::Exponential {
                    initial: other_initial,
                    factor: other_factor,
                    cap: other_cap,
                },
            ) => (initial, factor, cap) == (other_initial, other_factor, other_cap),
            (Self::Custom(a), Self::Custom(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(wait) => f.debug_tuple("Fixed").field(wait).finish(),
            Self::Exponential {
                initial,
                factor,
                cap,
            } => f
                .debug_struct("Exponential")
                .field("initial", initial)
                .field("factor", factor)
                .field("cap", cap)
                .finish(),
            Self::Custom(_) => f.write_str("Custom(..)"),
        }
    }
}

// ===== impl Jitter =====

impl Jitter {
    /// `wait` is at most [`LONGEST`], so its nanoseconds fit.
    fn spread(self, wait: Duration, chance: &mut Chance) -> Duration {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(match self {
            Self::None => nanos,
            Self::Full => chance.up_to(nanos),
            Self::Equal => nanos - chance.up_to(nanos / 2),
        })
    }
}

fn check_initial(initial: Duration, cap: Duration) -> Result<(), InvalidBackoff> {
    let right = if initial.is_zero() {
        "above zero (for no wait at all, use Backoff::fixed)".to_owned()
    } else if initial > cap {
        format!("at most the cap of {cap:?}")
    } else {
        return Ok(());
    };
    Err(InvalidBackoff {
        field: "initial",
        value: format!("{initial:?}"),
        right,
    })
}

/// `initial * factor ^ times`, at most [`LONGEST`]: a float turned into an integer saturates.
fn grown(initial: Duration, factor: f64, times: u32) -> Duration {
    let times = i32::try_from(times).unwrap_or(i32::MAX);
    Duration::from_nanos((initial.as_nanos() as f64 * factor.powi(times)) as u64)
}

#[cfg(test)]
mod tests;
