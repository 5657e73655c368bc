//! A limit with windows: so many until an instant, and then so many again.

use std::time::{Duration, Instant};

use super::limit::{Report, Terms};
use crate::pacing::gcra::Gcra;
use crate::pacing::{later, seconds};

/// A reset that comes this much later than was told is that of another window; resets in whole seconds jitter.
const JITTER: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// When it resets, if that was told and is more than granularity.
    pub(super) starts_anew: Option<Instant>,
    /// It has reset since the last report, by the clock alone.
    is_renewed: bool,
    /// The first report since it reset.
    first: Report,
    gcra: Gcra,
}

impl Window {
    pub(super) fn new(report: Report, starts_anew: Option<Instant>) -> Self {
        Self {
            starts_anew,
            is_renewed: false,
            first: report,
            gcra: Gcra::default(),
        }
    }

    pub(super) fn hear(
        &mut self,
        now: Instant,
        before: Report,
        report: Report,
        starts_anew: Option<Instant>,
    ) -> bool {
        let told = std::mem::replace(&mut self.starts_anew, starts_anew);
        self.is_renewed = false;
        let is_another = is_another(now, told, starts_anew, report.left > before.left);
        if is_another {
            self.restart(report);
        }
        is_another
    }

    /// What was seen so far is of another time.
    pub(super) fn restart(&mut self, report: Report) {
        (self.first, self.gcra) = (report, Gcra::default());
    }

    /// Its window is over, and this is the first attempt of the next one: there is no more than the quota again, even
    /// though nobody told. Once only: a limit that is not told any more must not pace for ever.
    pub(super) fn renews(&mut self, now: Instant, terms: &Terms) -> Option<f64> {
        let (at, quota, window) = (self.starts_anew?, terms.quota?, terms.window?);
        if at > now || self.is_renewed {
            return None;
        }
        let next = later(at, window);
        let next = if next > now { next } else { later(now, window) };
        (self.starts_anew, self.is_renewed) = (Some(next), true);
        Some(quota)
    }

    pub(super) fn take(&mut self, interval: Duration, now: Instant) {
        self.gcra.take(interval, now);
    }

    /// Whether the use since the first report, continued, would spend it before it resets.
    pub(super) fn will_be_spent(&self, now: Instant, left: f64) -> bool {
        let Some(at) = self.starts_anew else {
            return false;
        };
        let (past, ahead) = (seconds(self.first.at, now), seconds(now, at));
        // A burst is no habit: what was seen has to last a tenth of what is foretold from it.
        if past < 1.0 || past * 10.0 < ahead {
            return false;
        }
        let used = self.first.left - left;
        used / past * ahead > left
    }

    /// The pace in force when it is scarce: what is left over the time that is left.
    pub(super) fn interval(&self, now: Instant, left: f64, terms: &Terms) -> Option<Duration> {
        let ahead = seconds(now, self.starts_anew?);
        let left = (left / terms.cost).max(1.0);
        let even = terms.cost / terms.told_rate().max(1e-9);
        let slowest = if terms.told_rate() > 0.0 { even } else { 0.0 };
        Duration::try_from_secs_f64((ahead / left).max(slowest)).ok()
    }

    /// The earliest time for one more attempt when it is scarce.
    pub(super) fn earliest(&self, now: Instant, left: f64, terms: &Terms) -> Instant {
        match (self.starts_anew, self.interval(now, left, terms)) {
            (Some(at), _) if left < terms.cost => at,
            (Some(at), Some(interval)) => self.gcra.earliest(interval, 1, now).min(at),
            _ => now,
        }
    }
}

/// Answers overtake each other and resets jitter, so neither one more than before nor a second later is enough.
fn is_another(now: Instant, told: Option<Instant>, at: Option<Instant>, is_more: bool) -> bool {
    let (Some(at), Some(told)) = (at, told) else {
        return is_more;
    };
    let is_later = told.checked_add(JITTER).is_some_and(|told| at > told);
    told <= now || (is_later && is_more)
}
