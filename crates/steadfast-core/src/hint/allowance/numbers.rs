//! A limit whose numbers have a header each.

use std::time::{Duration, SystemTime};

use super::fields::{Kind, Part};
use super::name::Name;
use super::{Allowance, Oddity};
use crate::hint::asked::Asked;
use crate::hint::clock::Clock;
use crate::hint::members::count;
use crate::hint::retry_after::LONGEST;

/// What is known of it. Of several header lines the first that can be read counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) limit: Option<u64>,
    remaining: Option<u64>,
    used: Option<u64>,
    reset: Option<Asked>,
    reset_after: Option<Asked>,
    pub(super) window: Option<Duration>,
}

// ===== impl Numbers =====

impl Numbers {
    /// Reads one header, and says what is odd about it.
    pub(super) fn take(&mut self, part: Part, value: &[u8]) -> Option<&'static str> {
        let whole = || count(value).map(|number| number.whole);
        let (read, why) = match part {
            Part::Limit => (keep(&mut self.limit, whole()), Oddity::NUMBER),
            Part::Remaining => (keep(&mut self.remaining, whole()), Oddity::NUMBER),
            Part::Used => (keep(&mut self.used, ceiling(value)), Oddity::NUMBER),
            Part::Reset => (keep(&mut self.reset, Asked::time(value)), Oddity::RESET),
            Part::ResetAfter => (
                keep(&mut self.reset_after, Asked::time(value)),
                Oddity::RESET,
            ),
            Part::Interval => (keep(&mut self.window, interval(value)), Oddity::NUMBER),
            Part::UsedOfSize => (self.used_of_size(value), Oddity::USED_OF_SIZE),
        };
        if read.is_some() { None } else { Some(why) }
    }

    /// `32/40`.
    fn used_of_size(&mut self, value: &[u8]) -> Option<()> {
        let slash = value.iter().position(|byte| *byte == b'/')?;
        let used = ceiling(&value[..slash])?;
        let size = count(&value[slash + 1..])?.whole;
        keep(&mut self.used, Some(used))?;
        keep(&mut self.limit, (size > 0).then_some(size))
    }

    /// What is left, told or reckoned.
    pub(super) fn left(&self) -> Option<u64> {
        self.remaining
            .or_else(|| Some(self.limit?.saturating_sub(self.used?)))
    }

    /// May this be the policy that the limit is under?
    pub(super) fn is_under(&self, quota: u64, window: Option<Duration>) -> bool {
        self.limit == Some(quota) && (self.window.is_none() || self.window == window)
    }

    /// `None` when neither the limit nor what is left of it is known: a reset alone says nothing.
    pub(super) fn allowance<W: FnOnce() -> SystemTime>(
        &self,
        kind: Kind,
        clock: &mut Clock<'_, W>,
    ) -> Option<Allowance> {
        let remaining = self.left();
        remaining.or(self.limit)?;
        let reset = self.reset_after.or(self.reset);
        Some(Allowance {
            name: kind
                .dimension
                .map_or(0, |name| Name::of(name.as_bytes()).get()),
            unit: kind.unit,
            limit: self.limit,
            remaining,
            reset: reset.map(|asked| clock.wait(asked)),
            window: self.window.or(kind.window),
            cost: None,
        })
    }
}

/// Keeps the first value that can be read. `None` when this one cannot.
fn keep<T>(kept: &mut Option<T>, value: Option<T>) -> Option<()> {
    kept.get_or_insert(value?);
    Some(())
}

/// A fraction of a request that is used is a request that is not left.
fn ceiling(value: &[u8]) -> Option<u64> {
    let up = count(value)?.nanos(1);
    Some(u64::try_from(up).unwrap_or(u64::MAX))
}

/// Milliseconds; none of them is no window.
fn interval(value: &[u8]) -> Option<Duration> {
    match Asked::millis(value)? {
        Asked::For(span) | Asked::Until(span) if !span.is_zero() => Some(span.min(LONGEST)),
        _ => None,
    }
}
