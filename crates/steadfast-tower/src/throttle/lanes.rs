//! Everything that limits the attempts to one origin: lanes, and rates that endpoints share.
//!
//! A server limits by key, by endpoint or by buckets of its own naming, and its answers say which. So lanes are kept
//! per origin: one for each endpoint and credential, until an answer names a bucket; then that bucket's, for all
//! endpoints. While nothing of the kind was ever said, nobody looks here: after a while of answers that speak of no
//! limit the origin counts as quiet, and an attempt costs one load until an answer speaks up.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use steadfast_core::hint::Allowances;
use steadfast_core::lane::{Heard, Lane, Ticket, View};
use steadfast_core::{Pacing, PreparedRate};

use super::credential;
use super::gate::{Gate, Pass};
use super::line::Line;
use super::rates::Rates;
use crate::clock;

/// So many answers that speak of no limit make an origin quiet.
const PATIENCE: u32 = 128;
/// The most lanes, rates and paths that are kept of each.
const MOST: usize = 512;
/// What was idle for so long may be forgotten.
const QUIET: Duration = Duration::from_secs(60);

/// Everything that limits the attempts to one origin.
pub struct Lanes {
    /// How many more answers are listened to; 0 is quiet.
    listening: AtomicU32,
    warned: AtomicBool,
    keys: RandomState,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    lanes: HashMap<u64, Entry>,
    /// Which bucket the attempts of an endpoint with a credential belong to.
    buckets: HashMap<u64, Bucket>,
    rates: HashMap<u64, Arc<Line<Rates>>>,
}

struct Entry {
    line: Arc<Line<Gate>>,
    /// `None` for all of them.
    credential: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bucket {
    /// All of them to this one.
    One(u64),
    /// It depends on the path.
    ByPath,
}

/// Where an attempt goes, as far as the request shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Endpoint and identity.
    pub(crate) endpoint: u64,
    pub(crate) credential: u64,
    /// Method and path.
    pub(crate) path: u64,
}

// ===== impl Lanes =====

impl Lanes {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            listening: AtomicU32::new(PATIENCE),
            warned: AtomicBool::new(false),
            keys: RandomState::new(),
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

    /// An answer spoke of none, and nothing is known that has to be heeded.
    pub(crate) fn heard_nothing(&self) {
        if self.listening.load(Ordering::Relaxed) == 1 && self.heeds_any() {
            self.listen();
            return;
        }
        let less = |left: u32| left.checked_sub(1);
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        let _ = self.listening.fetch_update(success, failure, less);
    }

    /// Whether there is a lane that has to be heeded: another one's answers make it no quieter.
    fn heeds_any(&self) -> bool {
        let now = clock::now();
        self.known().lanes.values().any(|entry| {
            let lane = entry.line.turnstile.lane();
            !lane.is_plain() && !lane.is_idle(now, QUIET)
        })
    }

    /// Whether this is the first warning; the others would say the same.
    pub(crate) fn warns(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn credential(&self, headers: &HeaderMap) -> u64 {
        credential::of(headers, &self.keys)
    }

    pub(crate) fn hash(&self, value: impl std::hash::Hash) -> u64 {
        self.keys.hash_one(value)
    }

    /// The lane of an attempt.
    pub(crate) fn lane(&self, way: Way, pacing: Pacing) -> Arc<Line<Gate>> {
        let mut known = self.known();
        let own = self.hash((way.endpoint, way.credential));
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
        let key = bucket.map_or(own, |bucket| self.bucket_key(bucket, way));
        known.lane(key, Some(way.credential), pacing)
    }

    /// The lane of the bucket that an answer names; remembers that such attempts belong to it.
    pub(crate) fn bucket(&self, way: Way, bucket: u64, pacing: Pacing) -> Arc<Line<Gate>> {
        let mut known = self.known();
        if known.buckets.len() >= MOST {
            known.buckets.clear();
        }
        let own = self.hash((way.endpoint, way.credential));
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
        known.lane(key, Some(way.credential), pacing)
    }

    /// The lane of an endpoint for all credentials, if there is one.
    pub(crate) fn endpoint(&self, endpoint: u64) -> Option<Arc<Line<Gate>>> {
        let key = self.hash((endpoint, "endpoint"));
        let known = self.known();
        known.lanes.get(&key).map(|entry| Arc::clone(&entry.line))
    }

    /// The same, made if it is not there.
    fn make_endpoint(&self, endpoint: u64) -> Arc<Line<Gate>> {
        let key = self.hash((endpoint, "endpoint"));
        self.known().lane(key, None, Pacing::Off)
    }

    /// A refusal that concerns everything that a credential does.
    pub(crate) fn close_all(&self, credential: u64, time: Duration) {
        let lines: Vec<_> = {
            let known = self.known();
            let lanes = known.lanes.values();
            let lanes = lanes.filter(|entry| entry.credential == Some(credential));
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
            };
            Pass::new(line, ticket).tell(refused, &Allowances::default(), |_| time);
        }
    }

    /// The pass of an attempt that was sent before its endpoint had a lane.
    pub(crate) fn late_pass(&self, endpoint: u64, ticket: Option<Ticket>) -> Pass {
        let line = self.make_endpoint(endpoint);
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
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for planning, which asks for it later")
    )]
    pub(crate) fn views(&self) -> Vec<(View, usize)> {
        let now = clock::now();
        let known = self.known();
        let views = known.lanes.values();
        views
            .map(|entry| (entry.line.turnstile.lane().view(now), entry.line.len()))
            .collect()
    }

    fn bucket_key(&self, bucket: u64, way: Way) -> u64 {
        self.hash((bucket, way.credential, "bucket"))
    }

    /// How many lanes, buckets and rates are known.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 3] {
        let known = self.known();
        [known.lanes.len(), known.buckets.len(), known.rates.len()]
    }

    fn known(&self) -> MutexGuard<'_, Known> {
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

// ===== impl Known =====

impl Known {
    fn lane(&mut self, key: u64, credential: Option<u64>, pacing: Pacing) -> Arc<Line<Gate>> {
        if let Some(entry) = self.lanes.get(&key) {
            return Arc::clone(&entry.line);
        }
        let now = clock::now();
        if self.lanes.len() >= MOST {
            self.make_room();
        }
        let lane = Lane::new(now).pacing(pacing);
        let line = Line::new(Gate::new(lane));
        let entry = Entry {
            line: Arc::clone(&line),
            credential,
        };
        self.lanes.insert(key, entry);
        line
    }

    #[cold]
    fn make_room(&mut self) {
        let now = clock::now();
        let held = |entry: &Entry| Arc::strong_count(&entry.line) > 1;
        self.lanes.retain(|_, entry| {
            held(entry) || {
                let lane = entry.line.turnstile.lane();
                !(lane.is_idle(now, QUIET) || lane.is_plain())
            }
        });
        if self.lanes.len() >= MOST {
            let mut keep = false;
            self.lanes.retain(|_, entry| {
                keep = !keep;
                keep || held(entry)
            });
        }
    }
}
