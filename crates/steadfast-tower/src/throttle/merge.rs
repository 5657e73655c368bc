//! Lanes of families that become one, and become several again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use steadfast_core::Pacing;
use steadfast_core::hint::Allowances;
use steadfast_core::lane::Heard;

use super::families::Closing;
use super::gate::{Gate, Pass};
use super::known::{Known, Way};
use super::lanes::Lanes;
use crate::clock;
use crate::queue::Line;

impl Lanes {
    /// A family was refused, and is closed until then: if one limit counts all of them, so are the others.
    pub(super) fn closed(&self, way: Way, asked: Duration, until: Instant, pacing: Pacing) {
        if way.family == 0 {
            return;
        }
        let now = clock::now();
        self.compares.store(true, Ordering::Relaxed);
        let mut known = self.known();
        let wide = self.wide_key(way);
        let closing = Closing {
            family: way.family,
            at: now,
            asked,
            until,
        };
        let is_one = known.common(wide).refused(closing);
        let line = is_one.then(|| known.lane(wide, way, pacing));
        drop(known);
        if let Some(line) = line {
            close(line, now, until);
        }
    }

    /// A family was told what is left of its limits.
    pub(super) fn told(&self, way: Way, allowances: &Allowances) {
        if way.family == 0 {
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
        let common = known.common(self.wide_key(way));
        common.told(way.family, limit, remaining);
    }

    /// An attempt passed that was sent then. If all families were closed meanwhile, they have no limit in common.
    pub(super) fn passed(&self, way: Way, sent: Instant, pacing: Pacing) {
        if way.family == 0 || !self.compares.load(Ordering::Relaxed) {
            return;
        }
        let now = clock::now();
        let mut known = self.known();
        let wide = self.wide_key(way);
        let common = known.wide.get_mut(&wide);
        let Some(closing) = common.and_then(|common| common.passed(way.family, sent, now)) else {
            return;
        };
        let retired = known.lanes.remove(&wide);
        // What closed all of them still holds for the one that was refused.
        let refused = Way {
            family: closing.family,
            ..way
        };
        let line = known.lane(self.narrow_key(refused), refused, pacing);
        drop(known);
        close(line, now, closing.until);
        if let Some(retired) = retired {
            // Those who wait there look for the lanes of their own.
            retired.line.turnstile.retire();
            retired.line.stir();
        }
    }

    /// Whether an attempt goes although all families are closed, to see whether that is so.
    pub(super) fn goes_in_doubt(&self, known: &mut Known, way: Way) -> bool {
        if way.family == 0 || !self.compares.load(Ordering::Relaxed) {
            return false;
        }
        let wide = self.wide_key(way);
        let now = clock::now();
        let is_closed = |known: &Known| {
            let lane = known.lanes.get(&wide);
            lane.is_some_and(|entry| entry.line.turnstile.closed_until(now).is_some())
        };
        if !known.wide.get(&wide).is_some_and(|common| common.is_one()) || !is_closed(known) {
            return false;
        }
        known.common(wide).doubts(way.family, now)
    }
}

fn close(line: Arc<Line<Gate>>, now: Instant, until: Instant) {
    let refused = Heard::Refused {
        asked: Some(until.saturating_duration_since(now)),
        is_reset: false,
        is_busy: false,
    };
    let ticket = line.turnstile.lane().send(now);
    Pass::new(line, ticket).tell(refused, &Allowances::default(), |_| Duration::ZERO);
}
