//! Limits that a server tells: spent freely while there is plenty, paced when it gets scarce.
//!
//! A quota of 5,000 an hour is there to be spent: pacing it evenly would slow a client to 1.4 a second that never
//! uses more than a hundred. So nothing waits until the remainder falls below a fifth of the quota (without a known
//! quota: below twice the calls in flight), or until the use so far, continued, would spend it before it starts anew.
//! From then on the pace is what is left over the time that is left, and never more than quota over window.
//!
//! A time of 0 or 1 s is only the granularity of a field in whole seconds. Such a limit is a bucket that is filled
//! all the time, and is mirrored: what was left, less what was sent since, and what has flowed in meanwhile. How fast
//! that is was told (quota over window), but others may draw on the same bucket, so what flows in for us is measured.

use std::time::{Duration, Instant};

use super::gcra::Gcra;
use crate::hint::{Allowance, Allowances, Unit};

/// The most limits that are kept.
const MOST: usize = 8;
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

/// All limits of a lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    limits: [Option<Limit>; MOST],
}

#[derive(Clone, Copy, Debug)]
struct Limit {
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

/// The attempt that a report came back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) serial: u64,
    pub(super) sent: Instant,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        self.limits.iter().all(Option::is_none)
    }

    /// What a response says.
    pub(super) fn hear(&mut self, now: Instant, asked: Asked, allowances: &Allowances) {
        for allowance in allowances.iter() {
            if matches!(allowance.unit, Unit::Concurrent) {
                continue;
            }
            let known = self
                .limits
                .iter_mut()
                .position(|limit| matches!(limit, Some(limit) if limit.name == allowance.name && limit.unit == allowance.unit));
            let slot = known.or_else(|| self.limits.iter().position(Option::is_none));
            let (Some(slot), Some(left)) = (slot, allowance.remaining) else {
                continue;
            };
            match &mut self.limits[slot] {
                Some(limit) => limit.hear(now, asked, allowance, left as f64),
                none => *none = Some(Limit::new(now, asked, allowance, left as f64)),
            }
        }
    }

    /// The earliest time for one more attempt; `sent` is the last one so far, `flight` how many are under way.
    pub(super) fn earliest(&self, now: Instant, sent: u64, flight: u32, is_last: bool) -> Instant {
        let limits = self.limits.iter().flatten();
        let earliest = limits.map(|limit| limit.earliest(now, sent, flight, is_last));
        earliest.max().unwrap_or(now).max(now)
    }

    pub(super) fn send(&mut self, now: Instant, sent: u64, flight: u32) {
        for limit in self.limits.iter_mut().flatten() {
            if let Some(interval) = limit.interval(now, sent, flight) {
                limit.gcra.take(interval, now);
            }
        }
    }

    /// A refusal that these limits explain; says for how long one should wait before asking again if the server said
    /// no more than a granule.
    pub(super) fn refused(&mut self, now: Instant) -> Option<Duration> {
        let mut wait = None;
        for limit in self.limits.iter_mut().flatten() {
            if limit.is_mirrored() && limit.left < 1.0 {
                limit.heard = now;
                limit.base = Report {
                    left: 0.0,
                    serial: limit.serial,
                    at: now,
                };
                limit.spare = (limit.spare + SPARE_STEP).min(MOST_SPARE);
                limit.inflow = (limit.inflow * 0.85).max(limit.told_inflow() * LEAST_SHARE);
                let one = Duration::try_from_secs_f64(1.0 / limit.inflow).unwrap_or(GRANULE);
                wait = wait.max(Some(one.min(GRANULE)));
            }
        }
        wait
    }

    /// The limit that is nearest to its end: what is left, of how many, until when.
    pub(super) fn scarcest(&self, sent: u64) -> Option<(u64, Option<u64>, Option<Instant>)> {
        let share = |limit: &Limit| limit.left_now(sent) / limit.quota.unwrap_or(f64::MAX);
        let limits = self.limits.iter().flatten();
        let limit = limits.min_by(|a, b| share(a).total_cmp(&share(b)))?;
        let left = limit.left_now(sent).max(0.0) as u64;
        Some((
            left,
            limit.quota.map(|quota| quota as u64),
            limit.starts_anew,
        ))
    }

    /// Attempts per second that they allow now; `None` while nothing is scarce.
    pub(super) fn rate(&self, now: Instant, sent: u64, flight: u32) -> Option<f64> {
        let limits = self.limits.iter().flatten();
        let rates = limits
            .filter(|limit| limit.is_scarce(now, sent, flight))
            .map(|limit| {
                if limit.is_mirrored() {
                    return limit.inflow / limit.cost;
                }
                let interval = limit.interval(now, sent, flight);
                interval.map_or(f64::MAX, |interval| 1.0 / interval.as_secs_f64())
            });
        rates.min_by(f64::total_cmp)
    }
}

impl Limit {
    fn new(now: Instant, asked: Asked, allowance: &Allowance, left: f64) -> Self {
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
            starts_anew: starts_anew(now, allowance),
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
        limit
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

    fn hear(&mut self, now: Instant, asked: Asked, allowance: &Allowance, left: f64) {
        // Told to an earlier attempt: old news, unless more was used up by then.
        if asked.sent < self.sent || (asked.sent == self.sent && left > self.left) {
            return;
        }
        let before = *self;
        self.reports = self.reports.saturating_add(1);
        (self.serial, self.sent, self.heard, self.left) = (asked.serial, asked.sent, now, left);
        self.quota = allowance.limit.map(|limit| limit as f64).or(self.quota);
        self.window = allowance.window.or(self.window);
        self.starts_anew = starts_anew(now, allowance);
        let report = Report {
            left,
            serial: asked.serial,
            at: now,
        };
        if left > before.left && !self.is_mirrored() {
            (self.first, self.base) = (report, report);
            return;
        }
        if self.is_mirrored() {
            self.spare *= 1.0 - SPARE_FADES;
            self.measure_inflow(report);
        } else if self.unit != Unit::Requests {
            let count = asked.serial.saturating_sub(before.serial).max(1) as f64;
            let cost = ((before.left - left) / count).max(0.0);
            self.cost += (cost - self.cost) * 0.2;
            self.cost = self.cost.max(1.0);
        }
    }

    /// What flowed in since the last measuring: what is left now, and what we took meanwhile, less what was left then.
    fn measure_inflow(&mut self, report: Report) {
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

    fn is_over(&self, now: Instant) -> bool {
        self.starts_anew.is_some_and(|at| at <= now)
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
        low || self.will_be_spent(now, left)
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

    fn earliest(&self, now: Instant, sent: u64, flight: u32, is_last: bool) -> Instant {
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
            return wait
                .ok()
                .and_then(|wait| now.checked_add(wait))
                .unwrap_or(now);
        }
        match (self.starts_anew, self.interval(now, sent, flight)) {
            (Some(at), _) if self.left_now(sent) < self.cost => at,
            (_, Some(interval)) => self.gcra.earliest(interval, 1, now),
            _ => now,
        }
    }
}

/// When it starts anew, where that is more than granularity.
fn starts_anew(now: Instant, allowance: &Allowance) -> Option<Instant> {
    let reset = allowance.reset?;
    let paced = allowance.limit.is_some() && allowance.window.is_some();
    (reset > GRANULE || !paced).then(|| now.checked_add(reset))?
}

fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}
