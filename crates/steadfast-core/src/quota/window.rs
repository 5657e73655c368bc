//! How long a quota lasts, and where its windows begin and end.

use std::fmt;
use std::time::Duration;

use super::civil::{civil, day_number};
use super::zone::Zone;
use super::{Nanos, SECOND, span};

const DAY: u64 = 86_400;

/// How long a quota lasts.
///
/// Quotas with the same window are the same quota for a store, whatever their counts: who moves to a larger plan keeps
/// what was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuotaWindow {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday (ISO 8601).
    Week,
    /// From the first to the first.
    Month,
    /// Any time of this length.
    Rolling(Duration),
}

// ===== impl QuotaWindow =====

impl QuotaWindow {
    /// The longest that one can be, with the hour that daylight saving time adds.
    pub(super) fn longest(self) -> Nanos {
        let hour = 3600;
        match self {
            Self::Day => (DAY + hour) * SECOND,
            Self::Week => (7 * DAY + hour) * SECOND,
            Self::Month => (31 * DAY + hour) * SECOND,
            Self::Rolling(time) => span(time),
        }
    }

    /// The window around a moment: its first instant, and the first after it. Rolling windows have none, and count as
    /// days here.
    pub(super) fn around(self, zone: &Zone, now: Nanos) -> (Nanos, Nanos) {
        let day = zone.day(i64::try_from(now / SECOND).unwrap_or(i64::MAX));
        let (first, next) = match self {
            Self::Day | Self::Rolling(_) => (day, day + 1),
            // 1970 began on a Thursday.
            Self::Week => {
                let monday = day - (day + 3).rem_euclid(7);
                (monday, monday + 7)
            }
            Self::Month => {
                let (year, month, _) = civil(day);
                let (next_year, next) = if month == 12 {
                    (year + 1, 1)
                } else {
                    (year, month + 1)
                };
                (day_number(year, month, 1), day_number(next_year, next, 1))
            }
        };
        let instant = |day| {
            let second = u64::try_from(zone.midnight(day)).unwrap_or(0);
            second.saturating_mul(SECOND)
        };
        // Whatever a history of clocks holds, a window contains the moment that it was asked for.
        (
            instant(first).min(now),
            instant(next).max(now.saturating_add(1)),
        )
    }
}

impl fmt::Display for QuotaWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Rolling(time) => write!(f, "{}", Span(*time)),
        }
    }
}

/// A time in its largest whole unit: `36h`, `90min`, `45s`.
#[derive(Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (self.0.subsec_nanos(), seconds) {
            (1.., _) => write!(f, "{}ns", self.0.as_nanos()),
            (_, 1..) if seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            (_, 1..) if seconds % 60 == 0 => write!(f, "{}min", seconds / 60),
            _ => write!(f, "{seconds}s"),
        }
    }
}
