//! A share of refusals.

/// Outcomes, and how many of them were refusals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub(super) all: f64,
    pub(super) refused: f64,
    /// The sum of the values that were in force.
    values: f64,
}

impl Share {
    pub(super) fn add(&mut self, refused: bool, value: f64) {
        self.all += 1.0;
        self.refused += f64::from(u8::from(refused));
        self.values += value;
    }

    /// The share that was refused.
    pub(super) fn share(&self) -> f64 {
        self.refused / self.all.max(1.0)
    }

    /// The average of the values that were in force.
    pub(super) fn value(&self) -> f64 {
        self.values / self.all.max(1.0)
    }
}
