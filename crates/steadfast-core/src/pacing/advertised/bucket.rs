//! A limit that tells no time, or no more than the granularity of its field: it is mirrored.
//!
//! Most such limits are buckets that are filled all the time, but short windows and sliding logs look the same. They
//! differ in how what was taken comes back, so that is measured. What comes back steadily is a bucket (or a log that is
//! used evenly), and is used as it comes. Where less comes back than one per granule, it is no bucket of that kind:
//! there, the end of the window is waited for.
//!
//! Whoever waited for such an end goes at an even pace afterwards: a log gives back what it was sent in the order in
//! which it was sent, so a crowd would stay a crowd. Where nobody waits, nobody is paced.

use std::time::{Duration, Instant};

use super::limit::{GRANULE, Report, Terms};
use crate::hint::Allowance;
use crate::pacing::gcra::Gcra;
use crate::pacing::{later, seconds};

/// By how much the share that is left to those who were refused before grows with each refusal, up to how much, and
/// how much of it goes with each report.
const SPARE_STEP: f64 = 0.2;
const MOST_SPARE: f64 = 0.5;
const SPARE_FADES: f64 = 0.003;
/// What has to be there for an attempt that is the last one its call has.
const LAST_SPARE: f64 = 0.8;
/// After so many reports the fullest that was seen is how much the bucket holds.
const SEEN_ENOUGH: u32 = 50;
/// What comes back is measured over so many units: their rounding to whole ones is a tenth then.
const MEASURED_OVER: f64 = 10.0;
/// How late timers are, with something to spare.
const LATENESS: Duration = Duration::from_millis(4);
/// What is left of the measured inflow after a refusal: where it was confirmed before, others take their part of it;
/// where it was not, it was a guess.
const CREEP: f64 = 0.1;
/// What comes back for us never counts as less than this share of a rate that is told.
const LEAST_SHARE: f64 = 0.2;
const SURE: f64 = 0.85;
const UNSURE: f64 = 0.25;

#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// What comes back for us per second, once that was measured.
    inflow: Option<f64>,
    /// The last measurement confirmed it.
    is_sure: bool,
    /// The tokens at the time of the last report, at least: fractions are not told.
    level: f64,
    fullest: f64,
    /// What it could not hold since the last report, and when that was.
    spilled: f64,
    spilled_at: Instant,
    /// The share of the fullest that is left to those who were refused before: it grows while others drain the bucket
    /// under us.
    spare: f64,
    reports: u32,
    /// Since when is measured.
    since: Report,
    /// By when it is full again, if it is a window.
    ends: Instant,
    /// The window ended since the last report, by the clock alone.
    is_renewed: bool,
    /// Somebody waited for its end, so those who follow go at an even pace.
    is_even: bool,
    /// Until when nobody could go, whoever waited.
    held_until: Instant,
    gcra: Gcra,
}

impl Bucket {
    pub(super) fn new(report: Report, allowance: &Allowance, terms: &Terms) -> Self {
        Self {
            inflow: None,
            is_sure: false,
            level: report.left,
            fullest: report.left,
            spilled: 0.0,
            spilled_at: report.at,
            spare: 0.0,
            reports: 1,
            since: report,
            ends: ends(report, allowance, terms),
            is_renewed: false,
            is_even: false,
            held_until: report.at,
            gcra: Gcra::default(),
        }
    }

    /// What comes back for us per second. A limit that was nearly full as far as it goes is no bucket until that was
    /// measured: the first burst tells nothing about what comes back.
    fn inflow(&self, terms: &Terms) -> f64 {
        let is_full = terms
            .quota
            .is_some_and(|quota| (self.fullest + terms.cost) * 2.0 >= quota && quota >= 4.0);
        match self.inflow {
            Some(inflow) => inflow,
            None if is_full => 0.0,
            None => terms.rate(),
        }
    }

    /// Too little comes back for a bucket whose next token is never more than a granule away.
    fn has_end(&self, terms: &Terms) -> bool {
        self.inflow(terms) * GRANULE.as_secs_f64() < 1.0
    }

