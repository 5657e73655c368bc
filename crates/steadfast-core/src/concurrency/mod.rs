//! How many attempts of one endpoint may be under way at once.
//!
//! Many servers limit not how often they are asked but how much they do at a time: `limit_conn` of nginx, the pool of a
//! database, most gateways of language models. By Little's law the two differ by the latency, so a rate is the wrong tool
//! there: it is too low while the server is fast and too high while it is slow. [`Concurrency`] says what the user knows of
//! such a limit; [`Adaptive`] finds out one that is not known.

mod adaptive;
mod answer;
mod stage;

use std::fmt;
use std::time::Duration;

pub use self::adaptive::{Adaptive, Sample};
pub use self::answer::Answer;
use crate::human::Human;
use crate::policy::InvalidPolicy;

/// How many attempts may be under way at once, and who waits for how long.
///
/// An attempt counts from before it is sent until the body of its response has been read to its end or was dropped: while a
/// body is on its way, the server is busy with it. Attempts that have to wait do so by [`Priority`](crate::Priority), then first come,
/// first served.
///
/// ```
/// use std::time::Duration;
/// use steadfast_core::{Concurrency, Policy};
///
/// # fn main() -> Result<(), steadfast_core::InvalidPolicy> {
/// // 8 at once; others wait as long as a retry may (30 s in `standard`).
/// Policy::standard().concurrency(8).prepare()?;
///
/// // At most 100 wait, and none for longer than 5 s: one more is refused.
/// let bounded = Concurrency::fixed(8)
///     .max_wait(Duration::from_secs(5))
///     .max_queue(100);
/// Policy::standard().concurrency(bounded).prepare()?;
///
/// // As many as the server bears, found out by its refusals, timeouts and latency.
/// let found_out = Concurrency::adaptive().between(2, 64);
/// Policy::standard().concurrency(found_out).prepare()?;
///
/// let mistake = Policy::standard().concurrency(0).prepare().unwrap_err();
/// assert_eq!(mistake.to_string(), "`concurrency` is 0, but has to be at least 1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Concurrency {
    /// How many may be under way.
    pub limit: ConcurrencyLimit,
    /// The longest wait; `None` is as long as another attempt may start.
    pub max_wait: Option<Duration>,
    /// The most attempts that wait; `None` is without bound.
    pub max_queue: Option<usize>,
}

/// How many attempts may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConcurrencyLimit {
    /// So many.
    Fixed(u32),
    /// As many as the server bears, within these bounds.
    Adaptive {
        /// At least so many.
        least: u32,
        /// At most so many.
        most: u32,
    },
}

/// The bounds of an adaptive limit that sets none. Without a refusal, a timeout or a rising latency a limit grows to the
/// upper one, so that is where connections and memory of this process are bounded. Source: the default of Netflix
/// `concurrency-limits` (`AIMDLimit`: at most 200).
const BOUNDS: (u32, u32) = (1, 200);

// ===== impl Concurrency =====

impl Concurrency {
    /// So many at once. At least 1.
    #[must_use]
    pub const fn fixed(attempts: u32) -> Self {
        Self::of(ConcurrencyLimit::Fixed(attempts))
    }

    /// As many as the server bears: the limit falls when attempts are refused (429, 503, 504, 529, HTTP/2 streams), time out or slow down, as
    /// far as that makes it better, and rises while all of it is in use. It starts at 4. Default bounds: 1 and 200.
    ///
    /// When not to use it: where you know the limit, and where latency depends on the request much more than on the load
    /// (a search beside a health check under one policy).
    #[must_use]
    pub const fn adaptive() -> Self {
        let (least, most) = BOUNDS;
        Self::of(ConcurrencyLimit::Adaptive { least, most })
    }

    const fn of(limit: ConcurrencyLimit) -> Self {
        Self {
            limit,
            max_wait: None,
            max_queue: None,
        }
    }

    /// The bounds of an adaptive limit; a fixed one becomes adaptive. At least 1, and the first at most the second.
    /// Default: 1 and 200.
    #[must_use]
    pub const fn between(mut self, least: u32, most: u32) -> Self {
        self.limit = ConcurrencyLimit::Adaptive { least, most };
        self
    }

    /// The longest that an attempt waits; then it is refused and nothing is sent. Default: the time for retrying
    /// ([`Policy::retry_for`](crate::Policy::retry_for), 30 s in `standard`). The deadline of a call ends its wait, too.
    #[must_use]
    pub const fn max_wait(mut self, time: Duration) -> Self {
        self.max_wait = Some(time);
        self
    }

    /// The most attempts that wait at a time: one more is refused at once; 0 lets nobody wait. Those of a lower
    /// priority do not count. Default: without bound.
    #[must_use]
    pub const fn max_queue(mut self, attempts: usize) -> Self {
        self.max_queue = Some(attempts);
        self
    }

    /// Whether the limit is found out.
    #[must_use]
    pub const fn is_adaptive(&self) -> bool {
        matches!(self.limit, ConcurrencyLimit::Adaptive { .. })
    }

    pub(crate) fn check(&self) -> Result<(), InvalidPolicy> {
        match self.limit {
            ConcurrencyLimit::Fixed(0) => Err(InvalidPolicy::new("concurrency", &0, "at least 1")),
            ConcurrencyLimit::Adaptive { least, most } if least == 0 || least > most => {
                let value = format!("between {least} and {most}");
                let expected = "between two numbers of at least 1, the smaller one first";
                Err(InvalidPolicy::new("concurrency", &value, expected))
            }
            _ => Ok(()),
        }
    }
}

impl From<u32> for Concurrency {
    fn from(attempts: u32) -> Self {
        Self::fixed(attempts)
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            ConcurrencyLimit::Fixed(attempts) => write!(f, "{attempts} at once")?,
            ConcurrencyLimit::Adaptive { least, most } => {
                write!(f, "{least} to {most} at once, as the server bears")?;
            }
        }
        if let Some(time) = self.max_wait {
            write!(f, ", waiting at most {}", Human(time))?;
        }
        match self.max_queue {
            Some(attempts) => write!(f, ", {attempts} in line at most"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
