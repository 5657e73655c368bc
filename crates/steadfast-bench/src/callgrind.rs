//! Instructions of one row: this program runs itself under `valgrind --tool=callgrind`.
//!
//! Twice, with N and 2 N calls: the difference is N calls without anything that happens once.

use std::env;
use std::process::Command;

use crate::row::{self, Row};

const CALLS: u64 = 2_000;

/// The first argument of a run that makes the calls of one row and nothing else.
pub const ONE: &str = "--one";

/// Instructions per call; none where valgrind is not there, or did not get through.
pub fn instructions(row: Row) -> Option<u64> {
    let once = collected(row, CALLS)?;
    let twice = collected(row, 2 * CALLS)?;
    Some(twice.checked_sub(once)? / CALLS)
}

/// What [`instructions`] starts: `--one NAME TERMINAL CALLS`. False where the arguments name no row.
pub fn run_one(arguments: &[String]) -> bool {
    let [_, name, terminal, count] = arguments else {
        return false;
    };
    let found = row::all()
        .into_iter()
        .find(|r| r.name == name && r.terminal.name() == terminal);
    let (Some(row), Ok(count)) = (found, count.parse()) else {
        return false;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let Ok(runtime) = runtime else { return false };
    let _entered = runtime.enter();
    (row.build)(row.terminal)(count);
    true
}

fn collected(row: Row, calls: u64) -> Option<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(env::current_exe().ok()?);
    command.args([ONE, row.name, row.terminal.name(), &calls.to_string()]);
    let output = command.output().ok()?;
    if !output.status.success() {
        return None;
    }
    read(&String::from_utf8_lossy(&output.stderr))
}

/// Callgrind's last words are `==PID== Collected : NUMBER`.
fn read(said: &str) -> Option<u64> {
    let line = said
        .lines()
        .rev()
        .find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_number_collected_is_read_off_the_last_words_of_callgrind() {
        let said = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(super::read(said), Some(123_456));
        assert_eq!(super::read("==7== Events    : Ir\n"), None);
    }
}
