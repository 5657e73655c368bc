//! One limit, as the server last told it and as it must be by now.

use std::time::{Duration, Instant};

use super::Asked;
use crate::hint::{Allowance, Unit};
use crate::lane::gcra::Gcra;
use crate::lane::{later, seconds};

/// Times up to this are only granularity.
const GRANULE: Duration = Duration::from_secs(1);
/// Below one in so many of the quota, the remainder is scarce.
const RESERVE: u64 = 5;
/// By how much the share that is left to those who were refused before grows with each refusal, up to how much, and
/// how much of it goes with each report.
const SPARE_STEP: f64 = 0.2;
const MOST_SPARE: f64 = 0.5;
const SPARE_FADES: f64 = 0.003;
/// What has to be there for an attempt that is the last one its call has.
const LAST_SPARE: f64 = 0.8;
/// After so many reports the fullest that was seen is how much the bucket holds.
const SEEN_ENOUGH: u32 = 50;
/// What flows in for us never counts as less than this share of what was told.
const LEAST_SHARE: f64 = 0.2;
/// A limit without an end of its own is forgotten when nothing was heard of it for so many windows.
const FORGOTTEN_AFTER: u32 = 10;
/// A reset that comes this much later than was told is that of another window; resets in whole seconds jitter.
const JITTER: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    name: u64,
    unit: Unit,
    quota: Option<f64>,
    window: Option<Duration>,
    /// What was left, in units.
    left: f64,
    /// The attempt that it was told to, and when that was sent and answered.
    serial: u64,
    sent: Instant,
    heard: Instant,
    /// When it starts anew, if that was told and is more than granularity.
    starts_anew: Option<Instant>,
    /// It told a time that is more than granularity: it has windows.
    has_windows: bool,
    /// It started anew since the last report, by the clock alone.
    is_renewed: bool,
    /// What one attempt takes, in units.
    cost: f64,
    /// What flows in for us per second, if it is mirrored; and the report since which it is measured.
    inflow: f64,
    fullest: f64,
    /// The share of the fullest that is left to those who were refused before: it grows while others drain the bucket
    /// under us.
    spare: f64,
    reports: u32,
    base: Report,
    /// The first report since it started anew.
    first: Report,
    gcra: Gcra,
}

#[derive(Clone, Copy, Debug)]
struct Report {
    left: f64,
    serial: u64,
    at: Instant,
}

impl Limit {
    pub(super) fn new(now: Instant, asked: Asked, allowance: &Allowance, left: f64) -> Self {
        let report = Report {
            left,
            serial: asked.serial,
            at: now,
        };
        let mut limit = Self {
            name: allowance.name,
            unit: allowance.unit,
            quota: allowance.limit.map(|limit| limit as f64),
            window: allowance.window,
            left,
            serial: asked.serial,
            sent: asked.sent,
            heard: now,
            starts_anew: None,
            has_windows: false,
            is_renewed: false,
            cost: 1.0,
            inflow: 0.0,
            fullest: left,
            spare: 0.0,
            reports: 1,
            base: report,
            first: report,
            gcra: Gcra::default(),
        };
        limit.inflow = limit.told_inflow();
        limit.hear_reset(now, allowance);
        limit
    }

    pub(super) fn is(&self, allowance: &Allowance) -> bool {
        self.name == allowance.name && self.unit == allowance.unit
    }

    #[cfg(test)]
    pub(super) const fn name(&self) -> u64 {
        self.name
    }

    pub(super) const fn heard(&self) -> Instant {
        self.heard
    }

    /// When it starts anew, where that is more than granularity. One that has windows, and fewer than one unit per
    /// granule, means what it says.
    fn hear_reset(&mut self, now: Instant, allowance: &Allowance) {
        let reset = allowance.reset;
        self.has_windows |= reset.is_some_and(|reset| reset > GRANULE);
        let is_bucket = allowance.limit.is_some() && allowance.window.is_some();
        let is_slow = self.told_inflow() * GRANULE.as_secs_f64() < 1.0;
        let reset =
            reset.filter(|reset| *reset > GRANULE || !is_bucket || (self.has_windows && is_slow));
        self.starts_anew = reset.map(|reset| later(now, reset));
    }

    /// Quota over window, in units per second.
    fn told_inflow(&self) -> f64 {
        match (self.quota, self.window) {
            (Some(quota), Some(window)) if !window.is_zero() => quota / window.as_secs_f64(),
            _ => 0.0,
        }
    }

    fn is_mirrored(&self) -> bool {
        self.starts_anew.is_none() && self.told_inflow() > 0.0
    }

