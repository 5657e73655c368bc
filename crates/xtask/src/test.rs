//! `cargo xtask test`: everything that can be run, then one table of what ran.
//!
//! The last line is `N passed, N failed`: people and CI read the same.

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

struct Part {
    name: &'static str,
    tally: Tally,
    took: Duration,
    /// Why it ended early, where it did.
    broken: Option<String>,
}

/// Runs all tests, doc tests and examples, also after one of these has failed.
pub(crate) fn run() -> Outcome {
    let parts = [
        part("tests", tests),
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
    println!("\n{} passed, {} failed", all.passed, all.failed);
    if all.failed > 0 {
        Err("not all is well, see above".to_owned())
    } else {
        Ok(())
    }
}

fn part(name: &'static str, run: fn() -> Outcome<Tally>) -> Part {
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

fn tests() -> Outcome<Tally> {
    let mut command = cargo();
    if has("nextest") {
        command
            .args(["nextest", "run"])
            .args(SELECTION)
            .args(["--tests", "--no-fail-fast"]);
        counted(command, Tally::of_nextest)
    } else {
        command
            .arg("test")
            .args(SELECTION)
            .args(["--tests", "--no-fail-fast"]);
        counted(command, Tally::of_libtest)
    }
}

fn doc_tests() -> Outcome<Tally> {
    let mut command = cargo();
    command
        .args(["test", "--doc"])
        .args(SELECTION)
        .arg("--no-fail-fast");
    counted(command, Tally::of_libtest)
}

fn counted(mut command: Command, summary: fn(&str) -> Option<Tally>) -> Outcome<Tally> {
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
