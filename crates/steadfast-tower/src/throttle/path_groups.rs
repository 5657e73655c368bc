//! Which requests a server may count together, where the user has not said so.
//!
//! Without an endpoint of the user's, all that is known of a request is its method and path. One path may be limited
//! by itself (a search), or all of an origin together; and a path that is closed for an hour must not close the others.
//! So pacers begin narrow: one for each *path group*, the paths that are alike but for their ids. They are widened to all
//! requests with the same credential on evidence alone, which is either of these, again and again:
//!
//! * What one path group is told is left goes on where another one was told.
//! * Two path groups are refused for *different* times that end at the same *instant*. Equal times are no evidence: every
//!   endpoint of a server may say `Retry-After: 60`.
//!
//! Evidence may be wrong, or made by whoever controls two paths. So while a pacer that was widened is closed, one attempt
//! of a path group that was not refused lately goes all the same. If it passes, the pacers are narrow again, and more evidence
//! is needed the next time.

use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

/// How often a remainder has to go on from path group to path group, or instants have to match, before that counts.
const ENOUGH: u32 = 3;
/// How often that is doubled after mistakes.
const MOST_DOUBLINGS: u32 = 8;
/// Waits are told in whole seconds, so instants that are the same may be so far apart.
const SAME: Duration = Duration::from_secs(1);
/// Waits that differ by no more are one wait that is told to everybody.
const ALIKE: Duration = Duration::from_secs(2);
/// A path group that was refused within that time is not let go in doubt.
const LATELY: Duration = Duration::from_secs(600);
/// How long an attempt that went in doubt is waited for.
const DOUBT: Duration = Duration::from_secs(30);
/// So many path groups that were refused are remembered.
const MOST_REFUSED: usize = 64;

/// How far a remainder may go on at once: others are under way.
const NEAR: u64 = 16;

/// Feeds a hasher with what a path has in common with others of its path group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathGroup<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

/// What speaks for one limit over all path groups of an endpoint of a principal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Common {
    is_one: bool,
    /// How often it was wrongly taken for one limit.
    mistakes: u32,
    told: Remainders,
    closed: Closings,
    /// Which path groups were refused, and when.
    refused: Vec<(u64, Instant)>,
    /// When an attempt went although it was closed.
    doubted: Option<Instant>,
}

/// Remainders that path groups were told.
#[derive(Clone, Copy, Debug, Default)]
struct Remainders {
    path_group: u64,
    /// The one that was told before that one.
    before: u64,
    limit: u64,
    remaining: u64,
    times: u32,
}

/// Instants at which path groups open again.
#[derive(Clone, Copy, Debug, Default)]
struct Closings {
    last: Option<Closing>,
    /// The instant that was counted last: every one counts once.
    counted: Option<Instant>,
    times: u32,
}

/// One path group was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) path_group: u64,
    pub(crate) at: Instant,
    pub(crate) asked: Duration,
    pub(crate) until: Instant,
}

impl Hash for PathGroup<'_> {
    /// Hashes the stretches between ids, since a hasher costs per write and this is done for every attempt.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.method.as_bytes());
        let path = self.path.as_bytes();
        let (mut stretch, mut start, mut has_digit) = (0, 0, false);
        let mut segment = |start: usize, end: usize, has_digit: bool| {
            if is_id(&path[start..end], has_digit) {
                hasher.write(&path[stretch..start]);
                stretch = end;
            }
        };
        for (end, byte) in path.iter().enumerate() {
            match byte {
                b'/' => {
                    segment(start, end, has_digit);
                    (start, has_digit) = (end + 1, false);
                }
                byte => has_digit |= byte.is_ascii_digit(),
            }
        }
        segment(start, path.len(), has_digit);
        hasher.write(&path[stretch..]);
    }
}

/// Whether a segment looks like the name of one thing among many: with a digit, or long.
fn is_id(segment: &[u8], has_digit: bool) -> bool {
    let is_version = segment.len() <= 3 && segment.starts_with(b"v");
    (has_digit && !is_version) || segment.len() > 32
}

// ===== impl Common =====

impl Common {
    /// Whether one limit counts all path groups.
    pub(crate) const fn is_one(&self) -> bool {
        self.is_one
    }