    pub(super) fn hear(&mut self, now: Instant, asked: Asked, allowance: &Allowance, left: f64) {
        // Told to an earlier attempt: old news, unless more was used up by then.
        if asked.sent < self.sent || (asked.sent == self.sent && left > self.left) {
            return;
        }
        let before = *self;
        self.reports = self.reports.saturating_add(1);
        (self.serial, self.sent, self.heard, self.left) = (asked.serial, asked.sent, now, left);
        self.quota = allowance.limit.map(|limit| limit as f64).or(self.quota);
        self.window = allowance.window.or(self.window);
        self.is_renewed = false;
        self.hear_reset(now, allowance);
        if (self.quota, self.window) != (before.quota, before.window) {
            // Another policy: nothing that was measured holds.
            (self.inflow, self.fullest, self.spare) = (self.told_inflow(), left, 0.0);
            self.restart(now);
        } else if self.is_mirrored() {
            self.spare *= 1.0 - SPARE_FADES;
            self.measure_inflow();
        } else if self.is_another_window(&before, now) {
            self.restart(now);
        } else if allowance.cost.is_some() || self.unit != Unit::Requests {
            let count = asked.serial.saturating_sub(before.serial).max(1) as f64;
            let measured = ((before.left - left) / count).max(0.0);
            let cost = allowance.cost.map_or(measured, |cost| cost as f64);
            self.cost += (cost - self.cost) * 0.2;
            let most = self.quota.unwrap_or(f64::MAX).max(1.0);
            self.cost = self.cost.clamp(1.0, most);
        }
    }

    /// Answers overtake each other and resets jitter, so neither one more than before nor a second later is enough.
    fn is_another_window(&self, before: &Self, now: Instant) -> bool {
        let (Some(at), Some(told)) = (self.starts_anew, before.starts_anew) else {
            return self.left > before.left;
        };
        let is_later = told.checked_add(JITTER).is_some_and(|told| at > told);
        told <= now || (is_later && self.left > before.left)
    }

    /// What was seen so far is of another time.
    fn restart(&mut self, now: Instant) {
        let report = Report {
            left: self.left,
            serial: self.serial,
            at: now,
        };
        (self.first, self.base, self.gcra) = (report, report, Gcra::default());
    }

    /// An attempt goes, the `sent`-th.
    pub(super) fn send(&mut self, now: Instant, sent: u64, flight: u32) {
        self.renew(now, sent);
        if let Some(interval) = self.interval(now, sent, flight) {
            self.gcra.take(interval, now);
        }
    }

    /// Its window is over, and this is the first attempt of the next one: there is no more than the quota again, even
    /// though nobody told. Once only: a limit that is not told any more must not pace for ever.
    fn renew(&mut self, now: Instant, sent: u64) {
        if let (Some(at), Some(quota), Some(window), false) =
            (self.starts_anew, self.quota, self.window, self.is_renewed)
        {
            if at <= now {
                let next = later(at, window);
                let next = if next > now { next } else { later(now, window) };
                (self.starts_anew, self.is_renewed) = (Some(next), true);
                (self.left, self.serial) = (quota, sent.saturating_sub(1));
                self.restart(now);
            }
        }
    }

    /// A refusal; says for how long one should wait before asking again, if this is a bucket that was empty.
    pub(super) fn refused(&mut self, now: Instant) -> Option<Duration> {
        if !self.is_mirrored() || self.left >= 1.0 || self.is_over(now) {
            return None;
        }
        self.heard = now;
        self.base = Report {
            left: 0.0,
            serial: self.serial,
            at: now,
        };
        self.spare = (self.spare + SPARE_STEP).min(MOST_SPARE);
        self.inflow = (self.inflow * 0.85).max(self.told_inflow() * LEAST_SHARE);
        let one = Duration::try_from_secs_f64(1.0 / self.inflow).unwrap_or(GRANULE);
        Some(one.min(GRANULE))
    }

    /// What flowed in since the last measuring: what is left now, and what we took meanwhile, less what was left then.
    fn measure_inflow(&mut self) {
        let report = Report {
            left: self.left,
            serial: self.serial,
            at: self.heard,
        };
        let told = self.told_inflow();
        if self.inflow <= 0.0 {
            self.inflow = told;
        }
        self.fullest = self.fullest.max(report.left);
        let time = seconds(self.base.at, report.at);
        let taken = report.serial.saturating_sub(self.base.serial) as f64;
        // At least as long as one token and a half takes, or the rounding to whole ones drowns the rest.
        if taken < 4.0 || time * told < 4.0 {
            return;
        }
        let gained = (report.left - self.base.left + taken) / time;
        let full = report.left + 1.0 >= self.fullest && self.base.left + 1.0 >= self.fullest;
        let gained = if full { gained.max(told) } else { gained };
        let weight = 0.3;
        self.inflow += (gained - self.inflow) * weight;
        self.inflow = self.inflow.clamp(told * LEAST_SHARE, told);
        self.base = report;
    }

