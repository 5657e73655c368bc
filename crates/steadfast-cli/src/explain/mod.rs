//! `steadfast explain`: what a status means, and what a policy file does about a request.

mod plan;
mod request;
mod status;
mod table;
mod why;

use std::path::Path;

use clap::Args;

use crate::exit::Exit;
use crate::output::Output;

/// Explain a status, or what a policy file does about a request
///
/// `explain 429` is the advice in full. `explain FILE GET URL` says which endpoint and policy the request gets and why,
/// and what would happen for each status and each failure of the transport.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A status; or a policy file (`-`: standard input), a method (left out: GET) and a URL
    #[arg(value_names = ["STATUS|FILE", "METHOD", "URL"], num_args = 1..=3, required = true)]
    what: Vec<String>,
}

pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<Exit, String> {
    match args.what.as_slice() {
        [status] => status::explain(status, output),
        [file, url] => request::explain(Path::new(file), "GET", url, output),
        [file, method, url] => request::explain(Path::new(file), method, url, output),
        _ => Err("a status, or a policy file with a method and a URL, is needed".to_owned()),
    }
}
