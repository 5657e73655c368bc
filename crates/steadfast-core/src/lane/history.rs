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
    /// Older ones were let go.
    is_cut: bool,
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
        (self.last, self.is_cut) = (None, false);
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
        if self.points.len() == MOST {
            // The first of each pair goes, so that what is left counts twice as many.
            let mut keep = true;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            // What came since the last point is half of what the next one stands for.
            self.stride = self.stride.max(1).saturating_mul(2);
            return;
        }
        self.since_last = 0;
        self.points.push(at);
    }

    /// The same where only the latest ones will be asked for: the oldest go, none is skipped. Without a limit there is
    /// no end to them, and thinning would leave nothing of the last second.
    pub(super) fn add_recent(&mut self, at: Instant) {
        if self.points.len() == MOST {
            self.points.drain(..MOST / 2);
            self.total = self.points.len() as u64;
            self.is_cut = true;
        }
        self.add(at);
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// How many were accepted since an instant, about. Where that is before all that is known, they came as fast then
    /// as they do now.
    pub(super) fn since(&self, at: Instant) -> u64 {
        if let (true, Some(first), Some(last)) = (self.is_cut, self.points.first(), self.last) {
            let known = last.saturating_duration_since(*first).as_secs_f64();
            let asked = last.saturating_duration_since(at).as_secs_f64();
            if asked > known && known > 0.0 {
                return (self.total as f64 * asked / known) as u64;
            }
        }
        let before = self.points.partition_point(|point| *point < at) as u64;
        let before = before.saturating_mul(u64::from(self.stride.max(1)));
        self.total.saturating_sub(before)
    }

    /// How many were accepted from one instant to another, both included, about.
    pub(super) fn between(&self, from: Instant, to: Instant) -> u64 {
        let later = self.points.len() - self.points.partition_point(|point| *point <= to);
        let later = (later as u64).saturating_mul(u64::from(self.stride.max(1)));
        self.since(from).saturating_sub(later)
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
    use crate::lane::tests::start;

    /// Sends at a growing rate into a token bucket until it refuses.
    fn ramp(rate: f64, burst: f64) -> (History, Instant) {
        let start = start();
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
        let start = start();
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

    #[test]
    fn no_count_is_ever_above_the_total_however_it_is_thinned() {
        let start = start();
        let mut history = History::default();
        history.clear();
        for n in 0..1_000 {
            history.add(start + Duration::from_millis(n));
            let after_all = history.since(start + Duration::from_secs(9));
            // None but those that came after the last point.
            assert!(after_all < u64::from(history.stride), "{n}: {after_all}");
            let stood_for = history.points.len() as u64 * u64::from(history.stride);
            assert!(stood_for <= history.total(), "{n}");
        }
    }

    #[test]
    fn the_latest_are_known_one_by_one_and_earlier_ones_by_their_pace() {
        let start = start();
        let mut history = History::default();
        history.clear();
        for n in 0..10_000 {
            history.add_recent(start + Duration::from_millis(n));
        }
        let count = |ms: u64| history.since(start + Duration::from_millis(9_999 - ms));
        assert_eq!(count(9), 10);
        assert!((990..=1_020).contains(&count(1_000)), "{}", count(1_000));
        // In order, even where answers overtook each other.
        history.add_recent(start);
        assert!(history.points.is_sorted());
    }
}