    /// A path group was told what is left of a limit.
    pub(crate) fn told(&mut self, path_group: u64, limit: u64, remaining: u64) {
        self.told.told(path_group, limit, remaining);
        self.is_one |= self.told.times >= self.enough();
    }

    /// A path group was refused; says whether that shows, for the first time, that one limit counts all.
    pub(crate) fn refused(&mut self, closing: Closing) -> bool {
        let (path_group, now) = (closing.path_group, closing.at);
        self.refused
            .retain(|(one, at)| *one != path_group && now.saturating_duration_since(*at) < LATELY);
        if self.refused.len() >= MOST_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push((path_group, now));
        self.closed.refused(closing);
        let was_one = self.is_one;
        self.is_one |= self.closed.times >= self.enough();
        self.is_one && !was_one
    }

    /// Whether an attempt of a path group may go although all of them are closed, to see whether that is so: one at a time,
    /// of a path group that was not refused lately.
    pub(crate) fn doubts(&mut self, path_group: u64, now: Instant) -> bool {
        let since = |at: Instant| now.saturating_duration_since(at);
        let was_refused = |(one, at): &(u64, Instant)| *one == path_group && since(*at) < LATELY;
        let waits = self.doubted.is_some_and(|at| since(at) < DOUBT);
        if !self.is_one || waits || self.refused.iter().any(was_refused) {
            return false;
        }
        self.doubted = Some(now);
        true
    }

    /// An attempt of a path group passed. Returns what closed all the others, if that was a mistake.
    pub(crate) fn passed(
        &mut self,
        path_group: u64,
        sent: Instant,
        now: Instant,
    ) -> Option<Closing> {
        let last = self.closed.last?;
        if last.path_group == path_group || sent <= last.at || last.until <= now {
            return None;
        }
        let was_one = self.is_one;
        *self = Self {
            mistakes: self.mistakes.saturating_add(u32::from(was_one)),
            ..Self::default()
        };
        was_one.then_some(last)
    }

    /// How often something has to be seen.
    fn enough(&self) -> u32 {
        ENOUGH << self.mistakes.min(MOST_DOUBLINGS)
    }
}

impl Remainders {
    fn told(&mut self, path_group: u64, limit: u64, remaining: u64) {
        if self.path_group == path_group && self.limit == limit {
            self.remaining = remaining;
            return;
        }
        let goes_on =
            self.limit == limit && remaining < self.remaining && self.remaining - remaining <= NEAR;
        let times = match goes_on {
            // From one to the other and back again: with limits of their own one of them would jump.
            true => self.times + u32::from(self.before == path_group),
            false => 0,
        };
        *self = Self {
            path_group,
            before: self.path_group,
            limit,
            remaining,
            times,
        };
    }
}

impl Closings {
    fn refused(&mut self, closing: Closing) {
        let other = self
            .last
            .filter(|last| last.path_group != closing.path_group);
        let Some(other) = other.filter(|last| last.until > closing.at) else {
            self.last = Some(closing);
            return;
        };
        if other.asked.abs_diff(closing.asked) <= ALIKE {
            return;
        }
        if apart(other.until, closing.until) > SAME {
            self.times = 0;
        } else if self
            .counted
            .is_none_or(|at| apart(at, closing.until) > ALIKE)
        {
            self.counted = Some(closing.until);
            self.times += 1;
        }
    }
}

