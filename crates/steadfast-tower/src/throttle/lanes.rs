//! Everything that limits the attempts to one origin: lanes, and rates that endpoints share.
//!
//! A server limits by key, by endpoint or by buckets of its own naming, and its answers say which. So lanes are kept
//! per origin: one for each endpoint and credential, until an answer names a bucket; then that bucket's, for all
//! endpoints. While nothing of the kind was ever said, nobody looks here: after a while of answers that speak of no
//! limit the origin counts as quiet, and an attempt costs one load until an answer speaks up.

use std::fmt;
use std::hash::{BuildHasher, Hasher as _, RandomState};

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::quality::FixedState;
use steadfast_core::hint::{Allowances, Oddity};
use steadfast_core::lane::{Heard, Ticket};
use steadfast_core::{Pacing, PreparedRate};

use super::gate::{Gate, Pass};
use super::known::{Bucket, Known, MOST, QUIET, Way};
use super::rates::Rates;
use crate::clock;
use crate::queue::Line;

/// So many answers that speak of no limit make an origin quiet.
const PATIENCE: u32 = 128;

/// Everything that limits the attempts to one origin.
pub struct Lanes {
    /// How many more answers are listened to; 0 is quiet.
    listening: AtomicU32,
    /// Something was refused, and what limits it is still known.
    refuses: AtomicBool,
    /// A family was refused: whether others pass meanwhile says whether they have a limit of their own.
    pub(super) compares: AtomicBool,
    /// Warned about a header that hides a wait, and about another one.
    warned: [AtomicBool; 2],
    keys: FixedState,
    known: Mutex<Known>,
}

// ===== impl Lanes =====

