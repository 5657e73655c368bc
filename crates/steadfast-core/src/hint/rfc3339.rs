//! Dates of RFC 3339, `2026-11-23T14:59:00.5Z`, as a time since the Unix epoch.

use std::time::Duration;

use super::number::billionths;

/// Reads a date of RFC 3339 section 5.6; rounded up to a ns. `None` when it is malformed or lies
/// before 1970.
pub(super) fn parse(text: &[u8]) -> Option<Duration> {
    let days = days_since_epoch(text.get(..10)?)?;
    if !matches!(text.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let clock = text.get(11..19)?;
    let (hour, minute, second) = match clock {
        [_, _, b':', _, _, b':', _, _] => (
            two(&clock[..2], 23)?,
            two(&clock[3..5], 59)?,
            // 60 is a leap second.
            two(&clock[6..], 60)?,
        ),
        _ => return None,
    };
    let (nanos, zone) = match text.get(19..)? {
        [b'.', digits @ ..] => billionths(digits)?,
        zone => (0, zone),
    };
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    Some(Duration::from_secs(u64::try_from(seconds).ok()?) + Duration::from_nanos(nanos))
}

/// `Z`, `+02:00` or `-05:30`, in seconds east of Greenwich.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest.get(..2)?, rest.get(2..)?),
        [b'-', rest @ ..] => (-1, rest.get(..2)?, rest.get(2..)?),
        _ => return None,
    };
    let minutes = match minutes {
        [b':', minutes @ ..] => minutes,
        minutes => minutes,
    };
    Some(sign * (two(hours, 23)? * 3_600 + two(minutes, 59)? * 60))
}

/// Two digits, at most `limit`.
fn two(text: &[u8], limit: i64) -> Option<i64> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            (value <= limit).then_some(value)
        }
        _ => None,
    }
}

/// Days from 1970-01-01 to `YYYY-MM-DD`.
fn days_since_epoch(date: &[u8]) -> Option<i64> {
    let [_, _, _, _, b'-', _, _, b'-', _, _] = date else {
        return None;
    };
    let year = two(&date[..2], 99)? * 100 + two(&date[2..4], 99)?;
    let month = two(&date[5..7], 12)?;
    let day = two(&date[8..], 31)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before: i64 = match month {
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
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day == 0 || day > length || year < 1970 {
        return None;
    }
    // Leap days in the years before this one, counted from year 1; 477 of them lie before 1970.
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 - 477;
    let this_year = before + i64::from(leap && month > 2) + day - 1;
    Some((year - 1970) * 365 + leap_days + this_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_http_dates_on_every_day_for_two_centuries() {
        for day in 0..73_000_u64 {
            let at = Duration::from_secs(day * 86_400 + day % 86_400);
            let http = httpdate::fmt_http_date(std::time::UNIX_EPOCH + at);
            let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            let month = months.find(&http[8..11]).unwrap() / 3 + 1;
            let text = format!(
                "{}-{month:02}-{}T{}Z",
                &http[12..16],
                &http[5..7],
                &http[17..25]
            );
            assert_eq!(parse(text.as_bytes()), Some(at), "{text}");
        }
    }

    #[test]
    fn fractions_and_zones_are_read() {
        let at = |text: &str| parse(text.as_bytes());
        let noon = at("2026-11-23T12:00:00Z").unwrap();
        assert_eq!(at("2026-11-23T14:30:00+02:30"), Some(noon));
        assert_eq!(at("2026-11-23t07:00:00-05:00"), Some(noon));
        assert_eq!(at("2026-11-23 12:00:00z"), Some(noon));
        let half = noon + Duration::from_millis(500);
        assert_eq!(at("2026-11-23T12:00:00.5Z"), Some(half));
        let up = noon + Duration::from_nanos(1);
        assert_eq!(at("2026-11-23T12:00:00.0000000001Z"), Some(up));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "T",
            "2026-11-23",
            "2026-11-23T12:00:00",
            "2026-11-23T12:00:00.Z",
            "2026-11-23T12:00:00.5",
            "2026-11-23T24:00:00Z",
            "2026-13-23T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2026-11-00T12:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-23T12:00:00+2",
            "2026-11-23T12:00:00Zjunk",
            "1970-01-01T00:00:00+01:00",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