    /// A report; `before` was the last one.
    pub(super) fn hear(
        &mut self,
        before: Report,
        report: Report,
        passed: bool,
        allowance: &Allowance,
        terms: &Terms,
    ) {
        let is_over = report.at >= self.ends || self.is_renewed;
        // What a window was believed to have again is no report.
        let real = if self.is_renewed { self.since } else { before };
        let time = seconds(real.at, report.at);
        let taken = terms.cost * report.serial.saturating_sub(real.serial) as f64;
        let regained = report.left - real.left + taken;
        let inflow = self.inflow(terms);
        self.reports = self.reports.saturating_add(1);
        self.spare *= 1.0 - SPARE_FADES;
        self.fullest = self.fullest.max(report.left);
        self.is_renewed = false;
        if report.at >= self.spilled_at {
            self.spilled = 0.0;
        }
        // Whole units are told: the fraction is known as far as it follows from what was told before.
        let level = self.level + inflow * time - taken;
        self.level = level
            .min(self.fullest)
            .clamp(report.left, report.left + 1.0);
        let at = ends(report, allowance, terms);
        let jumped = regained > terms.rate() * time + 2.0;
        self.ends = if is_over || jumped {
            at
        } else {
            self.ends.min(at)
        };
        if passed && is_over && regained * 2.0 < self.fullest && time > 0.0 {
            // Its end gave back a little of it only: what was taken comes back bit by bit.
            self.inflow = Some((regained.max(0.0) / time).min(terms.rate()).max(inflow));
        }
        if !passed || (is_over && self.has_end(terms)) || (jumped && !self.is_sure) {
            self.since = report;
        } else {
            self.measure(report, terms);
        }
    }

    /// A report while its windows are longer: nothing is mirrored.
    pub(super) fn stand_by(&mut self, report: Report, allowance: &Allowance, terms: &Terms) {
        self.ends = ends(report, allowance, terms);
        (self.level, self.since) = (report.left, report);
        self.fullest = self.fullest.max(report.left);
        self.is_renewed = false;
    }

    /// What came back since the last measuring: what is left now, and what we took meanwhile, less what was left then.
    fn measure(&mut self, report: Report, terms: &Terms) {
        let told = terms.rate();
        let time = seconds(self.since.at, report.at);
        let taken = terms.cost * report.serial.saturating_sub(self.since.serial) as f64;
        if taken < MEASURED_OVER.min(told * GRANULE.as_secs_f64()) || time * told < MEASURED_OVER {
            return;
        }
        let gained = (report.left - self.since.left + taken).max(0.0) / time;
        let inflow = self.inflow(terms);
        let is_full = |left: f64| left + 1.0 >= self.fullest;
        // A full bucket lets flow by what nobody takes.
        let next = if is_full(report.left) && is_full(self.since.left) {
            let most = inflow.max(gained);
            most + (told - most).max(0.0) * CREEP
        } else {
            let weight = if gained * 2.0 >= inflow { 0.3 } else { 0.5 };
            inflow + (gained - inflow) * weight
        };
        self.is_sure = gained > 0.0 && gained * 2.0 >= inflow;
        let most = inflow + inflow.max(told) / 4.0;
        // A tenth more is rounding.
        let is_told = terms.window.is_some() || gained < told * 1.25;
        let most = if is_told { most.min(told) } else { most };
        self.inflow = Some(self.granted(next.min(most), terms));
        self.since = report;
    }

    /// Of a rate that is told, a share is taken for granted: others draw on it, and would take all of it from who gave way.
    fn granted(&self, inflow: f64, terms: &Terms) -> f64 {
        match terms.window {
            Some(_) => inflow.max(terms.rate() * LEAST_SHARE),
            None => inflow,
        }
    }

    /// A refusal; says for how long one should wait before asking again. One that `was_believed` was sent because
    /// something should have been there.
    pub(super) fn refused(
        &mut self,
        now: Instant,
        was_believed: bool,
        last: Report,
        terms: &Terms,
    ) -> Duration {
        self.level = 0.0;
        self.since = Report { left: 0.0, ..last };
        if was_believed {
            let inflow = self.inflow(terms);
            // Where the window is told, the rate is no guess: others take their part of it.
            let is_sure = self.is_sure || terms.window.is_some();
            let left = if is_sure { SURE } else { UNSURE };
            self.inflow = Some(self.granted(inflow * left, terms));
            // Others drain what is filled; of a guess, nothing is to be spared.
            let step = if is_sure { SPARE_STEP } else { 0.0 };
            self.spare = (self.spare + step).min(MOST_SPARE);
        }
        if self.is_even {
            // Until the next one goes, if the gate opens in about a window.
            self.held_until = later(now, terms.length().saturating_add(GRANULE));
        }
        if self.has_end(terms) {
            return self.ends.saturating_duration_since(now).min(GRANULE);
        }
        let one = Duration::try_from_secs_f64(terms.cost / self.inflow(terms));
        one.unwrap_or(GRANULE).min(GRANULE)
    }

