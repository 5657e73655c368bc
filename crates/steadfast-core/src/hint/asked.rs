//! What one header value asks for: a span of time, or a moment.

use std::time::Duration;

use super::number::Number;
use super::span::{MILLISECOND, SECOND, nanos};
use super::{date, rfc3339, span};

/// Numbers from here on are seconds since the Unix epoch: it passed in 2001, and as a wait it would
/// be 31 years.
const EPOCH_SECONDS: u64 = 1_000_000_000;
/// Numbers from here on are milliseconds since the epoch: it passed in 2001, and in seconds it
/// would be the year 33658.
const EPOCH_MILLIS: u64 = 1_000_000_000_000;

/// A readable wish, not yet related to a clock.
/// Ordered so that of several the later one is the greater; a moment stands above a span, since only one that is in the
/// future is worth comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// Wait this long.
    For(Duration),
    /// Wait until this long after the Unix epoch.
    Until(Duration),
}

// ===== impl Asked =====

impl Asked {
    /// A time in any form that servers write, in `Retry-After` (RFC 9110 section 10.2.3) and in the reset of a limit alike:
    /// seconds, seconds or milliseconds since the epoch by the size of the number, the first of several numbers
    /// that a proxy joined with commas, a span with its units, RFC 3339, or a [date]. Quotes around it are ignored.
    pub(super) fn time(value: &[u8]) -> Option<Self> {
        let value = unquoted(value);
        if let Some((number, rest)) = Number::prefix(value) {
            if let [] | [b',', ..] = rest.trim_ascii_start() {
                return Some(Self::seconds_or_epoch(number));
            }
        }
        match span::parse(value) {
            Some(span) => Some(Self::For(span)),
            None => moment(value).map(Self::Until),
        }
    }

    /// The twins in milliseconds; from 10^12 on a moment.
    pub(super) fn millis(value: &[u8]) -> Option<Self> {
        let number = Number::parse(unquoted(value))?;
        let time = nanos(number.nanos(MILLISECOND));
        Some(if number.whole >= EPOCH_MILLIS {
            Self::Until(time)
        } else {
            Self::For(time)
        })
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

    /// A `t` of the draft's own field is seconds: what is too large for an epoch in seconds is just a very long time.
    pub(super) fn seconds_or_epoch_seconds(number: Number) -> Self {
        if (EPOCH_SECONDS..EPOCH_MILLIS).contains(&number.whole) {
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

/// A date of any form, as a time since the epoch; zero before that.
pub(super) fn moment(value: &[u8]) -> Option<Duration> {
    let value = unquoted(value);
    rfc3339::parse(value).or_else(|| date::parse(value))
}

/// Without blanks and quotes around it.
fn unquoted(value: &[u8]) -> &[u8] {
    match value.trim_ascii() {
        [b'"', inside @ .., b'"'] => inside.trim_ascii(),
        value => value,
    }
}
