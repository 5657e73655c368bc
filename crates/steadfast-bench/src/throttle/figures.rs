//! What is said about a run, and the middle of several.

/// Numbers, as they stand in a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The share of calls that ended with a 200.
    pub ok: f64,
    /// Refusals in all.
    pub refused: f64,
    /// Refusals for each call that was ok.
    pub per_success: f64,
    /// The best possible time for the calls that were ok, as a share of the time that it took. Of *these* calls: a client
    /// that gives most of them up is done early, and would look as if it were fast.
    pub goodput: f64,
    /// Seconds that a call took; the middle one.
    pub p50: f64,
    /// Seconds that the longest call took.
    pub max: f64,
}

impl Figures {
    /// Each figure's median, each for itself.
    #[must_use]
    pub fn median(all: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(all.iter().map(figure).collect());
        Self {
            ok: of(|one| one.ok),
            refused: of(|one| one.refused),
            per_success: of(|one| one.per_success),
            goodput: of(|one| one.goodput),
            p50: of(|one| one.p50),
            max: of(|one| one.max),
        }
    }
}

/// The middle one; between two, halfway.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |n: usize| values.get(n).copied().unwrap_or(f64::NAN);
    (at(values.len() / 2) + at(values.len().saturating_sub(1) / 2)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_halfway_between_two() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(vec![7.0]), 7.0);
        assert!(median(vec![]).is_nan());
    }
}
