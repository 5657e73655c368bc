//! How many tests passed and failed, read off the summary lines of the test runners.

use std::ops::AddAssign;

/// A count of tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Tally {
    /// Reads the line that nextest ends with:
    /// `Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
    pub(crate) fn of_nextest(line: &str) -> Option<Self> {
        let (_, counts) = line
            .trim_start()
            .strip_prefix("Summary [")?
            .split_once(" run: ")?;
        let failed = ["failed", "timed out", "exec failed"];
        Some(Self {
            passed: count(counts, ',', "passed"),
            failed: failed.iter().map(|what| count(counts, ',', what)).sum(),
        })
    }

    /// Reads the line that each of libtest's binaries ends with:
    /// `test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    pub(crate) fn of_libtest(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        Some(Self {
            passed: count(counts, ';', "passed"),
            failed: count(counts, ';', "failed"),
        })
    }
}

/// The number that stands before `what`; nothing said counts as none.
fn count(counts: &str, separator: char, what: &str) -> u64 {
    counts
        .split(separator)
        .filter_map(|part| part.trim().split_once(' '))
        .filter(|(_, name)| name.split(" (").next() == Some(what))
        .find_map(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_fail_under_nextest_counts_as_failed() {
        let line = "     Summary [   1.266s] 9 tests run: 5 passed (1 slow), 2 failed (1 due to \
                    being leaky), 1 timed out, 1 exec failed, 3 skipped";
        assert_eq!(
            Tally::of_nextest(line),
            Some(Tally {
                passed: 5,
                failed: 4
            })
        );
        let line = "     Summary [   0.005s] 1 test run: 1 passed, 0 skipped";
        assert_eq!(
            Tally::of_nextest(line),
            Some(Tally {
                passed: 1,
                failed: 0
            })
        );
    }

    #[test]
    fn libtest_summaries_are_read_whether_they_passed_or_not() {
        let line = "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(
            Tally::of_libtest(line),
            Some(Tally {
                passed: 4,
                failed: 0
            })
        );
        let line = "test result: FAILED. 4 passed; 2 failed; 0 ignored; finished in 0.1s";
        assert_eq!(
            Tally::of_libtest(line),
            Some(Tally {
                passed: 4,
                failed: 2
            })
        );
    }

    #[test]
    fn other_lines_are_no_summaries() {
        for line in [
            "running 3 tests",
            "test result_of_a_test ... ok",
            "Summary",
            "",
        ] {
            assert_eq!(Tally::of_nextest(line), None, "{line}");
            assert_eq!(Tally::of_libtest(line), None, "{line}");
        }
    }
}