fn apart(one: Instant, other: Instant) -> Duration {
    one.max(other).saturating_duration_since(one.min(other))
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn paths_that_differ_in_ids_are_one_family() {
        let keys = RandomState::new();
        let of = |method, path| keys.hash_one(PathGroup { method, path });
        assert_eq!(of("GET", "/v1/users/17"), of("GET", "/v1/users/4711"));
        let uuids = [
            "9f1c2b3a-0000-4000-8000-000000000001",
            "9f1c2b3a-0000-4000-8000-0000000000aa",
        ];
        let paths = uuids.map(|uuid| format!("/a/{uuid}"));
        assert_eq!(of("GET", &paths[0]), of("GET", &paths[1]));
        assert_ne!(of("GET", "/v1/users/17"), of("GET", "/v2/users/17"));
        assert_ne!(of("GET", "/search"), of("GET", "/items"));
        assert_ne!(of("GET", "/items"), of("POST", "/items"));
    }

    #[test]
    fn a_remainder_that_goes_on_from_family_to_family_is_one_limit() {
        let mut shared = Common::default();
        (0..6).for_each(|n| shared.told(1 + n % 2, 7, 100 - n));
        assert!(shared.is_one());
        let mut apart = Common::default();
        for n in 0..50 {
            apart.told(1 + n % 2, 7, 100 - n / 2 + (n % 2) * 3);
            assert!(!apart.is_one());
        }
    }

    /// In seconds since the start.
    struct Story(Instant, Common);

    impl Story {
        #[expect(clippy::disallowed_methods, reason = "an origin for instants")]
        fn new() -> Self {
            Self(Instant::now(), Common::default())
        }

        fn at(&self, secs: f64) -> Instant {
            self.0 + Duration::from_secs_f64(secs)
        }

        fn refused(&mut self, path_group: u64, at: f64, asked: f64) -> bool {
            let asked = Duration::from_secs_f64(asked);
            let at = self.at(at);
            let until = at + asked;
            self.1.refused(Closing {
                path_group,
                at,
                asked,
                until,
            });
            self.1.is_one()
        }

        /// A window that both path groups share ends each minute.
        fn merged() -> Self {
            let mut story = Self::new();
            for window in [0.0, 60.0, 120.0] {
                assert!(!story.refused(1, window + 20.0, 40.0));
                let is_one = story.refused(2, window + 30.5, 30.0);
                assert_eq!(is_one, window > 100.0);
            }
            story
        }
    }

    #[test]
    fn instants_that_match_again_and_again_are_one_limit() {
        Story::merged();
    }

    #[test]
    fn equal_waits_are_no_evidence_however_often_they_are_told() {
        // By themselves: a wait that ends at another instant would take evidence back.
        for (later, asked) in [(0.0, 60.0), (0.3, 60.0), (0.9, 60.0), (0.0, 61.0)] {
            let mut story = Story::new();
            for n in 0..100 {
                let at = f64::from(n) * 60.0;
                assert!(!story.refused(1, at, 60.0));
                assert!(!story.refused(2, at + later, asked), "{later} {asked}");
            }
        }
    }

    #[test]
    fn one_instant_counts_once_and_one_that_differs_takes_everything_back() {
        let mut story = Story::new();
        for n in 0..20 {
            let at = f64::from(n);
            assert!(!story.refused(1 + n as u64 % 3, at, 100.0 - at));
        }
        let mut story = Story::new();
        for window in 0..20 {
            let at = f64::from(window) * 60.0;
            assert!(!story.refused(1, at + 20.0, 40.0));
            let asked = if window % 3 == 2 { 10.0 } else { 30.0 };
            assert!(!story.refused(2, at + 30.0, asked));
        }
    }

    #[test]
    fn what_passes_while_closed_takes_it_all_back_and_the_next_time_needs_more() {
        let mut story = Story::merged();
        story.refused(1, 7_200.0, 3_600.0);
        let (before, after) = (story.at(7_199.0), story.at(7_201.0));
        let now = story.at(7_202.0);
        assert!(
            story.1.passed(3, before, now).is_none(),
            "it was sent before"
        );
        assert!(
            story.1.passed(1, after, now).is_none(),
            "it is the same one"
        );
        let closing = story.1.passed(3, after, now).unwrap();
        assert_eq!((closing.path_group, closing.until), (1, story.at(10_800.0)));
        assert!(!story.1.is_one());
        for window in 200..206 {
            let at = f64::from(window) * 60.0;
            story.refused(1, at + 20.0, 40.0);
            assert_eq!(story.refused(2, at + 30.0, 30.0), window == 205);
        }
    }

    #[test]
    fn one_of_those_that_were_not_refused_lately_goes_in_doubt() {
        let mut story = Story::merged();
        let at = |secs| story.0 + Duration::from_secs_f64(secs);
        let (soon, later) = (at(151.0), at(182.0));
        assert!(!story.1.doubts(1, soon) && !story.1.doubts(2, soon));
        assert!(story.1.doubts(3, soon));
        assert!(!story.1.doubts(4, soon), "one at a time");
        assert!(story.1.doubts(4, later));
        let hours = at(7_300.0);
        story.refused(1, 7_200.0, 3_600.0);
        assert!(!story.1.doubts(1, hours));
        assert!(story.1.doubts(2, hours), "it was refused hours ago");
    }
}
