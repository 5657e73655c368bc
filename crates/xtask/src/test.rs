//! `cargo xtask test`: everything that can be run, then one table of what ran.
//!
//! The last line is `N passed, N failed`: people and CI read the same. Long properties try an eighth of their cases
//! unless they are asked for in full: see `steadfast_testkit::cases`.

use std::env;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::cargo::{cargo, has};
use crate::examples;
use crate::run::{Stopwatch, tee};
use crate::tally::Tally;

/// The bench is left out: its peers are no business of somebody who only wants to know whether all is well.
const SELECTION: &[&str] = &[
    "--workspace",
    "--exclude",
    "steadfast-bench",
    "--all-features",
];

/// What `steadfast_testkit::cases` reads.
const THOROUGH: &str = "STEADFAST_THOROUGH";

struct Part {
    name: &'static str,
    tally: Tally,
    took: Duration,
    /// Why it ended early, where it did.
    broken: Option<String>,
}

/// Reads the line that sums up what a test runner ran.
type Summary = fn(&str) -> Option<Tally>;

/// Runs all tests, doc tests and examples, also after one of these has failed.
pub(crate) fn run(thorough: bool) -> Outcome {
    let thorough = thorough || env::var_os(THOROUGH).is_some_and(|value| !value.is_empty());
    let parts = [
        part("tests", || tests(thorough)),
        part("doc tests", doc_tests),
        part("examples", examples::run),
    ];
    let mut all = Tally::default();
    println!("\n{:<12}{:>8}{:>8}{:>10}", "", "passed", "failed", "time");
    for Part {
        name,
        tally,
        took,
        broken,
    } in &parts
    {
        let Tally { passed, failed } = tally;
        let took = took.as_secs_f64();
        let broken = broken
            .as_deref()
            .map(|why| format!("   {why}"))
            .unwrap_or_default();
        println!("{name:<12}{passed:>8}{failed:>8}{took:>8.1} s{broken}");
        all += *tally;
    }
    if !thorough {
        println!(
            "\nLong properties tried an eighth of their cases. All of them: cargo xtask test --thorough"
        );
    }
    println!("\n{} passed, {} failed", all.passed, all.failed);
    if all.failed > 0 {
        Err("not all is well, see above".to_owned())
    } else {
        Ok(())
    }
}

fn part(name: &'static str, run: impl FnOnce() -> Outcome<Tally>) -> Part {
    println!("\n== {name}");
    let watch = Stopwatch::start();
    let (tally, broken) = match run() {
        Ok(tally) => (tally, None),
        // What could not be run counts as one failure, so that no total looks clean.
        Err(why) => (
            Tally {
                passed: 0,
                failed: 1,
            },
            Some(why),
        ),
    };
    Part {
        name,
        tally,
        took: watch.read(),
        broken,
    }
}

fn tests(thorough: bool) -> Outcome<Tally> {
    let mut command = cargo();
    if thorough {
        command.env(THOROUGH, "1");
    }
    let (runner, summary): (&[&str], Summary) = if has("nextest") {
        (&["nextest", "run"], Tally::of_nextest)
    } else {
        (&["test"], Tally::of_libtest)
    };
    command.args(runner).args(SELECTION);
    command.args(["--tests", "--no-fail-fast"]);
    counted(command, summary)
}

fn doc_tests() -> Outcome<Tally> {
    let mut command = cargo();
    command
        .args(["test", "--doc"])
        .args(SELECTION)
        .arg("--no-fail-fast");
    counted(command, Tally::of_libtest)
}

fn counted(mut command: Command, summary: Summary) -> Outcome<Tally> {
    let mut tally = Tally::default();
    let status = tee(&mut command, |line| {
        if let Some(more) = summary(line) {
            tally += more;
        }
    })?;
    match (status.success(), tally.failed) {
        (true, _) if tally == Tally::default() => Err("nothing was run".to_owned()),
        (false, 0) => Err(format!("did not run to its end ({status})")),
        _ => Ok(tally),
    }
}
