//! One limit, as the server last told it and as it must be by now.

use std::time::{Duration, Instant};

use super::Asked;
use super::bucket::Bucket;
use super::window::Window;
use crate::hint::{Allowance, Unit};
use crate::pacing::later;

/// Times up to this are only granularity.
pub(super) const GRANULE: Duration = Duration::from_secs(1);
/// Below one in so many of the quota, the remainder is scarce.
const RESERVE: u64 = 5;
/// A limit without an end of its own is forgotten when nothing was heard of it for so many windows.
const FORGOTTEN_AFTER: u32 = 10;

#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    name: u64,
    unit: Unit,
    terms: Terms,
    last: Report,
    /// When the attempt of the last report was sent, and when its answer came.
    sent: Instant,
    heard: Instant,
    /// When the first one came.
    known: Instant,
    /// The fastest exchange.
    trip: Duration,
    /// It told a time that is more than granularity: it has windows.
    has_windows: bool,
    is_mirrored: bool,
    window: Window,
    bucket: Bucket,
}

/// So many, in such a time, and what an attempt takes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) quota: Option<f64>,
    pub(super) window: Option<Duration>,
    /// In units.
    pub(super) cost: f64,
}

/// So many were left after this attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    /// In units.
    pub(super) left: f64,
    pub(super) serial: u64,
    /// When an attempt was let go that reaches the server when this one was counted, at the latest. It is the time of
    /// the answer less the fastest exchange, so it depends neither on how a trip is split nor on one slow answer.
    pub(super) at: Instant,
}

// ===== impl Terms =====

impl Terms {
    /// Quota over window, in units per second; zero if it was not told.
    pub(super) fn told_rate(&self) -> f64 {
        match (self.quota, self.window) {
            (Some(quota), Some(window)) if !window.is_zero() => quota / window.as_secs_f64(),
            _ => 0.0,
        }
    }

    /// The same where no window was told; a guess then. Not zero if there is a quota.
    pub(super) fn rate(&self) -> f64 {
        self.quota.unwrap_or(0.0) / self.length().as_secs_f64()
    }

    /// How long a window is: where that was not told, a granule.
    pub(super) fn length(&self) -> Duration {
        let window = self.window.filter(|window| !window.is_zero());
        window.unwrap_or(GRANULE)
    }
}

// ===== impl Limit =====