impl Lanes {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            listening: AtomicU32::new(PATIENCE),
            refuses: AtomicBool::new(false),
            compares: AtomicBool::new(false),
            warned: [const { AtomicBool::new(false) }; 2],
            // A seed from the operating system, since servers and URLs choose what is hashed.
            keys: FixedState::with_seed(RandomState::new().hash_one(0)),
            known: Mutex::default(),
        })
    }

    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        self.listening.load(Ordering::Relaxed) == 0
    }

    /// An answer spoke of a limit: from now on all are listened to.
    #[cold]
    pub(crate) fn listen(&self) {
        self.listening.store(PATIENCE, Ordering::Relaxed);
    }

    /// An answer spoke of no limit, and no known limit could delay an attempt.
    pub(crate) fn heard_nothing(&self) {
        if self.listening.load(Ordering::Relaxed) == 1 && self.heeds_any() {
            self.listen();
            return;
        }
        let less = |left: u32| left.checked_sub(1);
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        let before = self.listening.fetch_update(success, failure, less);
        if before == Ok(1) {
            self.refuses.store(false, Ordering::Relaxed);
            self.compares.store(false, Ordering::Relaxed);
        }
    }

    /// Something was refused.
    pub(crate) fn refused(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// Whether a gate may pace what is repeated.
    pub(crate) fn refuses(&self) -> bool {
        self.refuses.load(Ordering::Relaxed)
    }

    /// Whether a lane could delay an attempt: answers of other lanes do not make it quiet.
    fn heeds_any(&self) -> bool {
        let now = clock::now();
        self.known().lanes.values().any(|entry| {
            let lane = entry.line.turnstile.lane();
            !lane.is_plain() && !lane.is_idle(now, QUIET)
        })
    }

    /// Whether this is the first warning of its kind; the others would say the same.
    pub(crate) fn warns(&self, oddity: Oddity) -> bool {
        let kind = usize::from(!oddity.hides_a_wait());
        !self.warned[kind].swap(true, Ordering::Relaxed)
    }

    pub(crate) fn hash_path(&self, method: &str, path: &str) -> u64 {
        let mut hasher = self.keys.build_hasher();
        hasher.write(method.as_bytes());
        hasher.write(path.as_bytes());
        hasher.finish()
    }

    pub(crate) fn hash(&self, value: impl std::hash::Hash) -> u64 {
        self.keys.hash_one(value)
    }

    /// The lane of an attempt.
    pub(crate) fn lane(&self, way: Way, pacing: Pacing) -> Arc<Line<Gate>> {
        let mut known = self.known();
        let key = match self.goes_in_doubt(&mut known, way) {
            true => self.narrow_key(way),
            false => self.lane_key(&known, way),
        };
        known.lane(key, way, pacing)
    }

    /// The lane of an attempt, if it is there.
    pub(crate) fn known_lane(&self, way: Way) -> Option<Arc<Line<Gate>>> {
        let known = self.known();
        let entry = known.lanes.get(&self.lane_key(&known, way));
        entry.map(|entry| Arc::clone(&entry.line))
    }

    fn lane_key(&self, known: &Known, way: Way) -> u64 {
        let own = self.own_key(known, way);
        let bucket = match known.buckets.get(&own) {
            Some(Bucket::One(bucket)) => Some(*bucket),
            Some(Bucket::ByPath) => {
                let by_path = self.hash((own, way.path));
                match known.buckets.get(&by_path) {
                    Some(Bucket::One(bucket)) => Some(*bucket),
                    _ => None,
                }
            }
            None => None,
        };
        bucket.map_or(own, |bucket| self.bucket_key(bucket, way))
    }

    /// The lane of the bucket that an answer names; remembers that such attempts belong to it.
    pub(crate) fn bucket(&self, way: Way, bucket: u64, pacing: Pacing) -> Arc<Line<Gate>> {
        let mut known = self.known();
        if known.buckets.len() >= MOST {
            known.buckets.clear();
        }
        let own = self.own_key(&known, way);
        match known.buckets.get(&own) {
            None => {
                known.buckets.insert(own, Bucket::One(bucket));
            }
            Some(Bucket::One(same)) if *same == bucket => {}
            Some(_) => {
                known.buckets.insert(own, Bucket::ByPath);
                let by_path = self.hash((own, way.path));
                known.buckets.insert(by_path, Bucket::One(bucket));
            }
        }
        let key = self.bucket_key(bucket, way);
        known.lane(key, way, pacing)
    }

    /// The lane of an endpoint for all credentials, if there is one.
    pub(crate) fn endpoint(&self, way: Way) -> Option<Arc<Line<Gate>>> {
        let key = self.hash((way.endpoint, way.family, "endpoint"));
        let known = self.known();
        known.lanes.get(&key).map(|entry| Arc::clone(&entry.line))
    }

    /// The same, made if it is not there.
    fn make_endpoint(&self, way: Way) -> Arc<Line<Gate>> {
        let key = self.hash((way.endpoint, way.family, "endpoint"));
        let mut known = self.known();
        let line = known.lane(key, way, Pacing::Off);
        if let Some(entry) = known.lanes.get_mut(&key) {
            entry.principal = None;
        }
        line
    }

    /// A refusal that concerns everything that a credential does.
    pub(crate) fn close_all(&self, principal: u64, time: Duration) {
        let lines: Vec<_> = {
            let known = self.known();
            let lanes = known.lanes.values();
            let lanes = lanes.filter(|entry| entry.principal == Some(principal));
            lanes.map(|entry| Arc::clone(&entry.line)).collect()
        };
        let now = clock::now();
        let until = now.checked_add(time);
        for line in lines {
            // What is closed for longer stays so; it is one refusal, so the lane that heard it does not count it twice.
            if line.turnstile.lane().view(now).closed_until >= until {
                continue;
            }
            let ticket = line.turnstile.lane().send(now);
            let refused = Heard::Refused {
                asked: Some(time),
                is_reset: false,
                is_busy: false,
            };
            Pass::new(line, ticket).tell(refused, &Allowances::default(), |_| time);
        }
    }

    /// The pass of an attempt that was sent before its endpoint had a lane.
    pub(crate) fn late_pass(&self, way: Way, ticket: Option<Ticket>) -> Pass {
        let line = self.make_endpoint(way);
        let ticket = {
            let mut lane = line.turnstile.lane();
            match ticket {
                // Of a crowd: the first of its refusals closed it, and the others do not open it earlier.
                Some(ticket) => lane.adopt(ticket),
                None => lane.send(clock::now()),
            }
        };
        Pass::new(line, ticket)
    }

    /// Rates that several endpoints, or the attempts of one credential, share.
    pub(crate) fn rates(&self, whose: u64, rates: &[PreparedRate]) -> Arc<Line<Rates>> {
        let key = self.hash((whose, rates));
        let mut known = self.known();
        if !known.rates.contains_key(&key) && known.rates.len() >= MOST {
            // Those that nobody holds go; a rate that starts anew has its burst again.
            known
                .rates
                .retain(|_, line| Arc::strong_count(line) > 1 || !line.turnstile.is_full());
            if known.rates.len() >= MOST {
                let mut keep = false;
                known.rates.retain(|_, line| {
                    keep = !keep;
                    keep || Arc::strong_count(line) > 1
                });
            }
        }
        let line = known.rates.entry(key);
        Arc::clone(line.or_insert_with(|| Line::new(Rates::new(rates.iter().copied()))))
    }

    /// What is known of each lane, and how many wait there.
    #[cfg(test)]
    pub(crate) fn views(&self) -> Vec<(steadfast_core::lane::View, usize)> {
        let now = clock::now();
        let known = self.known();
        let lanes = known.lanes.values();
        let views = lanes.map(|entry| (entry.line.turnstile.lane().view(now), entry.line.len()));
        views.collect()
    }

    /// The lanes that attempts of an endpoint were seen in.
    pub(crate) fn of_endpoint(&self, endpoint: u64) -> Vec<Arc<Line<Gate>>> {
        let known = self.known();
        let lanes = known.lanes.values();
        let lanes = lanes.filter(|entry| entry.endpoints.contains(&endpoint));
        lanes.map(|entry| Arc::clone(&entry.line)).collect()
    }

    pub(super) fn wide_key(&self, way: Way) -> u64 {
        self.hash((way.endpoint, way.principal))
    }

    fn own_key(&self, known: &Known, way: Way) -> u64 {
        let wide = self.wide_key(way);
        match known.wide.get(&wide) {
            Some(common) if common.is_one() => wide,
            _ if way.family == 0 => wide,
            _ => self.narrow_key(way),
        }
    }

    /// The lane of a family alone.
    pub(super) fn narrow_key(&self, way: Way) -> u64 {
        self.hash((self.wide_key(way), way.family))
    }

    fn bucket_key(&self, bucket: u64, way: Way) -> u64 {
        self.hash((bucket, way.principal, "bucket"))
    }

    /// How many lanes, buckets and rates are known.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 3] {
        let known = self.known();
        [known.lanes.len(), known.buckets.len(), known.rates.len()]
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quiet = &self.is_quiet();
        f.debug_struct("Lanes")
            .field("quiet", quiet)
            .finish_non_exhaustive()
    }
}
