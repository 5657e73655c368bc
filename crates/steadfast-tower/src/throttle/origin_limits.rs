//! Everything that limits the attempts to one origin: pacers, and rates that endpoints share.
//!
//! A server limits by key, by endpoint or by buckets of its own naming, and its answers say which. So pacers are kept
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
use steadfast_core::pacing::{Feedback, Ticket};
use steadfast_core::{Pacing, PreparedRate};

use super::gate::{Gate, Pass};
use super::known::{Bucket, Known, LimitKey, MOST, QUIET};
use super::rates::Rates;
use crate::clock;
use crate::queue::WaitQueue;

/// So many answers that speak of no limit make an origin quiet.
const PATIENCE: u32 = 128;

/// Everything that limits the attempts to one origin.
pub struct OriginLimits {
    /// How many more answers are listened to; 0 is quiet.
    listening: AtomicU32,
    /// Something was refused, and what limits it is still known.
    refuses: AtomicBool,
    /// A path group was refused: whether others pass meanwhile says whether they have a limit of their own.
    pub(super) compares: AtomicBool,
    /// Warned about a header that hides a wait, and about another one.
    warned: [AtomicBool; 2],
    keys: FixedState,
    known: Mutex<Known>,
}

// ===== impl OriginLimits =====

impl OriginLimits {
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

