//! `steadfast` on the command line: see what a policy does before it is in production, and after.
//!
//! ```text
//! steadfast check policies.toml                 # every mistake of a policy file, at once
//! steadfast explain 429                         # what a status means and what to do about it
//! steadfast explain policies.toml GET https://api.example.com/v1/items/7
//! steadfast plan policies.toml --rate 3/s --hours 9-17   # does that fit the plan that was bought?
//! steadfast get https://api.example.com/v1/items > items.json
//! steadfast serve '503 retry-after=2' reset '200 body=ok'
//! steadfast schema > policies.schema.json       # for editors that complete
//! ```
//!
//! A policy file may also be a pipe, or standard input as `-`; it has to end within 5 s. The format is that of its name's
//! ending; without `.toml` or `.json`, a text that begins with `{` is JSON.
//!
//! Every command takes `--json`. What `get` tells goes to standard error, as one JSON object a line with `--json`: only
//! the body goes to standard output, so that it can stand in a pipe. Colours are for terminals, and off with
//! `NO_COLOR` or `TERM=dumb`. Values of headers and secrets in URLs are never shown.
//!
//! # Exit status
//!
//! | status | means |
//! |---|---|
//! | 0 | all is well |
//! | 1 | a policy file has errors (with `check --deny warnings`: or warnings), or a planned load does not fit |
//! | 2 | the command line, a script, a file or a port is wrong |
//! | 3 | HTTP error: the last answer was a 4xx, a 5xx or no valid status (600 to 999) |
//! | 4 | refused by the policy: its rate limit or deadline ended the call |
//! | 5 | transport error: no answer, or one that broke off |
//! | 130 | ctrl-c ended `get` before all calls were made (`serve` ends with 0) |
//!
//! The greatest counts when there are several calls or files.
//!
//! # Plans
//!
//! `plan` calculates a steady load against every rate and every quota of a file: whether a rate is fast enough, and when a
//! quota would be used up. Each endpoint is taken by itself, with the load alone on it. `--hours` are those of the quota's
//! time zone; a load of so many per day then goes within these hours. A month has 31 days, and a rolling quota counts
//! as a client counts it. Each request counts with its `cost`. Retries count too, and nobody can know how many there
//! will be, so leave room for them.
//!
//! ```text
//! $ steadfast plan policies.toml --rate 3/s --hours 9-18
//! 3/s from 09:00 to 18:00: 97,200 requests a day
//! rate 5/s of GET https://api.example.com/v1/search/**: fits, uses 60 %
//! quota 1000/day of GET https://api.example.com/v1/search/** is used up at 09:05; you need 97,200/day
//! does not fit: 1 of 2 limits
//! ```
//!
//! # Features
//! `tls` (default): `https`, through rustls. Without it there is nothing to compile but Rust.
//!
//! # Scripts for `serve`
//!
//! One step a line, in the order of the requests; the last one repeats, or with `cycle` the first one follows it.
//! Steps below a `[section]` are for its path, all others for every other path; the first section that matches wins.
//!
//! ```text
//! # whatever the path
//! 503 retry-after=2
//! 429 header="X-RateLimit-Remaining: 0" delay=500ms
//! 200 body=everything behind `body=` or `json=` is the body
//!
//! [POST /orders]
//! reset
//! 201 json={"id": 1}
//!
//! [/files/**]
//! 200 body-len=100000 half rst
//! 200 body-len=100000
//! cycle
//! ```
//!
//! | step | what happens |
//! |---|---|
//! | `503` | that status |
//! | `reset`, `fin` | the request is read, then the connection is reset, or closed |
//! | `silence` | the request is read, and nothing follows |
//!
//! | option | |
//! |---|---|
//! | `retry-after=2`, `retry-after-ms=50` | the header |
//! | `header="Name: value"` | any other |
//! | `delay=1.5s` | before anything is answered |
//! | `body=…`, `json=…` | the rest of the line |
//! | `body-len=1000` | so many bytes |
//! | `drip=10/100ms` | 10 bytes every 100 ms |
//! | `cut=500`, `half` | stops after so many bytes, or after half of them |
//! | `rst`, `fin`, `hang` | what follows the (cut) body: reset, close, nothing |
//! | `chunked`, `close` | how the body is framed, and that the connection ends |

mod args;
mod check;
mod clock;
mod endpoint;
mod exit;
mod explain;
mod get;
mod output;
mod plan;
mod policies;
mod schema;
mod sections;
mod serve;
mod time;
mod url;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

/// Reads the command line, does what it says, and tells how that went: see [Exit status](crate#exit-status).
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let output = output::Output::new(args.json);
    let exit = match args.command {
        Command::Check(args) => check::run(&args, &output),
        Command::Explain(args) => explain::run(&args, &output),
        Command::Get(args) => get::run(args, &output),
        Command::Plan(args) => plan::run(&args, &output),
        Command::Serve(args) => serve::run(&args, &output),
        Command::Schema => Ok(schema::run(&output)),
    };
    match exit {
        Ok(exit) => exit.into(),
        Err(problem) => {
            output.problem(&problem);
            exit::Exit::Usage.into()
        }
    }
}
