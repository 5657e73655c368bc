//! Whether the server limits how many attempts are under way.

/// How many refusals show it, and over how many attempts that passed.
const REFUSALS: u32 = 4;
const PASSES: f64 = 32.0;
/// Up to what share of those that passed may have been sent while as many were under way as when others were refused.
const CROWDED: f64 = 0.1;
/// How many times as many were under way when attempts were refused as when they passed.
const APART: f64 = 1.2;
/// Over how many refusals the number under way is averaged.
const LATEST: f64 = 4.0;

/// How many others were under way when attempts were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Crowding {
    passes: f64,
    refusals: u32,
    /// The average number of others when attempts were refused.
    refused_at: f64,
    /// The same when they passed.
    passed_at: f64,
    /// The share of those that passed among at least as many others as those that were refused.
    passes_above: f64,
}

impl Crowding {
    pub(super) fn refused(&mut self, others: u32) {
        let others = f64::from(others);
        self.refused_at = match self.refusals {
            0 => others,
            _ => self.refused_at + (others - self.refused_at) / LATEST,
        };
        self.refusals = self.refusals.saturating_add(1);
    }

    pub(super) fn passed(&mut self, others: u32) {
        let others = f64::from(others);
        self.passes += 1.0;
        let weight = self.passes.min(PASSES);
        self.passed_at += (others - self.passed_at) / weight;
        let above = f64::from(u8::from(others >= self.refused_at - 0.5));
        self.passes_above += (above - self.passes_above) / weight;
    }

    /// How many may be under way at once, if that is what the server limits.
    pub(super) fn places(&self) -> Option<f64> {
        let is_known = self.refusals >= REFUSALS && self.passes >= PASSES;
        let is_apart = self.refused_at >= 1.0 + self.passed_at * APART;
        let explains = is_known && is_apart && self.passes_above < CROWDED;
        explains.then(|| self.refused_at.round().max(1.0))
    }
}
