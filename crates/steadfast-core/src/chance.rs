//! Chance, as an argument.

/// A source of chance that the caller owns: seeded alike it answers alike, so that a run can be repeated.
#[derive(Clone, Debug)]
pub struct Chance(fastrand::Rng);

impl Chance {
    /// The sequence of a seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number from 0 to `most`, both included, each equally likely.
    pub fn up_to(&mut self, most: u64) -> u64 {
        self.0.u64(0..=most)
    }

    /// A fraction from 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        self.0.f64()
    }
}

impl From<u64> for Chance {
    fn from(seed: u64) -> Self {
        Self::with_seed(seed)
    }
}
