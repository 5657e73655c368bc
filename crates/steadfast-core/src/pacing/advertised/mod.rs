//! Limits that a server tells: spent freely while there is plenty, paced when it gets scarce.
//!
//! A quota of 5,000 an hour is there to be spent: pacing it evenly would slow a client to 1.4 a second that never
//! uses more than a hundred. So nothing waits until the remainder falls below a fifth of the quota (without a known
//! quota: below twice the calls in flight), or until the use so far, continued, would spend it before it resets.
//! From then on the pace is what is left over the time that is left, and never more than quota over window.
//!
//! A time of 0 or 1 s is only the granularity of a field in whole seconds: it says neither when a window ends nor how
//! fast a bucket is filled. Such a limit is mirrored (`bucket`): what was left, less what was sent since, and what has
//! come back meanwhile. How fast that is was told (quota over window), or is guessed (the quota is that of a granule),
//! but others may draw on the same limit and the guess may be wrong, so what comes back for us is measured.
//!
//! A remainder is as old as its answer took. What flows in on the way is counted: an attempt takes as long to the server
//! as the one did that the remainder was told to, so times are taken when attempts are let go, not when answers come.
//!
//! What was told ends: a window that is over starts again with its quota, once, so that a crowd that waited for its end
//! does not meet it as a crowd; a limit that is not told any more is forgotten. When not to rely on it: where exchanges
//! differ in how long they take, a bucket that holds one or two is met a little early now and then.

mod bucket;
mod limit;
mod window;

use std::time::{Duration, Instant};

use self::limit::Limit;
use crate::hint::{Allowance, Allowances, Unit};

/// The most limits that are kept.
const MOST: usize = 8;

/// All limits of a pacer.
#[derive(Clone, Debug, Default)]
pub(super) struct Advertised {
    limits: [Option<Limit>; MOST],
}

/// The attempt that a report came back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) serial: u64,
    pub(super) sent: Instant,
    /// It was not refused.
    pub(super) passed: bool,
    /// The last attempt that was sent by now.
    pub(super) so_far: u64,
}

impl Advertised {
    pub(super) fn is_empty(&self) -> bool {
        self.limits.iter().all(Option::is_none)
    }

    /// What a response says.
    pub(super) fn hear(&mut self, now: Instant, asked: Asked, allowances: &Allowances) {
        for allowance in allowances.iter() {
            if matches!(allowance.unit, Unit::Concurrent) {
                continue;
            }
            let Some(left) = allowance.remaining else {
                continue;
            };
            let Some(slot) = self.slot(now, allowance) else {
                continue;
            };
            match &mut self.limits[slot] {
                Some(limit) if limit.is(allowance) => {
                    limit.hear(now, asked, allowance, left as f64);
                }
                other => *other = Some(Limit::new(now, asked, allowance, left as f64)),
            }
        }
    }

    /// Where a limit is, or where it may go: to a free place, or to that of the one not heard of for longest.
    fn slot(&self, now: Instant, allowance: &Allowance) -> Option<usize> {
        let is_it = |limit: &Option<Limit>| limit.is_some_and(|limit| limit.is(allowance));
        let known = self.limits.iter().position(is_it);
        let free = || self.limits.iter().position(Option::is_none);
        let (mut oldest, mut key) = (None, None);
        for (slot, limit) in self.limits.iter().enumerate() {
            let new = limit.map(|limit| (!limit.is_over(now), limit.heard()));
            if key.is_none() || new < key {
                (oldest, key) = (Some(slot), new);
            }
        }
        known.or_else(free).or(oldest)
    }

    /// The earliest time for one more attempt; `sent` is the last one so far, `flight` how many are under way.
    pub(super) fn earliest(&self, now: Instant, sent: u64, flight: u32, is_last: bool) -> Instant {
        let limits = self.limits.iter().flatten();
        let earliest = limits.map(|limit| limit.earliest(now, sent, flight, is_last));
        earliest.max().unwrap_or(now).max(now)
    }

    pub(super) fn send(&mut self, now: Instant, sent: u64, flight: u32) {
        for limit in self.limits.iter_mut().flatten() {
            limit.send(now, sent, flight);
        }
    }

    /// A refusal of what was sent at `sent`, if these limits explain it; says for how long one should wait before asking again if the server said
    /// no more than a granule.
    pub(super) fn refused(&mut self, now: Instant, sent: Instant) -> Option<Duration> {
        let limits = self.limits.iter_mut().flatten();
        limits.filter_map(|limit| limit.refused(now, sent)).max()
    }

    /// The limit that is nearest to its end: what is left, of how many, until when.
    pub(super) fn scarcest(
        &self,
        now: Instant,
        sent: u64,
    ) -> Option<(u64, Option<u64>, Option<Instant>)> {
        let limits = self.limits.iter().flatten();
        let limits = limits.filter(|limit| !limit.is_over(now));
        let share = |limit: &Limit| limit.share(sent);
        let limit = limits.min_by(|a, b| share(a).total_cmp(&share(b)))?;
        Some(limit.view(sent))
    }

    /// Attempts per second that they allow now; `None` while nothing is scarce.
    pub(super) fn rate(&self, now: Instant, sent: u64, flight: u32) -> Option<f64> {
        let limits = self.limits.iter().flatten();
        let rates = limits.filter_map(|limit| limit.rate(now, sent, flight));
        rates.min_by(f64::total_cmp)
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = u64> {
        self.limits.iter().flatten().map(Limit::name)
    }
}
