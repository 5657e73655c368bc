//! Quotas as people write them: `1000/day`, `10000/month rolling`, `500/36h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::plan::{Quota, Unit};
use super::window::Span;
use super::zone::Zone;

/// A text that is no quota.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{mistake}")]
pub struct InvalidQuota {
    mistake: String,
}

/// Nanoseconds of the units of a time, large ones first.
const UNITS: &[(&str, u64)] = &[
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ns", 1),
];

impl FromStr for Quota {
    type Err = InvalidQuota;

    /// `COUNT/WINDOW [rolling] [in ZONE]`. The window is `day`, `week`, `month`, `hour` or a time such as `36h`.
    ///
    /// The mistake is worded so that it can stand behind the text.
    fn from_str(text: &str) -> Result<Self, InvalidQuota> {
        let wrong = |mistake: &str| InvalidQuota {
            mistake: mistake.to_owned(),
        };
        let (count, rest) = text
            .split_once('/')
            .ok_or_else(|| wrong("has no window, as in `1000/day`"))?;
        let count = count.trim().replace('_', "");
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count.parse().ok().filter(|_| digits);
        let count = count.ok_or_else(|| wrong("has a count that is no whole number"))?;
        let mut words = rest.split_whitespace();
        let window = words.next().unwrap_or_default();
        let unit = unit(window).ok_or_else(|| {
            wrong(
                "has an unknown window: known are `day`, `week`, `month`, and times such as `36h`",
            )
        })?;
        let mut quota = Self::of(count, unit);
        while let Some(word) = words.next() {
            quota = match word {
                "rolling" => quota.rolling(),
                "in" => {
                    let zone = words.next().unwrap_or_default();
                    let zone: Result<Zone, _> = zone.parse();
                    quota.zone(zone.map_err(|_| wrong("has an unknown time zone"))?)
                }
                _ => return Err(wrong("has an unknown word: known are `rolling` and `in`")),
            };
        }
        Ok(quota)
    }
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "hour" => Unit::Time(Duration::from_secs(3600)),
        other => Unit::Time(time(other)?),
    })
}

/// `36h`, `1d12h`: units from large to small.
fn time(text: &str) -> Option<Duration> {
    let (mut rest, mut nanos, mut before) = (text, 0_u64, u64::MAX);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|letter: char| letter.is_ascii_digit());
        let (word, after) = after.split_at(end.unwrap_or(after.len()));
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == word)?;
        if *unit >= before {
            return None;
        }
        nanos = nanos.checked_add(number.parse::<u64>().ok()?.checked_mul(*unit)?)?;
        (before, rest) = (*unit, after);
    }
    (before != u64::MAX).then(|| Duration::from_nanos(nanos))
}

impl Quota {
    /// The window of a text: `day`, `week`, `month`, `hour`, `36h`.
    ///
    /// # Errors
    /// A word that is none of them.
    pub fn per_window(count: u64, window: &str) -> Result<Self, InvalidQuota> {
        let mistake = "is neither `day`, `week` nor `month`, nor a time such as `36h`";
        match unit(window.trim()) {
            Some(unit) => Ok(Self::of(count, unit)),
            None => Err(InvalidQuota {
                mistake: mistake.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.count)?;
        match self.unit {
            Unit::Day => f.write_str("day")?,
            Unit::Week => f.write_str("week")?,
            Unit::Month => f.write_str("month")?,
            Unit::Time(time) => write!(f, "{}", Span(time))?,
        }
        if self.rolling && !matches!(self.unit, Unit::Time(_)) {
            f.write_str(" rolling")?;
        }
        match self.zone == Zone::utc() {
            true => Ok(()),
            false => write!(f, " in {}", self.zone),
        }
    }
}