impl Limit {
    pub(super) fn new(now: Instant, asked: Asked, allowance: &Allowance, left: f64) -> Self {
        let trip = now.saturating_duration_since(asked.sent);
        let report = Report {
            left,
            serial: asked.serial,
            at: asked.sent,
        };
        let terms = Terms {
            quota: allowance.limit.map(|limit| limit as f64),
            window: allowance.window,
            cost: 1.0,
        };
        let mut limit = Self {
            name: allowance.name,
            unit: allowance.unit,
            terms,
            last: report,
            sent: asked.sent,
            heard: now,
            known: now,
            trip,
            has_windows: false,
            is_mirrored: false,
            window: Window::new(report, None),
            bucket: Bucket::new(report, allowance, &terms),
        };
        limit.window.starts_anew = limit.hear_reset(allowance);
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

    /// When it resets, where that is more than granularity; else it is mirrored, if enough is known. One that has
    /// windows, and tells none or has fewer than one unit per granule, means what it says.
    fn hear_reset(&mut self, allowance: &Allowance) -> Option<Instant> {
        let reset = allowance.reset;
        self.has_windows |= reset.is_some_and(|reset| reset > GRANULE);
        let is_short = reset.is_none_or(|reset| reset <= GRANULE);
        let is_quick = self.terms.told_rate() * GRANULE.as_secs_f64() >= 1.0;
        let is_told = self.terms.told_rate() > 0.0;
        let is_guessed = reset.is_some() && allowance.window.is_none() && allowance.limit > Some(0);
        self.is_mirrored = match self.has_windows {
            true => is_short && is_told && is_quick,
            false => is_short && (is_told || is_guessed),
        };
        let reset = reset.filter(|_| !self.is_mirrored);
        reset.map(|reset| later(self.last.at, reset))
    }

    pub(super) fn hear(&mut self, now: Instant, asked: Asked, allowance: &Allowance, left: f64) {
        // Advertised to an earlier attempt: old news, unless more was used up by then.
        let is_twin = asked.sent == self.sent;
        if asked.sent < self.sent || (is_twin && left > self.last.left) {
            return;
        }
        let (before, terms, was_mirrored) = (self.last, self.terms, self.is_mirrored);
        let serial = match is_twin {
            true => asked.serial.max(before.serial),
            false => asked.serial,
        };
        let trip = now.saturating_duration_since(asked.sent);
        self.trip = self.trip.min(trip);
        let at = now.checked_sub(self.trip).unwrap_or(now);
        self.last = Report { left, serial, at };
        (self.sent, self.heard) = (asked.sent, now);
        self.terms.quota = allowance.limit.map(|limit| limit as f64).or(terms.quota);
        self.terms.window = allowance.window.or(terms.window);
        let starts_anew = self.hear_reset(allowance);
        let terms_now = (self.terms.quota, self.terms.window);
        if terms_now != (terms.quota, terms.window) {
            // Another policy: nothing that was measured holds.
            self.window = Window::new(self.last, starts_anew);
            self.bucket = Bucket::new(self.last, allowance, &self.terms);
            return;
        }
        let is_another = self.window.hear(now, before, self.last, starts_anew);
        if self.is_mirrored && was_mirrored {
            let passed = asked.passed;
            self.bucket
                .hear(before, self.last, passed, allowance, &self.terms);
            self.bucket.hold(now, self.last, asked.so_far, &self.terms);
            return;
        }
        self.bucket.stand_by(self.last, allowance, &self.terms);
        if !is_another {
            self.hear_cost(before, allowance);
        }
    }

    /// What an attempt takes, where that is not one.
    fn hear_cost(&mut self, before: Report, allowance: &Allowance) {
        if allowance.cost.is_none() && self.unit == Unit::Requests {
            return;
        }
        let count = self.last.serial.saturating_sub(before.serial).max(1) as f64;
        let measured = ((before.left - self.last.left) / count).max(0.0);
        let cost = allowance.cost.map_or(measured, |cost| cost as f64);
        let most = self.terms.quota.unwrap_or(f64::MAX).max(1.0);
        let smoothed = self.terms.cost + (cost - self.terms.cost) * 0.2;
        self.terms.cost = smoothed.clamp(1.0, most);
    }

    /// An attempt goes, the `sent`-th.
    pub(super) fn send(&mut self, now: Instant, sent: u64, flight: u32) {
        let before = sent.saturating_sub(1);
        let renewed = match self.is_mirrored {
            true => self.bucket.send(now, self.last, before, &self.terms),
            false => self.window.renews(now, &self.terms),
        };
        if let Some(left) = renewed {
            self.last = Report {
                left,
                serial: before,
                at: now,
            };
            // Whatever was sent before tells of what is over.
            self.sent = now.checked_sub(Duration::from_nanos(1)).unwrap_or(now);
            self.window.restart(self.last);
        }
        if self.is_mirrored {
            self.bucket.hold(now, self.last, sent, &self.terms);
        }
        if let Some(interval) = self.interval(now, sent, flight) {
            self.window.take(interval, now);
        }
    }

    /// A refusal of what was sent at `sent`; says for how long one should wait before asking again, if this is a
    /// bucket that was empty.
    pub(super) fn refused(&mut self, now: Instant, sent: Instant) -> Option<Duration> {
        if !self.is_mirrored || self.last.left >= 1.0 || self.is_over(now) {
            return None;
        }
        self.heard = now;
        let was_believed = sent > self.known;
        Some(
            self.bucket
                .refused(now, was_believed, self.last, &self.terms),
        )
    }

    fn left_now(&self, sent: u64) -> f64 {
        self.last.left - self.terms.cost * sent.saturating_sub(self.last.serial) as f64
    }

    /// What was told says nothing any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.window.starts_anew {
            Some(at) => at <= now,
            None => self.forgotten_at().is_some_and(|at| at <= now),
        }
    }

    fn forgotten_at(&self) -> Option<Instant> {
        if !self.is_mirrored {
            self.terms.window?;
        }
        let window = self.terms.length().max(GRANULE);
        Some(later(self.heard, window.saturating_mul(FORGOTTEN_AFTER)))
    }

    /// Which share is left; where the quota is not known, whether any is.
    pub(super) fn share(&self, sent: u64) -> f64 {
        let left = self.left_now(sent).max(0.0);
        match self.terms.quota {
            _ if left < 1.0 => 0.0,
            Some(quota) => left / quota.max(1.0),
            None => f64::MAX,
        }
    }

    /// What is left, of how many, until when.
    pub(super) fn view(&self, sent: u64) -> (u64, Option<u64>, Option<Instant>) {
        let left = self.left_now(sent).max(0.0) as u64;
        let quota = self.terms.quota.map(|quota| quota as u64);
        (left, quota, self.window.starts_anew)
    }

    /// Attempts per second that it allows now; `None` while there is plenty.
    pub(super) fn rate(&self, now: Instant, sent: u64, flight: u32) -> Option<f64> {
        if !self.is_scarce(now, sent, flight) {
            return None;
        }
        if self.is_mirrored {
            return Some(self.bucket.rate(&self.terms));
        }
        let rate = 1.0 / self.interval(now, sent, flight)?.as_secs_f64();
        rate.is_finite().then_some(rate)
    }

    fn is_scarce(&self, now: Instant, sent: u64, flight: u32) -> bool {
        if self.is_over(now) {
            return false;
        }
        let left = self.left_now(sent);
        let low = match self.terms.quota {
            Some(quota) => left * (RESERVE as f64) < quota,
            None => left < 2.0 * f64::from(flight) * self.terms.cost,
        };
        left < 1.0 || low || self.window.will_be_spent(now, left)
    }

    /// The pace of a window that is in force; `None` while there is plenty.
    fn interval(&self, now: Instant, sent: u64, flight: u32) -> Option<Duration> {
        if self.is_mirrored || !self.is_scarce(now, sent, flight) {
            return None;
        }
        self.window.interval(now, self.left_now(sent), &self.terms)
    }

    pub(super) fn earliest(&self, now: Instant, sent: u64, flight: u32, is_last: bool) -> Instant {
        if !self.is_mirrored {
            return match self.is_scarce(now, sent, flight) {
                true => self.window.earliest(now, self.left_now(sent), &self.terms),
                false => now,
            };
        }
        let forgotten = self.forgotten_at().unwrap_or(now).max(now);
        let even = self.bucket.even(now);
        if !self.is_scarce(now, sent, flight) {
            return even.min(forgotten);
        }
        let earliest = self
            .bucket
            .earliest(now, self.last, sent, is_last, &self.terms);
        earliest.max(even).min(forgotten)
    }
}
