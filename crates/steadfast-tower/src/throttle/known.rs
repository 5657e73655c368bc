//! What is known of the limits of one origin, in bounded memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use steadfast_core::Pacing;
use steadfast_core::lane::Lane;

use super::families::Common;
use super::gate::Gate;
use super::rates::Rates;
use crate::clock;
use crate::queue::Line;

/// The most lanes, rates and paths that are kept of each.
pub(super) const MOST: usize = 512;
/// What was idle for so long may be forgotten.
pub(super) const QUIET: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Known {
    pub(super) lanes: HashMap<u64, Entry>,
    /// Which bucket the attempts of an endpoint of a principal belong to.
    pub(super) buckets: HashMap<u64, Bucket>,
    pub(super) rates: HashMap<u64, Arc<Line<Rates>>>,
    /// What speaks for one limit over all families of an endpoint of a principal.
    pub(super) wide: HashMap<u64, Common>,
}

pub(super) struct Entry {
    pub(super) line: Arc<Line<Gate>>,
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
pub(crate) struct Way {
    /// Endpoint and identity.
    pub(crate) endpoint: u64,
    pub(crate) principal: u64,
    /// Which requests belong together where the user has not said so; 0 where that was said.
    pub(crate) family: u64,
    /// Method and path.
    pub(crate) path: u64,
}

// ===== impl Known =====

impl Known {
    /// What speaks for one limit over all families.
    pub(super) fn common(&mut self, wide: u64) -> &mut Common {
        if self.wide.len() >= MOST && !self.wide.contains_key(&wide) {
            self.wide.clear();
        }
        self.wide.entry(wide).or_default()
    }

    /// A lane by its key, made if it is not there.
    pub(super) fn lane(&mut self, key: u64, way: Way, pacing: Pacing) -> Arc<Line<Gate>> {
        if let Some(entry) = self.lanes.get_mut(&key) {
            if !entry.endpoints.contains(&way.endpoint) && entry.endpoints.len() < MOST {
                entry.endpoints.push(way.endpoint);
            }
            entry.line.turnstile.lane().pace_by(pacing);
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
            principal: Some(way.principal),
            endpoints: vec![way.endpoint],
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
