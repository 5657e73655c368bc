//! The load that somebody intends: so many requests per time, all day or within some hours of it.
//!
//! All of it is whole numbers of nanoseconds: a load that uses a quota up to the last request fits, and one that needs a
//! single request more does not.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use steadfast::Rate;

/// A day without a change of clocks.
pub(super) const DAY: u128 = 86_400 * 1_000_000_000;
const MINUTE: u128 = 60 * 1_000_000_000;

/// Evenly spaced requests; the first one goes when a window, or the first hour of the load in it, begins.
#[derive(Clone, Debug)]
pub(super) struct Load {
    rate: String,
    hours: Option<Hours>,
    count: u128,
    /// The time of the count, while the load runs.
    period: u128,
}

/// The hours of a day in which a load runs, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    from: u128,
    until: u128,
}

// ===== impl Load =====

impl Load {
    /// Reads a rate in the words of policy files. So many per day within some hours are so many within those hours.
    pub(super) fn new(text: &str, hours: Option<Hours>) -> Result<Self, String> {
        let rate = steadfast::config::rate(text)
            .map_err(|mistake| format!("the rate `{text}` {mistake}"))?;
        if rate != Rate::per(rate.count(), rate.period()) {
            return Err(format!(
                "the rate `{text}` has a burst: a load is steady, write the rate alone"
            ));
        }
        let period = match (rate.period().as_nanos(), hours) {
            (DAY, Some(hours)) => hours.length(),
            (period, _) => period,
        };
        Ok(Self {
            rate: text.trim().to_owned(),
            hours,
            count: rate.count().into(),
            period,
        })
    }

    /// For how long it runs on a day.
    pub(super) fn runs(&self) -> u128 {
        self.hours.map_or(DAY, Hours::length)
    }

    /// How many requests there are in so much of its time.
    pub(super) fn requests(&self, time: u128) -> u128 {
        (time * self.count).div_ceil(self.period)
    }

    /// When the request goes before which there were so many others: after so much time since the first one.
    pub(super) fn time_of(&self, others: u128) -> u128 {
        let time = others * self.period / self.count;
        time / self.runs() * DAY + time % self.runs()
    }

    /// At what time of a day the load begins.
    pub(super) fn begins(&self) -> u128 {
        self.hours.map_or(0, |hours| hours.from * MINUTE)
    }

    /// How much of a rate it takes when each request costs so much: the time that the rate needs for a period's
    /// requests, and that period.
    pub(super) fn takes(&self, cost: u32, interval: Duration) -> (u128, u128) {
        let units = self.count * u128::from(cost);
        (units * interval.as_nanos(), self.period)
    }

    /// The time between two units of it.
    pub(super) fn interval(&self, cost: u32) -> Duration {
        let nanos = self.period / (self.count * u128::from(cost.max(1)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The rate, as it was written.
    pub(super) fn rate(&self) -> &str {
        &self.rate
    }

    pub(super) fn hours(&self) -> Option<Hours> {
        self.hours
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours {
            None => write!(f, "{} all day", self.rate),
            Some(hours) => write!(f, "{} from {hours}", self.rate),
        }
    }
}

// ===== impl Hours =====

impl Hours {
    fn length(self) -> u128 {
        (self.until - self.from) * MINUTE
    }
}

impl FromStr for Hours {
    type Err = String;

    /// `9-17`, `8:30-18`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (from, until) = text
            .split_once('-')
            .ok_or("hours are written as in `9-17` or `8:30-18:00`")?;
        let (from, until) = (minutes(from)?, minutes(until)?);
        if from >= until {
            return Err(
                "the hours end before they begin; plan hours over midnight in two parts".to_owned(),
            );
        }
        Ok(Self { from, until })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minutes: u128| Clock(minutes * MINUTE);
        write!(f, "{} to {}", clock(self.from), clock(self.until))
    }
}

fn minutes(text: &str) -> Result<u128, String> {
    let wrong = || format!("`{text}` is no time of a day; write `9`, `8:30` or `24`");
    let number = |text: &str| {
        let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u128>().ok().filter(|_| digits)
    };
    let (hour, minute) = match text.trim().split_once(':') {
        Some((hour, minute)) => (number(hour), number(minute).filter(|_| minute.len() == 2)),
        None => (number(text.trim()), Some(0)),
    };
    match (hour, minute) {
        (Some(24), Some(0)) => Ok(24 * 60),
        (Some(hour @ 0..=23), Some(minute @ 0..=59)) => Ok(hour * 60 + minute),
        _ => Err(wrong()),
    }
}

/// A time of a day: `09:05`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(pub(super) u128);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0 / MINUTE;
        write!(f, "{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rate: &str, hours: &str) -> Load {
        Load::new(rate, hours.parse().ok()).unwrap()
    }

    #[test]
    fn requests_are_counted_exactly() {
        let hour = DAY / 24;
        assert_eq!(load("3/s", "").requests(DAY), 259_200);
        assert_eq!(load("3/s", "8-17").requests(9 * hour), 97_200);
        assert_eq!(load("7/min", "").requests(DAY), 10_080);
        assert_eq!(load("1000/36h", "").requests(DAY), 667);
    }

    #[test]
    fn so_many_per_day_are_so_many_within_the_hours() {
        let load = load("5000/day", "9-17");
        assert_eq!(load.requests(load.runs()), 5000);
    }

    #[test]
    fn a_load_goes_on_where_it_stopped_the_day_before() {
        let load = load("3/s", "9-17");
        assert_eq!(load.time_of(3), 1_000_000_000);
        assert_eq!(load.time_of(86_400), DAY);
        assert_eq!(load.time_of(86_403), DAY + 1_000_000_000);
    }

    #[test]
    fn hours_read_like_speech_and_all_else_is_refused() {
        let hours: Hours = "8:30-18".parse().unwrap();
        assert_eq!(hours.to_string(), "08:30 to 18:00");
        assert!("0-24".parse::<Hours>().is_ok());
        for text in [
            "", "9", "17-9", "9-9", "9-25", "9:5-10", "9:60-10", "-1-3", "24:01-25",
        ] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_load_with_a_burst_is_refused() {
        assert!(Load::new("3/s burst 9", None).is_err());
        assert!(Load::new("3", None).is_err());
    }
}
