//! Every example is built and run: a newcomer meets them first, so none may be broken.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::cargo::{built, cargo, workspace};
use crate::run::{End, Stopwatch, tee, within};
use crate::tally::Tally;

/// Long for a demonstration, short for a hang.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds all examples as `cargo run --example` does, then runs each without arguments.
pub(crate) fn run() -> Outcome<Tally> {
    let names = names(&workspace().join("examples"))?;
    let mut build = cargo();
    build.args([
        "build",
        "--quiet",
        "--package",
        "steadfast-workspace",
        "--examples",
    ]);
    if !tee(&mut build, |_| ())?.success() {
        return Err("the examples do not build".to_owned());
    }
    let folder = built()?.join("examples");
    let mut tally = Tally::default();
    for name in names {
        match run_one(&name, &folder.join(&name))? {
            Ok(()) => tally.passed += 1,
            Err(printed) => {
                tally.failed += 1;
                println!("{printed}");
            }
        }
    }
    Ok(tally)
}

/// Runs one example; the inner error is what it had printed.
fn run_one(name: &str, program: &Path) -> Outcome<Result<(), String>> {
    let watch = Stopwatch::start();
    let mut command = Command::new(program);
    command.current_dir(workspace());
    let end = within(LIMIT, &mut command)?;
    let took = watch.read().as_secs_f64();
    let (said, answer) = match end {
        End::Exit(status, _) if status.success() => ("ok".to_owned(), Ok(())),
        End::Exit(status, printed) => (format!("FAILED ({status})"), Err(printed)),
        End::TimeUp(printed) => (
            format!("FAILED (still running after {LIMIT:?})"),
            Err(printed),
        ),
    };
    println!("example {name} ... {said} in {took:.1} s");
    Ok(answer)
}

/// The examples in a folder: `name.rs` or `name/main.rs`, in alphabetical order.
fn names(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|e| format!("cannot list {folder:?}: {e}"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| name(&entry.ok()?.path()))
        .collect();
    names.sort();
    Ok(names)
}

fn name(path: &Path) -> Option<String> {
    let is_example = path.extension() == Some(OsStr::new("rs")) || path.join("main.rs").is_file();
    if is_example {
        Some(path.file_stem()?.to_str()?.to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickstart_is_among_the_examples_found() {
        let names = names(&workspace().join("examples")).unwrap();
        assert!(names.iter().any(|name| name == "quickstart"), "{names:?}");
    }
}
