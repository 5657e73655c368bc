//! Checks how the sources are laid out: `cargo xtask rooms`.
//!
//! Files of at most 400 lines, functions of at most 60, no two public types of one name in the published crates, and no
//! circle of files inside a crate. Tests and the re-exports of a `mod.rs` are no part of a circle.
//!
//! What was there before this check stands in `known.txt`. That list only gets shorter: a line that is true no longer is an
//! error, too.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

mod circles;
mod lengths;
mod modules;
mod names;
mod sources;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = match sources::read(&root) {
        Ok(sources) => sources,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut found = lengths::check(&sources);
    found.extend(names::check(&sources));
    found.extend(circles::check(&sources));
    let known: BTreeSet<&str> = include_str!("../known.txt").lines().collect();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    for new in found.difference(&known) {
        eprintln!("{new}");
    }
    for gone in known.difference(&found) {
        eprintln!("no longer true, so take it out of crates/rooms/known.txt: {gone}");
    }
    println!(
        "{} files, {} remarks that were known",
        sources.len(),
        known.len()
    );
    match found == known {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
