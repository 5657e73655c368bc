//! A stage: the answers that are judged together.

use std::time::Duration;

use super::{Answer, Sample};

/// The fewest answers of a stage.
const FEWEST: u32 = 20;
/// So many refusals end a stage early.
const TOO_MANY: u32 = 5;
/// So many latencies of a stage are kept: enough for a median.
const KEPT: usize = 64;

/// The answers since the limit was last judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    /// How many answers it has: as many as were allowed at once when it began, so a round trip at least.
    size: u32,
    answered: u32,
    pub(super) refused: u32,
    /// Sent while all of the limit was in use.
    used: u32,
    latencies: Vec<Duration>,
}

// ===== impl Stage =====

impl Stage {
    pub(super) fn add(&mut self, sample: &Sample, limit: u32) {
        if self.answered == 0 {
            self.size = limit.max(FEWEST);
        }
        self.answered += 1;
        self.used += u32::from(sample.in_flight >= limit);
        match sample.answer {
            Answer::Refused => self.refused += 1,
            _ if self.latencies.len() < KEPT => self.latencies.push(sample.latency),
            _ => {}
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.answered >= self.size || self.refused >= TOO_MANY
    }

    /// The share of its answers that were refusals.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.refused) / f64::from(self.answered.max(1))
    }

    /// Whether the limit was what bounded the load: of those that are sent together only the last one sees that all of it
    /// is in use.
    pub(super) fn was_used(&self, limit: u32) -> bool {
        u64::from(self.used) * u64::from(limit) * 2 >= u64::from(self.answered)
    }

    /// The median latency of what was served.
    pub(super) fn median(&mut self) -> Option<Duration> {
        self.latencies.sort_unstable();
        self.latencies.get(self.latencies.len() / 2).copied()
    }
}