    /// Whether a pacer could delay an attempt: answers of other pacers do not make it quiet.
    fn heeds_any(&self) -> bool {
        let now = clock::now();
        self.known().pacers.values().any(|entry| {
            let pacer = entry.line.limiter.pacer();
            !pacer.is_plain() && !pacer.is_idle(now, QUIET)
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

    /// The pacer of an attempt.
    pub(crate) fn pacer(&self, limit_key: LimitKey, pacing: Pacing) -> Arc<WaitQueue<Gate>> {
        let mut known = self.known();
        let key = match self.goes_in_doubt(&mut known, limit_key) {
            true => self.narrow_key(limit_key),
            false => self.lane_key(&known, limit_key),
        };
        known.pacer(key, limit_key, pacing)
    }

    /// The pacer of an attempt, if it is there.
    pub(crate) fn known_lane(&self, limit_key: LimitKey) -> Option<Arc<WaitQueue<Gate>>> {
        let known = self.known();
        let entry = known.pacers.get(&self.lane_key(&known, limit_key));
        entry.map(|entry| Arc::clone(&entry.line))
    }

    fn lane_key(&self, known: &Known, limit_key: LimitKey) -> u64 {
        let own = self.own_key(known, limit_key);
        let bucket = match known.buckets.get(&own) {
            Some(Bucket::One(bucket)) => Some(*bucket),
            Some(Bucket::ByPath) => {
                let by_path = self.hash((own, limit_key.path));
                match known.buckets.get(&by_path) {
                    Some(Bucket::One(bucket)) => Some(*bucket),
                    _ => None,
                }
            }
            None => None,
        };
        bucket.map_or(own, |bucket| self.bucket_key(bucket, limit_key))
    }

    /// The pacer of the bucket that an answer names; remembers that such attempts belong to it.
    pub(crate) fn bucket(
        &self,
        limit_key: LimitKey,
        bucket: u64,
        pacing: Pacing,
    ) -> Arc<WaitQueue<Gate>> {
        let mut known = self.known();
        if known.buckets.len() >= MOST {
            known.buckets.clear();
        }
        let own = self.own_key(&known, limit_key);
        match known.buckets.get(&own) {
            None => {
                known.buckets.insert(own, Bucket::One(bucket));
            }
            Some(Bucket::One(same)) if *same == bucket => {}
            Some(_) => {
                known.buckets.insert(own, Bucket::ByPath);
                let by_path = self.hash((own, limit_key.path));
                known.buckets.insert(by_path, Bucket::One(bucket));
            }
        }
        let key = self.bucket_key(bucket, limit_key);
        known.pacer(key, limit_key, pacing)
    }

    /// The pacer of an endpoint for all credentials, if there is one.
    pub(crate) fn endpoint(&self, limit_key: LimitKey) -> Option<Arc<WaitQueue<Gate>>> {
        let key = self.hash((limit_key.endpoint, limit_key.path_group, "endpoint"));
        let known = self.known();
        known.pacers.get(&key).map(|entry| Arc::clone(&entry.line))
    }

    /// The same, made if it is not there.
    fn make_endpoint(&self, limit_key: LimitKey) -> Arc<WaitQueue<Gate>> {
        let key = self.hash((limit_key.endpoint, limit_key.path_group, "endpoint"));
        let mut known = self.known();
        let line = known.pacer(key, limit_key, Pacing::Off);
        if let Some(entry) = known.pacers.get_mut(&key) {
            entry.principal = None;
        }
        line
    }

    /// A refusal that concerns everything that a credential does.
    pub(crate) fn close_all(&self, principal: u64, time: Duration) {
        let lines: Vec<_> = {
            let known = self.known();
            let pacers = known.pacers.values();
            let pacers = pacers.filter(|entry| entry.principal == Some(principal));
            pacers.map(|entry| Arc::clone(&entry.line)).collect()
        };
        let now = clock::now();
        let until = now.checked_add(time);
        for line in lines {
            // What is closed for longer stays so; it is one refusal, so the pacer that heard it does not count it twice.
            if line.limiter.pacer().view(now).closed_until >= until {
                continue;
            }
            let ticket = line.limiter.pacer().send(now);
            let refused = Feedback::Refused {
                asked: Some(time),
                is_reset: false,
                is_busy: false,
            };
            Pass::new(line, ticket).tell(refused, &Allowances::default(), |_| time);
        }
    }

    /// The pass of an attempt that was sent before its endpoint had a pacer.
    pub(crate) fn late_pass(&self, limit_key: LimitKey, ticket: Option<Ticket>) -> Pass {
        let line = self.make_endpoint(limit_key);
        let ticket = {
            let mut pacer = line.limiter.pacer();
            match ticket {
                // Of a crowd: the first of its refusals closed it, and the others do not open it earlier.
                Some(ticket) => pacer.adopt(ticket),
                None => pacer.send(clock::now()),
            }
        };
        Pass::new(line, ticket)
    }

    /// Rates that several endpoints, or the attempts of one credential, share.
    pub(crate) fn rates(&self, whose: u64, rates: &[PreparedRate]) -> Arc<WaitQueue<Rates>> {
        let key = self.hash((whose, rates));
        let mut known = self.known();
        if !known.rates.contains_key(&key) && known.rates.len() >= MOST {
            // Those that nobody holds go; a rate that is made again has its full burst.
            known
                .rates
                .retain(|_, line| Arc::strong_count(line) > 1 || !line.limiter.is_full());
            if known.rates.len() >= MOST {
                let mut keep = false;
                known.rates.retain(|_, line| {
                    keep = !keep;
                    keep || Arc::strong_count(line) > 1
                });
            }
        }
        let line = known.rates.entry(key);
        Arc::clone(line.or_insert_with(|| WaitQueue::new(Rates::new(rates.iter().copied()))))
    }

    /// What is known of each pacer, and how many wait there.
    #[cfg(test)]
    pub(crate) fn views(&self) -> Vec<(steadfast_core::pacing::View, usize)> {
        let now = clock::now();
        let known = self.known();
        let pacers = known.pacers.values();
        let views = pacers.map(|entry| (entry.line.limiter.pacer().view(now), entry.line.len()));
        views.collect()
    }

    /// The pacers that attempts of an endpoint were seen in.
    pub(crate) fn of_endpoint(&self, endpoint: u64) -> Vec<Arc<WaitQueue<Gate>>> {
        let known = self.known();
        let pacers = known.pacers.values();
        let pacers = pacers.filter(|entry| entry.endpoints.contains(&endpoint));
        pacers.map(|entry| Arc::clone(&entry.line)).collect()
    }

    pub(super) fn wide_key(&self, limit_key: LimitKey) -> u64 {
        self.hash((limit_key.endpoint, limit_key.principal))
    }

    fn own_key(&self, known: &Known, limit_key: LimitKey) -> u64 {
        let wide = self.wide_key(limit_key);
        match known.wide.get(&wide) {
            Some(common) if common.is_one() => wide,
            _ if limit_key.path_group == 0 => wide,
            _ => self.narrow_key(limit_key),
        }
    }

    /// The pacer of a path group alone.
    pub(super) fn narrow_key(&self, limit_key: LimitKey) -> u64 {
        self.hash((self.wide_key(limit_key), limit_key.path_group))
    }

    fn bucket_key(&self, bucket: u64, limit_key: LimitKey) -> u64 {
        self.hash((bucket, limit_key.principal, "bucket"))
    }

    /// How many pacers, buckets and rates are known.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 3] {
        let known = self.known();
        [known.pacers.len(), known.buckets.len(), known.rates.len()]
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OriginLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quiet = &self.is_quiet();
        f.debug_struct("OriginLimits")
            .field("quiet", quiet)
            .finish_non_exhaustive()
    }
}
