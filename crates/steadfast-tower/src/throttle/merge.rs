//! Pacers of path groups that become one, and become several again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use steadfast_core::Pacing;
use steadfast_core::hint::Allowances;
use steadfast_core::pacing::Feedback;

use super::gate::{Gate, Pass};
use super::known::{Known, LimitKey};
use super::origin_limits::OriginLimits;
use super::path_groups::Closing;
use crate::clock;
use crate::queue::WaitQueue;

impl OriginLimits {
    /// A path group was refused, and is closed until then: if one limit counts all of them, so are the others.
    pub(super) fn closed(
        &self,
        limit_key: LimitKey,
        asked: Duration,
        until: Instant,
        pacing: Pacing,
    ) {
        if limit_key.path_group == 0 {
            return;
        }
        let now = clock::now();
        self.compares.store(true, Ordering::Relaxed);
        let mut known = self.known();
        let wide = self.wide_key(limit_key);
        let closing = Closing {
            path_group: limit_key.path_group,
            at: now,
            asked,
            until,
        };
        let is_one = known.common(wide).refused(closing);
        let line = is_one.then(|| known.pacer(wide, limit_key, pacing));
        drop(known);
        if let Some(line) = line {
            close(line, now, until);
        }
    }

    /// A path group was told what is left of its limits.
    pub(super) fn told(&self, limit_key: LimitKey, allowances: &Allowances) {
        if limit_key.path_group == 0 {
            return;
        }
        let limits = allowances.iter();
        let known = limits.filter_map(|one| {
            let limit = self.hash((one.name, one.limit?, one.window));
            Some((limit, one.remaining?))
        });
        let Some((limit, remaining)) = { known }.next() else {
            return;
        };
        let mut known = self.known();
        let common = known.common(self.wide_key(limit_key));
        common.told(limit_key.path_group, limit, remaining);
    }

    /// An attempt passed that was sent then. If all path groups were closed meanwhile, they have no limit in common.
    pub(super) fn passed(&self, limit_key: LimitKey, sent: Instant, pacing: Pacing) {
        if limit_key.path_group == 0 || !self.compares.load(Ordering::Relaxed) {
            return;
        }
        let now = clock::now();
        let mut known = self.known();
        let wide = self.wide_key(limit_key);
        let common = known.wide.get_mut(&wide);
        let Some(closing) =
            common.and_then(|common| common.passed(limit_key.path_group, sent, now))
        else {
            return;
        };
        let retired = known.pacers.remove(&wide);
        // What closed all of them still holds for the one that was refused.
        let refused = LimitKey {
            path_group: closing.path_group,
            ..limit_key
        };
        let line = known.pacer(self.narrow_key(refused), refused, pacing);
        drop(known);
        close(line, now, closing.until);
        if let Some(retired) = retired {
            // Those who wait there look for the pacers of their own.
            retired.line.limiter.retire();
            retired.line.stir();
        }
    }

    /// Whether an attempt goes although all path groups are closed, to see whether that is so.
    pub(super) fn goes_in_doubt(&self, known: &mut Known, limit_key: LimitKey) -> bool {
        if limit_key.path_group == 0 || !self.compares.load(Ordering::Relaxed) {
            return false;
        }
        let wide = self.wide_key(limit_key);
        let now = clock::now();
        let is_closed = |known: &Known| {
            let pacer = known.pacers.get(&wide);
            pacer.is_some_and(|entry| entry.line.limiter.closed_until(now).is_some())
        };
        if !known.wide.get(&wide).is_some_and(|common| common.is_one()) || !is_closed(known) {
            return false;
        }
        known.common(wide).doubts(limit_key.path_group, now)
    }
}

fn close(line: Arc<WaitQueue<Gate>>, now: Instant, until: Instant) {
    let refused = Feedback::Refused {
        asked: Some(until.saturating_duration_since(now)),
        is_reset: false,
        is_busy: false,
    };
    let ticket = line.limiter.pacer().send(now);
    Pass::new(line, ticket).tell(refused, &Allowances::default(), |_| Duration::ZERO);
}
