//! Dates of RFC 3339, `2026-11-23T14:59:00.5Z`, as a time since the Unix epoch.

use std::time::Duration;

use super::civil::{Civil, clock, four, offset, two};
use super::number::billionths;

/// Reads a date of RFC 3339 section 5.6; rounded up to a ns, and zero before 1970. `None` when it is malformed.
pub(super) fn parse(text: &[u8]) -> Option<Duration> {
    let [
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T' | b't' | b' ',
        rest @ ..,
    ] = text
    else {
        return None;
    };
    let (nanos, zone) = match rest.get(8..)? {
        [b'.', digits @ ..] => billionths(digits)?,
        zone => (0, zone),
    };
    let civil = Civil {
        year: four(&text[..4])?,
        month: two(&text[5..7], 12)?,
        day: two(&text[8..10], 31)?,
        clock: clock(&rest[..8])?,
        offset: match zone {
            b"Z" | b"z" => 0,
            zone => offset(zone)?,
        },
    };
    Some(civil.since_epoch()? + Duration::from_nanos(nanos))
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
            "2026-11-23T12:00:00+2",
            "2026-11-23T12:00:00Zjunk",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