    /// How much the bucket holds, as far as was seen; at first nothing was.
    fn capacity(&self) -> f64 {
        if self.reports < SEEN_ENOUGH {
            self.fullest.max(4.0)
        } else {
            self.fullest
        }
    }

    fn left_now(&self, sent: u64) -> f64 {
        self.left - self.cost * sent.saturating_sub(self.serial) as f64
    }

    /// What was told says nothing any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.starts_anew {
            Some(at) => at <= now,
            None => self.forgotten_at().is_some_and(|at| at <= now),
        }
    }

    fn forgotten_at(&self) -> Option<Instant> {
        let window = self.window?.max(GRANULE);
        Some(later(self.heard, window.saturating_mul(FORGOTTEN_AFTER)))
    }

    /// Which share is left; where the quota is not known, whether any is.
    pub(super) fn share(&self, sent: u64) -> f64 {
        let left = self.left_now(sent).max(0.0);
        match self.quota {
            _ if left < 1.0 => 0.0,
            Some(quota) => left / quota.max(1.0),
            None => f64::MAX,
        }
    }

    /// What is left, of how many, until when.
    pub(super) fn view(&self, sent: u64) -> (u64, Option<u64>, Option<Instant>) {
        let left = self.left_now(sent).max(0.0) as u64;
        (left, self.quota.map(|quota| quota as u64), self.starts_anew)
    }

    /// Attempts per second that it allows now; `None` while there is plenty.
    pub(super) fn rate(&self, now: Instant, sent: u64, flight: u32) -> Option<f64> {
        if !self.is_scarce(now, sent, flight) {
            return None;
        }
        if self.is_mirrored() {
            return Some(self.inflow / self.cost);
        }
        let rate = 1.0 / self.interval(now, sent, flight)?.as_secs_f64();
        rate.is_finite().then_some(rate)
    }

    fn is_scarce(&self, now: Instant, sent: u64, flight: u32) -> bool {
        if self.is_over(now) {
            return false;
        }
        let left = self.left_now(sent);
        let low = match self.quota {
            Some(quota) => left * (RESERVE as f64) < quota,
            None => left < 2.0 * f64::from(flight) * self.cost,
        };
        left < 1.0 || low || self.will_be_spent(now, left)
    }

    /// Whether the use since the first report, continued, would spend it before it starts anew.
    fn will_be_spent(&self, now: Instant, left: f64) -> bool {
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

    /// The pace in force; `None` while there is plenty.
    fn interval(&self, now: Instant, sent: u64, flight: u32) -> Option<Duration> {
        if self.is_mirrored() || !self.is_scarce(now, sent, flight) {
            return None;
        }
        let ahead = seconds(now, self.starts_anew?);
        let left = (self.left_now(sent) / self.cost).max(1.0);
        let even = self.cost / self.told_inflow().max(1e-9);
        let slowest = if self.told_inflow() > 0.0 { even } else { 0.0 };
        Duration::try_from_secs_f64((ahead / left).max(slowest)).ok()
    }

    pub(super) fn earliest(&self, now: Instant, sent: u64, flight: u32, is_last: bool) -> Instant {
        if !self.is_scarce(now, sent, flight) {
            return now;
        }
        if self.is_mirrored() {
            let flowed = self.inflow * seconds(self.heard, now);
            let spare = self.capacity()
                * if is_last {
                    self.spare.max(LAST_SPARE)
                } else {
                    self.spare
                };
            let missing = spare + self.cost - (self.left_now(sent) + flowed);
            if missing <= 0.0 {
                return now;
            }
            let wait = Duration::try_from_secs_f64(missing / self.inflow);
            let at = wait.map_or(now, |wait| later(now, wait));
            return self
                .forgotten_at()
                .map_or(at, |forgotten| at.min(forgotten));
        }
        match (self.starts_anew, self.interval(now, sent, flight)) {
            (Some(at), _) if self.left_now(sent) < self.cost => at,
            (Some(at), Some(interval)) => self.gcra.earliest(interval, 1, now).min(at),
            _ => now,
        }
    }
}
