//! When attempts were accepted, in bounded memory.

use std::time::Instant;

/// The most points that are kept; when they are full, every second one goes.
const MOST: usize = 128;

/// Times of accepted attempts, in order: each `stride`-th of them.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    points: Vec<Instant>,
    stride: u32,
    since_last: u32,
    total: u64,
    last: Option<Instant>,
}

/// What the accepted attempts before a refusal prove about a limit of so many per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bracket {
    /// It lets this many through.
    pub(super) least: f64,
    /// It does not let more than this through.
    pub(super) most: f64,
}

impl History {
    pub(super) fn clear(&mut self) {
        self.points.clear();
        (self.stride, self.since_last, self.total) = (1, 0, 0);
        self.last = None;
    }

    /// An attempt that was sent at `at` was accepted.
    pub(super) fn add(&mut self, at: Instant) {
        // Answers overtake each other; a few milliseconds of order are not worth sorting.
        let at = self.last.map_or(at, |last| last.max(at));
        self.last = Some(at);
        self.total += 1;
        self.since_last += 1;
        if self.since_last < self.stride.max(1) {
            return;
        }
        self.since_last = 0;
        if self.points.len() == MOST {
            // The first of each pair goes, so that what is left counts twice as many.
            let mut keep = true;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = self.stride.max(1) * 2;
        }
        self.points.push(at);
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// How many were accepted from one instant to another, both included, about.
    pub(super) fn between(&self, from: Instant, to: Instant) -> u64 {
        let stride = u64::from(self.stride.max(1));
        let before = self.points.partition_point(|point| *point < from) as u64;
        let until = self.points.partition_point(|point| *point <= to) as u64;
        let last = if self.last.is_some_and(|last| last <= to) {
            u64::from(self.since_last)
        } else {
            0
        };
        until.saturating_sub(before) * stride + last
    }

    /// A token bucket of size `burst` let these through and refused what was sent at `refused`: how fast it is filled.
    ///
    /// If it was full before attempt *k*, then from *k* to the last one, *n* attempts in a time *t*, it was filled at
    /// least with *n* - `burst`; from *k* to the refusal, where less than one token was left, with at most one more.
    /// That it was full is a guess for each *k*, but one that only lowers the first bound; so the *k* that gives most
    /// is the one where it began to empty.
    pub(super) fn bracket(&self, burst: f64, refused: Instant) -> Option<Bracket> {
        let last = self.last?;
        let stride = f64::from(self.stride.max(1));
        let total = self.total as f64;
        let mut best: Option<Bracket> = None;
        for (index, point) in self.points.iter().enumerate() {
            // From this point's attempt on, itself included.
            let count = total - (index as f64 + 1.0) * stride + 1.0;
            let gained = count - burst;
            let time = last.saturating_duration_since(*point).as_secs_f64();
            if gained <= 0.0 || time <= 0.0 {
                continue;
            }
            let least = gained / time;
            if best.is_none_or(|best| least > best.least) {
                let until = refused.saturating_duration_since(*point).as_secs_f64();
                let most = (gained + 1.0) / until.max(time);
                best = Some(Bracket { least, most });
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Sends at a growing rate into a token bucket until it refuses.
    fn ramp(rate: f64, burst: f64) -> (History, Instant) {
        let start = Instant::now();
        let (mut history, mut at, mut tokens, mut last) = (History::default(), 0.0, burst, 0.0);
        history.clear();
        loop {
            tokens = (tokens + (at - last) * rate).min(burst);
            last = at;
            let now = start + Duration::from_secs_f64(at);
            if tokens < 1.0 {
                return (history, now);
            }
            tokens -= 1.0;
            history.add(now);
            at += 1.0 / (10.0 * 2.0_f64.powf(at / 0.25));
        }
    }

    #[test]
    fn a_ramp_into_a_bucket_tells_its_rate() {
        for (rate, burst) in [(100.0, 10.0), (500.0, 50.0), (37.0, 3.0), (20.0, 1.0)] {
            let (history, refused) = ramp(rate, burst);
            let bracket = history.bracket(burst, refused).unwrap();
            assert!(bracket.least <= rate * 1.001, "{rate}: {bracket:?}");
            assert!(bracket.least >= rate * 0.8, "{rate}: {bracket:?}");
            assert!(bracket.most >= rate * 0.95, "{rate}: {bracket:?}");
            assert!(bracket.most <= rate * 1.4, "{rate}: {bracket:?}");
        }
    }

    #[test]
    fn it_stays_small_and_counts_all() {
        let start = Instant::now();
        let mut history = History::default();
        history.clear();
        for n in 0..100_000 {
            history.add(start + Duration::from_millis(n));
        }
        assert!(history.points.len() <= MOST);
        assert_eq!(history.total(), 100_000);
        let end = start + Duration::from_secs(100);
        let late = history.between(start + Duration::from_secs(50), end);
        assert!((49_000..=51_100).contains(&late), "{late}");
    }
}
