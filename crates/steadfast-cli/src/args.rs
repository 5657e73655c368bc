//! The command line.

use clap::{Parser, Subcommand};

use crate::check::CheckArgs;
use crate::explain::ExplainArgs;
use crate::get::GetArgs;
use crate::plan::PlanArgs;
use crate::serve::ServeArgs;

const EXIT_STATUS: &str = "\
Exit status:
  0  all is well
  1  a policy file has errors (with --deny warnings: or warnings), or a planned load does not fit
  2  the command line, a script, a file or a port is wrong
  3  HTTP error: the last answer was a 4xx, a 5xx or no valid status (600 to 999)
  4  refused by the policy: its rate limit or deadline ended the call
  5  transport error: no answer, or one that broke off
  130  ctrl-c ended it
The greatest counts when there are several calls or files.";

/// See what a retry policy does: check it, explain it, send requests under it, play a server that misbehaves.
#[derive(Debug, Parser)]
#[command(name = "steadfast", version, after_help = EXIT_STATUS, propagate_version = true)]
pub(crate) struct Args {
    /// Tell everything as JSON (`get`: on standard error, one object a line)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(after_help = EXIT_STATUS)]
    Check(CheckArgs),
    #[command(after_help = EXIT_STATUS)]
    Explain(ExplainArgs),
    #[command(after_help = EXIT_STATUS)]
    Get(GetArgs),
    #[command(after_help = EXIT_STATUS)]
    Plan(PlanArgs),
    #[command(after_help = crate::serve::HELP)]
    Serve(ServeArgs),
    /// Print the JSON Schema of policy files, for editors that complete
    Schema,
}
