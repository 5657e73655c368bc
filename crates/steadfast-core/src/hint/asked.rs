//! What one header value asks for: a span of time, or a moment.

use std::time::{Duration, UNIX_EPOCH};

use super::number::Number;
use super::rfc3339;

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Numbers from here on are seconds since the Unix epoch: it passed in 2001, and as a wait it would
/// be 31 years.
const EPOCH_SECONDS: u64 = 1_000_000_000;
/// Numbers from here on are milliseconds since the epoch: it passed in 2001, and in seconds it
/// would be the year 33658.
const EPOCH_MILLIS: u64 = 1_000_000_000_000;

/// A readable wish, not yet related to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Wait this long.
    For(Duration),
    /// Wait until this long after the Unix epoch.
    Until(Duration),
}

// ===== impl Asked =====

impl Asked {
    /// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date in one of the three forms of
    /// section 5.6.7. Read as well: decimals, seconds and milliseconds since the epoch, and the
    /// first of several numbers that a proxy joined with commas.
    pub(super) fn retry_after(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        match Number::prefix(value) {
            Some((number, rest)) => match rest.trim_ascii_start() {
                [] | [b',', ..] => Some(Self::seconds_or_epoch(number)),
                _ => None,
            },
            None => http_date(value),
        }
    }

    /// The twins in milliseconds; from 10^12 on a moment.
    pub(super) fn millis(value: &[u8]) -> Option<Self> {
        let number = Number::parse(value.trim_ascii())?;
        let time = nanos(number.nanos(MILLISECOND));
        Some(if number.whole >= EPOCH_MILLIS {
            Self::Until(time)
        } else {
            Self::For(time)
        })
    }

    /// When a rate limit starts anew, in whatever unit it comes: an epoch or seconds by the size of
    /// the number, `6m0s`, RFC 3339, a date as JavaScript writes it, or an HTTP date.
    pub(super) fn reset(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        if let Some(number) = Number::parse(value) {
            return Some(Self::seconds_or_epoch(number));
        }
        if let Some(span) = go_duration(value) {
            return Some(Self::For(span));
        }
        match rfc3339::parse(value).or_else(|| script_date(value)) {
            Some(moment) => Some(Self::Until(moment)),
            None => http_date(value),
        }
    }

    /// Seconds, or a moment by the size of the number.
    pub(super) fn seconds_or_epoch(number: Number) -> Self {
        if number.whole >= EPOCH_MILLIS {
            Self::Until(nanos(number.nanos(MILLISECOND)))
        } else if number.whole >= EPOCH_SECONDS {
            Self::Until(Self::seconds(number))
        } else {
            Self::For(Self::seconds(number))
        }
    }

    /// Seconds and nothing else.
    pub(super) fn seconds(number: Number) -> Duration {
        nanos(number.nanos(SECOND))
    }
}

/// One of the three forms of RFC 9110 section 5.6.7, as a time since the epoch.
pub(super) fn date(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    let moment = httpdate::parse_http_date(text).ok()?;
    moment.duration_since(UNIX_EPOCH).ok()
}

fn http_date(value: &[u8]) -> Option<Asked> {
    date(value).map(Asked::Until)
}

/// `Tue Nov 24 2026 12:00:00 GMT+0000 (Coordinated Universal Time)`: what JavaScript makes of a date
/// that becomes a string (ECMA-262 section 21.4.4.41). Rewritten as RFC 3339, which knows the rest.
fn script_date(value: &[u8]) -> Option<Duration> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let (text, name) = value.split_at_checked(33)?;
    if !matches!(name, [] | [b' ', b'(', .., b')']) || &text[24..28] != b" GMT" {
        return None;
    }
    let month = MONTHS.iter().position(|month| **month == text[4..7])? as u8 + 1;
    let mut rewritten = *b"yyyy-mm-ddThh:mm:ss+hhmm";
    rewritten[..4].copy_from_slice(&text[11..15]);
    rewritten[5..7].copy_from_slice(&[b'0' + month / 10, b'0' + month % 10]);
    rewritten[8..10].copy_from_slice(&text[8..10]);
    rewritten[11..19].copy_from_slice(&text[16..24]);
    rewritten[19..].copy_from_slice(&text[28..]);
    rfc3339::parse(&rewritten)
}

/// `1h2m3.5s`, `12ms`: numbers with units, the form of Go's `time.Duration`.
fn go_duration(mut text: &[u8]) -> Option<Duration> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0_u128;
    while !text.is_empty() {
        let (number, rest) = Number::prefix(text)?;
        let (unit, rest) = go_unit(rest)?;
        total = total.saturating_add(number.nanos(unit));
        text = rest;
    }
    Some(nanos(total))
}

fn go_unit(text: &[u8]) -> Option<(u64, &[u8])> {
    // `ms` before `m`.
    const UNITS: [(&[u8], u64); 7] = [
        (b"ms", MILLISECOND),
        (b"us", MICROSECOND),
        ("µs".as_bytes(), MICROSECOND),
        (b"ns", NANOSECOND),
        (b"s", SECOND),
        (b"m", MINUTE),
        (b"h", HOUR),
    ];
    UNITS
        .iter()
        .find_map(|(name, unit)| Some((*unit, text.strip_prefix(*name)?)))
}

/// Saturates at 584 years.
fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
