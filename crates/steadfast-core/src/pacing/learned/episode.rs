//! Refusals that go on although the value falls.

use super::share::Share;

/// Shares of refusals are compared at two ranges of the value, relative to where the episode began: from the second
/// of these to the first, and below the second.
const RANGES: (f64, f64) = (0.8, 0.6);
/// The middle of the upper range.
const MIDDLE: f64 = 0.7;
/// How many outcomes have to be known in the upper range.
const KNOWN: f64 = 10.0;
/// How many refusals have to be known in the lower range, beside those that a limit would explain.
const NOISY: f64 = 4.0;
/// After so many of them that do not decide it, the lower range is the upper one from now on.
const UNDECIDED: f64 = 24.0;
/// Above this share of refusals, they are no noise.
const MOST: f64 = 0.9;
/// How much larger the share in the lower range may be by chance.
const APART: f64 = 0.3;
/// A refusal above this share of the value at which the episode began starts a new one.
const EARLY: f64 = 0.96;

/// Refusals that follow one another while the value falls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Episode {
    /// The value at the first refusal of all. The search begins there again if they are noise.
    pub(super) first: f64,
    /// The value that shares of it are compared with.
    pub(super) began: f64,
    /// Outcomes in the upper range.
    upper: Share,
    /// Outcomes in the lower range.
    lower: Share,
}

impl Episode {
    pub(super) fn new(value: f64) -> Self {
        Self {
            first: value,
            began: value,
            upper: Share::default(),
            lower: Share::default(),
        }
    }

    /// Counts an outcome. It is a surprise if the value was lowered not long ago: a value that was refused before may be
    /// refused again.
    pub(super) fn count(&mut self, value: f64, refused: bool, is_surprise: bool) {
        let share = value / self.began;
        match share {
            _ if share > RANGES.0 => {}
            _ if share > RANGES.1 => self.upper.add(refused, value),
            _ if is_surprise => self.lower.add(refused, value),
            _ => {}
        }
    }

    /// The share of refusals that does not depend on the value, if there is one.
    ///
    /// If a limit refused them, as many would pass at lower values as before, and what is above that would be refused.
    pub(super) fn noise(&self) -> Option<f64> {
        let (upper, lower) = (self.upper, self.lower);
        let passing = upper.value() * (1.0 - upper.share());
        let limited = (1.0 - passing / lower.value().max(1e-9)).max(0.0);
        let enough = NOISY + 2.0 * limited * lower.all;
        // What does not depend on the value was refused above, too.
        let is_alike = lower.share() <= upper.share() + APART && lower.share() < MOST;
        let is_noise = upper.all >= KNOWN && lower.refused >= enough && is_alike;
        is_noise.then(|| lower.share())
    }

    /// A value was refused. The episode begins again where that is as high as at first. Where too little is known of the
    /// upper range, the value fell through it: then the lower range is the upper one from now on.
    pub(super) fn refused(self, value: f64) -> Self {
        if value > self.began * EARLY {
            return Self::new(value);
        }
        let is_unknown = self.upper.all < KNOWN && self.lower.refused >= 2.0 * NOISY;
        if is_unknown || self.lower.refused >= UNDECIDED {
            return Self {
                first: self.first,
                began: self.lower.value() / MIDDLE,
                upper: self.lower,
                lower: Share::default(),
            };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_a_share_that_is_alike_at_lower_values() {
        // Refused and passed at 75, then at 25, of an episode that began at 100.
        for (upper, lower, noise) in [
            ((12, 6), (8, 4), Some(8.0 / 12.0)),
            ((1, 19), (4, 40), Some(4.0 / 44.0)),
            ((2, 16), (5, 1), None),
            ((12, 6), (3, 9), None),
            ((19, 0), (19, 1), None),
        ] {
            let mut episode = Episode::new(100.0);
            for (value, (refused, passed)) in [(75.0, upper), (25.0, lower)] {
                (0..refused).for_each(|_| episode.count(value, true, true));
                (0..passed).for_each(|_| episode.count(value, false, true));
            }
            assert_eq!(episode.noise(), noise, "{upper:?}, {lower:?}");
        }
    }
}
