//! Cargo as a child process, always in the workspace's folder.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The folder that this program was built into: `target/debug`.
pub(crate) fn built() -> Outcome<PathBuf> {
    let own = env::current_exe().map_err(|e| format!("cannot find this program itself: {e}"))?;
    own.parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "this program is in no folder".to_owned())
}

/// The very Cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(workspace()).stdin(Stdio::null());
    command
}

/// Whether `cargo NAME` is there.
pub(crate) fn has(name: &str) -> bool {
    let mut command = cargo();
    command
        .args([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What `command` prints; its complaint where it fails.
pub(crate) fn output(mut command: Command) -> Outcome<String> {
    let output = command
        .output()
        .map_err(|e| format!("{command:?} does not start: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "{command:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
