//! What one header value asks for: a span of time, or a moment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::number::Number;
use super::retry_after::LONGEST;
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
    /// the number, `6m0s`, RFC 3339, or an HTTP date.
    pub(super) fn reset(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        if let Some(number) = Number::parse(value) {
            return Some(Self::seconds_or_epoch(number));
        }
        if let Some(span) = go_duration(value) {
            return Some(Self::For(span));
        }
        match rfc3339::parse(value) {
            Some(moment) => Some(Self::Until(moment)),
            None => http_date(value),
        }
    }

    fn seconds_or_epoch(number: Number) -> Self {
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

    /// The wait from now on. `date` is the response's own `Date`, when it may be used; without it
    /// the wall clock is asked, and the wait is rounded up to a full second, since the clocks may
    /// differ.
    pub(super) fn wait(
        self,
        date: Option<Duration>,
        wall: impl FnOnce() -> SystemTime,
    ) -> Duration {
        let wait = match (self, date) {
            (Self::For(span), _) => span,
            (Self::Until(moment), Some(date)) => moment.saturating_sub(date),
            (Self::Until(moment), None) => {
                let now = wall().duration_since(UNIX_EPOCH).unwrap_or_default();
                full_seconds(moment.saturating_sub(now))
            }
        };
        wait.min(LONGEST)
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

fn full_seconds(wait: Duration) -> Duration {
    let started = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(wait.as_secs() + started)
}
