//! `steadfast check`: every mistake of policy files, at once.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::output::Output;

/// Check policy files: every mistake at once, with its place and what would be right
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// TOML or JSON files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(_args: &CheckArgs, _output: &Output) -> Result<Exit, String> {
    Err("not yet".to_owned())
}
