//! A date and a time of day, as a moment.

use std::time::Duration;

/// What any form of a date consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    /// 0 to 9999.
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    /// Seconds since midnight.
    pub(super) clock: i64,
    /// Seconds east of Greenwich.
    pub(super) offset: i64,
}

// ===== impl Civil =====

impl Civil {
    /// The time since the Unix epoch, zero for what lies before. `None` when there is no such day.
    pub(super) fn since_epoch(self) -> Option<Duration> {
        let seconds = self.days()? * 86_400 + self.clock - self.offset;
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Days from 1970-01-01, negative before.
    fn days(self) -> Option<i64> {
        let year = self.year;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let before: i64 = match self.month {
            1 => 0,
            2 => 31,
            3 => 59,
            4 => 90,
            5 => 120,
            6 => 151,
            7 => 181,
            8 => 212,
            9 => 243,
            10 => 273,
            11 => 304,
            12 => 334,
            _ => return None,
        };
        let length = match self.month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if self.day == 0 || self.day > length {
            return None;
        }
        // Leap days in the years before this one, counted from year 1; 477 of them lie before 1970.
        let past = year - 1;
        let leap_days = past / 4 - past / 100 + past / 400 - 477;
        let this_year = before + i64::from(leap && self.month > 2) + self.day - 1;
        Some((year - 1970) * 365 + leap_days + this_year)
    }
}

/// A time of day, `08:49:37` or `8:49:37`, in seconds since midnight.
pub(super) fn clock(text: &[u8]) -> Option<i64> {
    let (hour, rest) = match text {
        [hour, b':', rest @ ..] => (two(&[b'0', *hour], 23)?, rest),
        [_, _, b':', rest @ ..] => (two(&text[..2], 23)?, rest),
        _ => return None,
    };
    match rest {
        [_, _, b':', _, _] => {
            // 60 is a leap second.
            Some(hour * 3_600 + two(&rest[..2], 59)? * 60 + two(&rest[3..], 60)?)
        }
        _ => None,
    }
}

/// `+02:00`, `+0200` or `-05:30`, in seconds east of Greenwich.
pub(super) fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = match zone {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _, b':', _, _] => (&digits[..2], &digits[3..]),
        [_, _, _, _] => (&digits[..2], &digits[2..]),
        _ => return None,
    };
    Some(sign * (two(hours, 23)? * 3_600 + two(minutes, 59)? * 60))
}

/// Two digits, at most `limit`.
pub(super) fn two(text: &[u8], limit: i64) -> Option<i64> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            (value <= limit).then_some(value)
        }
        _ => None,
    }
}

/// Four digits.
pub(super) fn four(text: &[u8]) -> Option<i64> {
    let (century, year) = text.split_at_checked(2)?;
    Some(two(century, 99)? * 100 + two(year, 99)?)
}