    /// An attempt goes. Says whether a window is over with it, by the clock alone: how much there is again.
    pub(super) fn send(
        &mut self,
        now: Instant,
        last: Report,
        sent: u64,
        terms: &Terms,
    ) -> Option<f64> {
        let rate = self.inflow(terms).max(terms.rate());
        let even = Duration::try_from_secs_f64(terms.cost / rate).unwrap_or(GRANULE);
        let most = (self.fullest + terms.cost).max(self.level);
        let spills = self.unbounded(now, last, sent, terms) - most;
        if spills > 0.0 {
            self.spilled += spills;
            self.spilled_at = now;
        }
        let is_empty = self.level_now(now, last, sent, terms) < terms.cost;
        let is_over = self.has_end(terms) && is_empty && self.ends <= now && !self.is_renewed;
        if is_over {
            self.is_even = now.saturating_duration_since(self.ends) <= LATENESS;
            self.gcra.restart(now);
            self.since = last;
            self.spilled = 0.0;
            self.level = self.fullest + terms.cost;
            self.ends = later(now, terms.length());
            self.is_renewed = true;
        } else {
            let since = now.saturating_duration_since(self.held_until);
            self.is_even &= self.gcra.idle(now).min(since) <= even.max(LATENESS);
        }
        if self.is_even {
            self.gcra.take_late(even, now, LATENESS);
        }
        is_over.then_some(self.level)
    }

    /// The tokens of the last report and those that came since, less those taken. It may be more than the bucket holds.
    fn unbounded(&self, now: Instant, last: Report, sent: u64, terms: &Terms) -> f64 {
        let flowed = self.inflow(terms) * seconds(last.at, now);
        let taken = terms.cost * sent.saturating_sub(last.serial) as f64;
        self.level + flowed - taken - self.spilled
    }

    /// Notes until when nobody can go.
    pub(super) fn hold(&mut self, now: Instant, last: Report, sent: u64, terms: &Terms) {
        let earliest = self.earliest(now, last, sent, false, terms);
        if self.held_until.max(earliest) > now {
            self.held_until = earliest.max(now);
        }
    }

    fn level_now(&self, now: Instant, last: Report, sent: u64, terms: &Terms) -> f64 {
        let most = (self.fullest + terms.cost).max(self.level);
        self.unbounded(now, last, sent, terms).min(most)
    }

    /// How much it holds, as far as was seen; at first nothing was.
    fn capacity(&self) -> f64 {
        if self.reports < SEEN_ENOUGH {
            self.fullest.max(4.0)
        } else {
            self.fullest
        }
    }

    /// The turn of the next one at an even pace, if there is one.
    pub(super) fn even(&self, now: Instant) -> Instant {
        match self.is_even {
            true => self.gcra.earliest(Duration::ZERO, 1, now),
            false => now,
        }
    }

    /// When there is enough for one more.
    pub(super) fn earliest(
        &self,
        now: Instant,
        last: Report,
        sent: u64,
        is_last: bool,
        terms: &Terms,
    ) -> Instant {
        let spare = match is_last {
            true => self.spare.max(LAST_SPARE),
            false => self.spare,
        };
        let level = self.level_now(now, last, sent, terms);
        if self.has_end(terms) {
            return if level < terms.cost {
                self.ends.max(now)
            } else {
                now
            };
        }
        let full = self.fullest + terms.cost;
        let missing = (spare * self.capacity() + terms.cost).min(full) - level;
        if missing <= 0.0 {
            return now;
        }
        let wait = Duration::try_from_secs_f64(missing / self.inflow(terms));
        wait.map_or(now, |wait| later(now, wait))
    }

    /// Attempts per second, when it is used to the end.
    pub(super) fn rate(&self, terms: &Terms) -> f64 {
        let rate = if self.has_end(terms) {
            terms.rate()
        } else {
            self.inflow(terms)
        };
        rate / terms.cost
    }
}

/// By when a window is over that is told by a report, at the latest.
fn ends(report: Report, allowance: &Allowance, terms: &Terms) -> Instant {
    let reset = allowance.reset.filter(|reset| !reset.is_zero());
    later(report.at, reset.unwrap_or(terms.length()))
}
