//! Spans of time with their units: `6m0s`, `12ms`, `20 seconds`.

use std::time::Duration;

use super::number::Number;

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000;
pub(super) const MILLISECOND: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The units of Go's `time.Duration`, and those that people write. In lower case.
const UNITS: &[(u64, &[&str])] = &[
    (NANOSECOND, &["ns"]),
    (MICROSECOND, &["us", "µs"]),
    (
        MILLISECOND,
        &["ms", "msec", "msecs", "millisecond", "milliseconds"],
    ),
    (SECOND, &["s", "sec", "secs", "second", "seconds"]),
    (MINUTE, &["m", "min", "mins", "minute", "minutes"]),
    (HOUR, &["h", "hr", "hrs", "hour", "hours"]),
    (DAY, &["d", "day", "days"]),
];

/// Reads numbers with units, one after the other, with blanks between them or not.
pub(super) fn parse(mut text: &[u8]) -> Option<Duration> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0_u128;
    while !text.is_empty() {
        let (number, rest) = Number::prefix(text)?;
        let (unit, rest) = unit(rest.trim_ascii_start())?;
        total = total.saturating_add(number.nanos(unit));
        text = rest.trim_ascii_start();
    }
    Some(nanos(total))
}

/// The unit that `text` begins with, and what follows it.
fn unit(text: &[u8]) -> Option<(u64, &[u8])> {
    let letters = |byte: &&u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let (name, rest) = text.split_at(text.iter().take_while(letters).count());
    let is = |unit: &&str| unit.as_bytes().eq_ignore_ascii_case(name);
    let found = UNITS.iter().find(|(_, names)| names.iter().any(is))?;
    Some((found.0, rest))
}

/// Saturates at 584 years.
pub(super) fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
