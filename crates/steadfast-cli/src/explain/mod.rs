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
    let what: Vec<_> = args.what.iter().map(String::as_str).collect();
    match what.as_slice() {
        [first, ..] if is_status(first) && what.len() > 1 => Err(format!(
            "`{}` begins with a status, and one status is explained at a time, as in `steadfast explain {first}`; for a \
             request it would begin with a policy file",
            what.join(" ")
        )),
        [file] if is_file(file) => Err(format!(
            "`{file}` is read as a policy file, so a URL has to follow, as in `steadfast explain {file} GET \
             https://api.example.com/v1/items`"
        )),
        [status] => status::explain(status, output),
        [file, url] => request::explain(Path::new(file), "GET", url, output),
        [file, method, url] => request::explain(Path::new(file), method, url, output),
        _ => Err("a status, or a policy file with a method and a URL, is needed".to_owned()),
    }
}

fn is_status(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether somebody means a file.
fn is_file(text: &str) -> bool {
    let ending = Path::new(text).extension();
    text == "-"
        || ending.is_some_and(|ending| ending == "toml" || ending == "json")
        || Path::new(text).exists()
}
