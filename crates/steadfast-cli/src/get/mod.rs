//! `steadfast get`: real requests through the wrapped client, seen from close by.

mod body;
mod call;
mod progress;
mod request;
mod run;
mod summary;
mod watch;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::output::Output;
use crate::policies::Mistakes;

/// Send requests through a policy and show what happens
///
/// The body goes to standard output or -o, everything else to standard error. With --repeat bodies are read and
/// dropped.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Where to send requests
    #[arg(required = true, value_name = "URL")]
    pub(super) urls: Vec<String>,
    /// The method [default: GET, and POST with a body]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// A header; its value is never shown
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(super) headers: Vec<String>,
    /// The body; its type is what -H says
    #[arg(short = 'd', long, value_name = "TEXT")]
    pub(super) data: Option<String>,
    /// The body from a file, or from standard input with `-`
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub(super) data_file: Option<PathBuf>,
    /// A policy file; also a pipe, or standard input as `-` [default: the standard policy]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Whether the request is safe to send twice [default: by method and Idempotency-Key]
    #[arg(long, value_enum)]
    pub(super) repeatable: Option<YesNo>,
    /// How often to call each URL
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) repeat: NonZeroU32,
    /// How many calls at a time
    #[arg(long, value_name = "M", default_value = "1")]
    pub(super) concurrency: NonZeroUsize,
    /// Where the body goes
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Show every attempt, also of more than 10 calls
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Show nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// An answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

pub(crate) fn run(args: GetArgs, output: &Output) -> Result<Exit, String> {
    if args.file.is_some() && args.repeat.get() > 1 {
        return Err("-o and --repeat cannot go together: bodies are dropped then".to_owned());
    }
    let templates = request::templates(&args)?;
    let policies = match &args.policy {
        None => steadfast::Policies::standard(),
        Some(path) => match crate::policies::read(path)? {
            Ok(file) => match file.build() {
                Ok(policies) => policies,
                Err(mistakes) => return Ok(Mistakes::from(mistakes).tell(output)),
            },
            Err(mistakes) => return Ok(mistakes.tell(output)),
        },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let exit = runtime.block_on(run::run(args, templates, &policies, output));
    // Whatever a server still sends is not waited for.
    runtime.shutdown_background();
    exit
}
