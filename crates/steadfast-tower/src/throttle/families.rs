//! Which requests a server may count together, where the user has not said so.
//!
//! Without an endpoint of the user's, all that is known of a request is its method and path. One path may be limited
//! by itself (a search), or all of an origin together; and a path that is closed for an hour must not close the others.
//! So lanes begin narrow: one for each *family*, the paths that are alike but for their ids. They are widened to all
//! requests with the same credential on evidence alone: two families are refused for the same time, or what one is told
//! is left goes on where the other was told.

use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

/// How often a remainder has to go on from family to family before it counts as one.
const ENOUGH: u32 = 3;

/// How far a remainder may go on at once: others are under way.
const NEAR: u64 = 16;

/// Feeds a hasher with what a path has in common with others of its family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

/// What speaks for one limit over several families.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    family: u64,
    /// The one that was told before that one.
    before: u64,
    limit: u64,
    remaining: u64,
    times: u32,
}

impl Hash for Family<'_> {
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

impl Evidence {
    /// A family was told what is left of a limit; says whether that is the same limit as for the others.
    pub(crate) fn told(&mut self, family: u64, limit: u64, remaining: u64) -> bool {
        if self.family == family && self.limit == limit {
            self.remaining = remaining;
            return false;
        }
        let goes_on =
            self.limit == limit && remaining < self.remaining && self.remaining - remaining <= NEAR;
        let times = match goes_on {
            // From one to the other and back again: with limits of their own one of them would jump.
            true => self.times + u32::from(self.before == family),
            false => 0,
        };
        *self = Self {
            family,
            before: self.family,
            limit,
            remaining,
            times,
        };
        times >= ENOUGH
    }
}

/// Whether two families that are closed were closed by the same limit: for about the same time.
pub(crate) fn is_same_closing(now: Instant, one: Instant, other: Instant) -> bool {
    let left = |until: Instant| until.saturating_duration_since(now);
    let (one, other) = (left(one), left(other));
    let apart = one.max(other) - one.min(other);
    !one.is_zero() && !other.is_zero() && apart <= (one.max(other) / 4).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn paths_that_differ_in_ids_are_one_family() {
        let keys = RandomState::new();
        let of = |method, path| keys.hash_one(Family { method, path });
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
        let mut shared = Evidence::default();
        let told = (0..6).map(|n| shared.told(1 + n % 2, 7, 100 - n));
        assert!(told.into_iter().any(|same| same));
        let mut apart = Evidence::default();
        for n in 0..50 {
            assert!(!apart.told(1 + n % 2, 7, 100 - n / 2 + (n % 2) * 3));
        }
    }
}
