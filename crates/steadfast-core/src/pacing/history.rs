//! When attempts passed, in bounded memory.

use std::time::Instant;

/// Times of the latest attempts that passed, in order.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The most points that are kept; when they are full, the older half goes.
    most: usize,
    points: Vec<Instant>,
    /// How many older ones were let go, and when the first of them was.
    older: u64,
    oldest: Option<Instant>,
}

impl History {
    /// Keeps so many.
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            points: Vec::new(),
            older: 0,
            oldest: None,
        }
    }

    /// An attempt that was sent at `at` passed.
    pub(super) fn add(&mut self, at: Instant) {
        if self.points.len() == self.most {
            self.oldest = self.oldest.or(self.points.first().copied());
            self.points.drain(..self.most / 2);
            self.older = self.older.saturating_add(self.most as u64 / 2);
        }
        // Answers overtake each other; a few milliseconds of order are not worth sorting.
        let at = self.points.last().map_or(at, |last| at.max(*last));
        self.points.push(at);
    }

    /// How many passed since an instant, about. Where that is before all that is known, they came as fast then as they
    /// do now.
    pub(super) fn since(&self, at: Instant) -> u64 {
        let total = self.points.len();
        let ends = (self.oldest, self.points.first(), self.points.last());
        if let (Some(oldest), Some(first), Some(last)) = ends {
            let known = last.saturating_duration_since(*first).as_secs_f64();
            let asked = last.saturating_duration_since(at).as_secs_f64();
            if at <= oldest {
                return self.older + total as u64;
            }
            if asked > known && known > 0.0 {
                return (total as f64 * asked / known) as u64;
            }
        }
        (total - self.points.partition_point(|point| *point < at)) as u64
    }

    /// How many passed from one instant to another, both included, about.
    pub(super) fn between(&self, from: Instant, to: Instant) -> u64 {
        let later = self.points.len() - self.points.partition_point(|point| *point <= to);
        self.since(from).saturating_sub(later as u64)
    }

    /// A token bucket of size `burst` let these through and refused what was sent at `refused`: the least and the most
    /// rate that it may be filled with.
    ///
    /// If it was full before attempt *k*, then from *k* to the last one, *n* attempts in a time *t*, it was filled at
    /// least with *n* - `burst`; from *k* to the refusal, where less than one token was left, with at most one more.
    /// That it was full is a guess for each *k*, but one that only lowers the first bound; so the *k* that gives most
    /// is the one where it began to empty.
    pub(super) fn bracket(&self, burst: f64, refused: Instant) -> Option<(f64, f64)> {
        let last = *self.points.last()?;
        let mut best: Option<(f64, f64)> = None;
        for (index, point) in self.points.iter().enumerate() {
            let gained = (self.points.len() - index) as f64 - burst;
            let time = last.saturating_duration_since(*point).as_secs_f64();
            if gained <= 0.0 || time <= 0.0 {
                continue;
            }
            let least = gained / time;
            if best.is_none_or(|(most, _)| least > most) {
                let until = refused.saturating_duration_since(*point).as_secs_f64();
                best = Some((least, (gained + 1.0) / until.max(time)));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pacing::tests::start;

    /// Sends at a growing rate into a token bucket until it refuses.
    fn ramp(rate: f64, burst: f64) -> (History, Instant) {
        let start = start();
        let (mut history, mut at, mut tokens, mut last) = (History::new(512), 0.0, burst, 0.0);
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
            let (least, most) = history.bracket(burst, refused).unwrap();
            let found = format!("{rate}: {least} to {most}");
            assert!(least <= rate * 1.001 && least >= rate * 0.8, "{found}");
            assert!(most >= rate * 0.95 && most <= rate * 1.4, "{found}");
        }
    }

    #[test]
    fn it_stays_small_and_the_latest_are_known_one_by_one_and_earlier_ones_by_their_pace() {
        let start = start();
        let mut history = History::new(128);
        for n in 0..10_000 {
            history.add(start + Duration::from_millis(n));
        }
        assert!(history.points.len() <= 128);
        let count = |ms: u64| history.since(start + Duration::from_millis(9_999 - ms));
        assert_eq!(count(9), 10);
        assert!((990..=1_020).contains(&count(1_000)), "{}", count(1_000));
        assert_eq!(history.since(start), 10_000);
        // In order, even where answers overtook each other.
        history.add(start);
        assert!(history.points.is_sorted());
    }

    #[test]
    fn a_crowd_that_passes_in_one_moment_is_counted() {
        let start = start();
        let mut history = History::new(128);
        (0..600).for_each(|_| history.add(start));
        assert_eq!(history.since(start), 600);
        assert_eq!(history.between(start - Duration::from_secs(1), start), 600);
        assert_eq!(history.since(start + Duration::from_millis(1)), 0);
    }
}
