//! Where midnight is.
//!
//! Plans reset at midnight of the place where the provider does its books, and that is seldom the client's. A
//! fixed offset needs nothing but a subtraction; a place with daylight saving time needs the history of its clocks,
//! which the feature `time-zone` brings along.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

#[cfg(feature = "time-zone")]
use jiff::{Timestamp, civil, tz};

const DAY: i64 = 86_400;

/// The clock by which a day begins. Default: UTC.
///
/// ```
/// use steadfast_core::quota::Zone;
///
/// assert_eq!(Zone::utc().to_string(), "UTC");
/// assert_eq!(Zone::offset_minutes(-480).to_string(), "-08:00");
/// assert_eq!("+05:30".parse(), Ok(Zone::offset_minutes(330)));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Offset(i16),
    #[cfg(feature = "time-zone")]
    Named(tz::TimeZone),
}

/// A time zone that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{expected}")]
#[non_exhaustive]
pub struct InvalidZone {
    expected: &'static str,
}

// ===== impl Zone =====

impl Zone {
    /// The largest offset that is taken, in minutes either way. Clocks on earth stay within 14 hours.
    pub const MAX_OFFSET: i16 = 18 * 60;

    /// Universal time.
    #[must_use]
    pub const fn utc() -> Self {
        Self(Kind::Offset(0))
    }

    /// So many minutes ahead of UTC (east), or behind it when negative, summer and winter. At most 18 hours;
    /// [`Quota::prepare`](super::Quota::prepare) checks that.
    #[must_use]
    pub const fn offset_minutes(minutes: i16) -> Self {
        Self(Kind::Offset(minutes))
    }

    /// A place by its name in the IANA database, as in `America/Los_Angeles`, with its daylight saving time.
    ///
    /// The database is compiled in; nothing is read from the machine.
    ///
    /// # Errors
    /// A name that the database does not have.
    #[cfg(feature = "time-zone")]
    pub fn named(name: &str) -> Result<Self, InvalidZone> {
        let expected = "no time zone of the IANA database, as in `America/Los_Angeles`";
        match tz::TimeZoneDatabase::bundled().get(name) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Self(Kind::Named(zone))),
            _ => Err(InvalidZone { expected }),
        }
    }

    /// Whether an offset is one that clocks can have.
    pub(super) const fn is_sane(&self) -> bool {
        match &self.0 {
            Kind::Offset(minutes) => minutes.unsigned_abs() <= Self::MAX_OFFSET.unsigned_abs(),
            #[cfg(feature = "time-zone")]
            Kind::Named(_) => true,
        }
    }

    /// The day of a second since 1970, as a number of days since 1970.
    pub(super) fn day(&self, second: i64) -> i64 {
        match &self.0 {
            Kind::Offset(minutes) => (second + i64::from(*minutes) * 60).div_euclid(DAY),
            #[cfg(feature = "time-zone")]
            Kind::Named(zone) => match Timestamp::from_second(second) {
                Ok(time) => {
                    let date = zone.to_datetime(time).date();
                    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
                    super::civil::day_number(i64::from(date.year()), month, day)
                }
                Err(_) => second.div_euclid(DAY),
            },
        }
    }

    /// The second since 1970 at which a day begins. Where the clock jumps over midnight, that is the jump.
    pub(super) fn midnight(&self, day: i64) -> i64 {
        match &self.0 {
            Kind::Offset(minutes) => day * DAY - i64::from(*minutes) * 60,
            #[cfg(feature = "time-zone")]
            Kind::Named(zone) => named_midnight(zone, day).unwrap_or(day * DAY),
        }
    }
}

#[cfg(feature = "time-zone")]
fn named_midnight(zone: &tz::TimeZone, day: i64) -> Option<i64> {
    let (year, month, day) = super::civil::civil(day);
    let date = civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let midnight = date.ok()?.at(0, 0, 0, 0);
    Some(zone.to_timestamp(midnight).ok()?.as_second())
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl FromStr for Zone {
    type Err = InvalidZone;

    /// `UTC`, `+05:30`, `-08:00`; with the feature `time-zone` also `America/Los_Angeles`.
    fn from_str(text: &str) -> Result<Self, InvalidZone> {
        if matches!(text, "UTC" | "utc" | "Z") {
            return Ok(Self::utc());
        }
        if text.starts_with(['+', '-']) {
            let expected = "no offset of a clock, as in `-08:00`";
            let zone = offset(text).map(Self::offset_minutes);
            return zone.filter(Self::is_sane).ok_or(InvalidZone { expected });
        }
        #[cfg(feature = "time-zone")]
        return Self::named(text);
        #[cfg(not(feature = "time-zone"))]
        Err(InvalidZone {
            expected: "neither `UTC` nor an offset such as `-08:00`; names of places need the feature `time-zone`",
        })
    }
}

fn offset(text: &str) -> Option<i16> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i16>().ok().filter(|_| digits)
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    let offset = number(hours)? * 60 + minutes;
    Some(if text.starts_with('-') {
        -offset
    } else {
        offset
    })
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Offset(0) => f.write_str("UTC"),
            Kind::Offset(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            #[cfg(feature = "time-zone")]
            Kind::Named(zone) => f.write_str(zone.iana_name().unwrap_or("unknown")),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({self})")
    }
}
