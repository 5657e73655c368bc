//! What we promise about a row.

use super::figures::Figures;

/// Held against the medians of a row.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// How many 429s at most.
    pub refusals: Refusals,
    /// The goodput at least.
    pub goodput: f64,
}

/// How refusals are counted.
#[derive(Clone, Copy, Debug)]
pub enum Refusals {
    /// In all, however many calls there are.
    InAll(f64),
    /// For each call that was ok.
    PerSuccess(f64),
}

impl Bound {
    /// One sentence for each promise that was not kept. Every call has to be ok.
    #[must_use]
    pub fn broken(&self, median: &Figures) -> Vec<String> {
        let mut broken = Vec::new();
        // Written so that a figure that could not be calculated (NaN) breaks its promise.
        if !matches!(median.ok, ok if ok >= 1.0) {
            broken.push(format!("{:.2} % are ok, not all", median.ok * 100.0));
        }
        let (refused, most, counted) = match self.refusals {
            Refusals::InAll(most) => (median.refused, most, "in all"),
            Refusals::PerSuccess(most) => (median.per_success, most, "per success"),
        };
        if !matches!(refused, refused if refused <= most) {
            broken.push(format!("{refused:.3} 429s {counted}, {most} are allowed"));
        }
        if !matches!(median.goodput, goodput if goodput >= self.goodput) {
            broken.push(format!(
                "a goodput of {:.3}, promised are {}",
                median.goodput, self.goodput
            ));
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Figures = Figures {
        ok: 1.0,
        refused: 3.0,
        per_success: 0.05,
        goodput: 0.9,
        p50: 0.0,
        max: 0.0,
    };
    const BOUNDS: [Bound; 2] = [
        Bound {
            refusals: Refusals::InAll(3.0),
            goodput: 0.9,
        },
        Bound {
            refusals: Refusals::PerSuccess(0.05),
            goodput: 0.9,
        },
    ];

    #[test]
    fn what_is_just_within_its_bound_is_not_broken() {
        for bound in BOUNDS {
            assert_eq!(bound.broken(&GOOD), Vec::<String>::new());
        }
    }

    #[test]
    fn each_figure_beyond_its_bound_is_named() {
        let bad = Figures {
            ok: 0.9999,
            refused: 4.0,
            per_success: 0.051,
            goodput: 0.899,
            ..GOOD
        };
        let refusals = [
            "4.000 429s in all, 3 are allowed",
            "0.051 429s per success, 0.05 are allowed",
        ];
        for (bound, refusals) in BOUNDS.into_iter().zip(refusals) {
            assert_eq!(
                bound.broken(&bad),
                [
                    "99.99 % are ok, not all",
                    refusals,
                    "a goodput of 0.899, promised are 0.9"
                ]
            );
        }
    }

    #[test]
    fn a_figure_that_could_not_be_calculated_is_a_broken_promise() {
        let nothing = Figures::median(&[]);
        assert_eq!(BOUNDS[0].broken(&nothing).len(), 3);
    }
}
