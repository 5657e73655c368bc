//! How many attempts per time a user allows an endpoint.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::limit_scope::LimitScope;

/// A client-side rate: so many attempts per period, with a burst that may go at once.
///
/// ```
/// use steadfast_core::Rate;
///
/// let rate = Rate::per_second(5).burst(10);
/// assert_eq!(rate.to_string(), "5 per second, burst 10");
/// ```
///
/// Attempts are spaced evenly (one every 200 ms here) once the burst is used up: there is no window at whose edge two
/// bursts could meet. The burst is the count itself unless it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: u32,
    period: Duration,
    burst: Option<u32>,
    share: (u32, u32),
    scope: LimitScope,
}

/// Several rates that hold at once: "10 per second and 1,000 per hour".
///
/// ```
/// use steadfast_core::{Policy, Rate};
///
/// let both = [Rate::per_second(10), Rate::per_hour(1000)];
/// Policy::standard().rate_limit(both).prepare()?;
/// # Ok::<(), steadfast_core::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rates(pub(crate) Vec<Rate>);

/// A [`Rate`] whose numbers make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PreparedRate {
    interval: Duration,
    burst: NonZeroU32,
    scope: LimitScope,
}

impl Rate {
    /// The longest time after which a burst may be there again.
    const LONGEST: Duration = Duration::from_secs(366 * 86_400);

    /// So many attempts per second.
    #[must_use]
    pub const fn per_second(count: u32) -> Self {
        Self::per(count, Duration::from_secs(1))
    }

    /// So many attempts per minute.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self::per(count, Duration::from_secs(60))
    }

    /// So many attempts per hour.
    #[must_use]
    pub const fn per_hour(count: u32) -> Self {
        Self::per(count, Duration::from_secs(3600))
    }

    /// So many attempts per period.
    #[must_use]
    pub const fn per(count: u32, period: Duration) -> Self {
        Self {
            count,
            period,
            burst: None,
            share: (1, 1),
            scope: LimitScope::Endpoint,
        }
    }

    /// The share of this process, where several use one key: `share(1, 6)` is a sixth of count and burst. Default: all.
    #[must_use]
    pub const fn share(mut self, part: u32, of: u32) -> Self {
        self.share = (part, of);
        self
    }

    /// Whose attempts it counts together. Default: [`LimitScope::Endpoint`].
    #[must_use]
    pub const fn scope(mut self, scope: LimitScope) -> Self {
        self.scope = scope;
        self
    }

    /// How many attempts may go at once after a pause. Default: the count.
    #[must_use]
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = Some(burst);
        self
    }

    /// How many attempts per [`period`](Self::period).
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The time for which the count is.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.period
    }

    /// The rate with its numbers checked, or what is wrong with which.
    pub(crate) fn prepare(self) -> Result<PreparedRate, String> {
        let zero = |what: &str| format!("{what} is 0");
        let count = NonZeroU32::new(self.count).ok_or_else(|| zero("the count"))?;
        let burst =
            NonZeroU32::new(self.burst.unwrap_or(self.count)).ok_or_else(|| zero("the burst"))?;
        let (part, of) = self.share;
        if part == 0 || part > of {
            return Err(format!("a share of {part} of {of}"));
        }
        let burst = u64::from(burst.get()) * u64::from(part) / u64::from(of);
        let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new);
        let burst = burst.unwrap_or(NonZeroU32::MIN);
        let interval = (self.period.as_nanos() * u128::from(of))
            / (u128::from(count.get()) * u128::from(part));
        let interval = u64::try_from(interval).map(Duration::from_nanos);
        let interval = interval.map_err(|_| "a period of centuries".to_owned())?;
        if self.period.is_zero() {
            return Err(zero("the period"));
        }
        if interval.is_zero() {
            return Err("more than one attempt per nanosecond".to_owned());
        }
        if interval
            .checked_mul(burst.get())
            .is_none_or(|all| all > Self::LONGEST)
        {
            return Err("a burst takes longer than a year to come back".to_owned());
        }
        let scope = self.scope;
        Ok(PreparedRate {
            interval,
            burst,
            scope,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per ", self.count)?;
        match self.period.as_secs() {
            1 if self.period.subsec_nanos() == 0 => f.write_str("second")?,
            60 if self.period.subsec_nanos() == 0 => f.write_str("minute")?,
            3600 if self.period.subsec_nanos() == 0 => f.write_str("hour")?,
            _ => write!(f, "{:?}", self.period)?,
        }
        if let Some(burst) = self.burst {
            write!(f, ", burst {burst}")?;
        }
        match self.share {
            (1, 1) => {}
            (part, of) => write!(f, ", {part}/{of} of it")?,
        }
        match self.scope {
            LimitScope::Endpoint => Ok(()),
            scope => write!(f, ", per {scope}"),
        }
    }
}

impl PreparedRate {
    /// The time from one attempt to the next once the burst is used up.
    #[must_use]
    pub const fn interval(self) -> Duration {
        self.interval
    }

    /// How many attempts may go at once.
    #[must_use]
    pub const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// Whose attempts it counts together.
    #[must_use]
    pub const fn scope(self) -> LimitScope {
        self.scope
    }
}

impl From<Rate> for Rates {
    fn from(rate: Rate) -> Self {
        Self(vec![rate])
    }
}

impl From<Vec<Rate>> for Rates {
    fn from(rates: Vec<Rate>) -> Self {
        Self(rates)
    }
}

impl<const N: usize> From<[Rate; N]> for Rates {
    fn from(rates: [Rate; N]) -> Self {
        Self(rates.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spaces_its_attempts_evenly() {
        let rate = Rate::per_minute(30).prepare().unwrap();
        assert_eq!(rate.interval(), Duration::from_secs(2));
        assert_eq!(rate.burst().get(), 30);
        assert_eq!(
            Rate::per_second(5)
                .burst(7)
                .prepare()
                .unwrap()
                .burst()
                .get(),
            7
        );
    }

    #[test]
    fn a_share_is_that_part_of_count_and_burst() {
        let rate = Rate::per_second(60)
            .burst(12)
            .share(1, 6)
            .prepare()
            .unwrap();
        assert_eq!(rate.interval(), Duration::from_millis(100));
        assert_eq!(rate.burst().get(), 2);
        let least = Rate::per_second(6).burst(2).share(1, 6).prepare().unwrap();
        assert_eq!(least.burst().get(), 1);
        assert!(Rate::per_second(6).share(0, 6).prepare().is_err());
        assert!(Rate::per_second(6).share(7, 6).prepare().is_err());
    }

    #[test]
    fn a_rate_of_nothing_is_a_mistake_that_names_the_part() {
        assert_eq!(Rate::per_second(0).prepare(), Err("the count is 0".into()));
        assert_eq!(
            Rate::per_second(1).burst(0).prepare(),
            Err("the burst is 0".into())
        );
        assert_eq!(
            Rate::per(1, Duration::ZERO).prepare(),
            Err("the period is 0".into())
        );
        assert!(
            Rate::per(u32::MAX, Duration::from_nanos(9))
                .prepare()
                .is_err()
        );
        assert!(Rate::per_hour(1).burst(u32::MAX).prepare().is_err());
    }
}
