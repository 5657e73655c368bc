//! What is known of the limits of one origin, in bounded memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use steadfast_core::Pacing;
use steadfast_core::pacing::Pacer;

use super::gate::Gate;
use super::path_groups::Common;
use super::rates::Rates;
use crate::clock;
use crate::queue::WaitQueue;

/// The most pacers, rates and paths that are kept of each.
pub(super) const MOST: usize = 512;
/// What was idle for so long may be forgotten.
pub(super) const QUIET: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Known {
    pub(super) pacers: HashMap<u64, Entry>,
    /// Which bucket the attempts of an endpoint of a principal belong to.
    pub(super) buckets: HashMap<u64, Bucket>,
    pub(super) rates: HashMap<u64, Arc<WaitQueue<Rates>>>,
    /// What speaks for one limit over all path groups of an endpoint of a principal.
    pub(super) wide: HashMap<u64, Common>,
}

pub(super) struct Entry {
    pub(super) line: Arc<WaitQueue<Gate>>,
    /// `None` for all of them.
    pub(super) principal: Option<u64>,
    /// Whose attempts were seen in it.
    pub(super) endpoints: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bucket {
    /// All of them to this one.
    One(u64),
    /// It depends on the path.
    ByPath,
}

/// Where an attempt goes, as far as the request shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitKey {
    /// Endpoint and identity.
    pub(crate) endpoint: u64,
    pub(crate) principal: u64,
    /// Which requests belong together where the user has not said so; 0 where that was said.
    pub(crate) path_group: u64,
    /// Method and path.
    pub(crate) path: u64,
}

// ===== impl Known =====

impl Known {
    /// What speaks for one limit over all path groups.
    pub(super) fn common(&mut self, wide: u64) -> &mut Common {
        if self.wide.len() >= MOST && !self.wide.contains_key(&wide) {
            self.wide.clear();
        }
        self.wide.entry(wide).or_default()
    }

    /// A pacer by its key, made if it is not there.
    pub(super) fn pacer(
        &mut self,
        key: u64,
        limit_key: LimitKey,
        pacing: Pacing,
    ) -> Arc<WaitQueue<Gate>> {
        if let Some(entry) = self.pacers.get_mut(&key) {
            if !entry.endpoints.contains(&limit_key.endpoint) && entry.endpoints.len() < MOST {
                entry.endpoints.push(limit_key.endpoint);
            }
            entry.line.limiter.pacer().pace_by(pacing);
            return Arc::clone(&entry.line);
        }
        let now = clock::now();
        if self.pacers.len() >= MOST {
            self.make_room();
        }
        let pacer = Pacer::new(now).pacing(pacing);
        let line = WaitQueue::new(Gate::new(pacer));
        let entry = Entry {
            line: Arc::clone(&line),
            principal: Some(limit_key.principal),
            endpoints: vec![limit_key.endpoint],
        };
        self.pacers.insert(key, entry);
        line
    }

    #[cold]
    fn make_room(&mut self) {
        let now = clock::now();
        let held = |entry: &Entry| Arc::strong_count(&entry.line) > 1;
        self.pacers.retain(|_, entry| {
            held(entry) || {
                let pacer = entry.line.limiter.pacer();
                !(pacer.is_idle(now, QUIET) || pacer.is_plain())
            }
        });
        if self.pacers.len() >= MOST {
            let mut keep = false;
            self.pacers.retain(|_, entry| {
                keep = !keep;
                keep || held(entry)
            });
        }
    }
}
