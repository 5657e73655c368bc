//! How long a long test takes.

/// Set to anything but nothing: long tests try everything.
const THOROUGH: &str = "STEADFAST_THOROUGH";

/// How many times less is tried otherwise.
const SAVING: u32 = 8;

/// How many of `all` cases a long test tries: an eighth, or every one when the environment variable
/// `STEADFAST_THOROUGH` is set, as `cargo xtask test --thorough` does.
///
/// For tests that take more than a second. What is rare is found by the full number in CI; what is broken is found by
/// an eighth on every desk.
#[must_use]
pub fn cases(all: u32) -> u32 {
    let thorough = std::env::var_os(THOROUGH).is_some_and(|value| !value.is_empty());
    number(all, thorough)
}

fn number(all: u32, thorough: bool) -> u32 {
    if thorough { all } else { all.div_ceil(SAVING) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thorough_run_tries_all_and_another_one_an_eighth_but_never_none() {
        for (all, quick) in [(800, 100), (801, 101), (7, 1), (1, 1), (0, 0)] {
            assert_eq!(number(all, true), all);
            assert_eq!(number(all, false), quick);
        }
    }
}
