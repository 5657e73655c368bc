//! `cargo xtask rooms`: how the sources are laid out. A crate of its own checks it, since that has to read Rust.

use crate::Outcome;
use crate::cargo::cargo;

pub(crate) fn run() -> Outcome {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "rooms"]);
    let status = command
        .status()
        .map_err(|error| format!("{command:?} does not start: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the lines above say which file, and what is wrong".to_owned()),
    }
}
