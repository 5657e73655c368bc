//! `steadfast serve`: a server that misbehaves as a script says, to try policies against.

mod line;
mod script;
mod server;

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::output::Output;

pub(crate) const HELP: &str = "\
One step a line; the last one repeats, or with `cycle` the first one follows it. `[POST /path]` and `[/path/**]` begin
the steps of a path. A step is a status, reset, fin or silence, and options:
  retry-after=2  retry-after-ms=50  header=\"Name: value\"  delay=1.5s  body-len=1000  drip=10/100ms
  cut=500  half  rst  fin  hang  chunked  close  body=rest of the line  json=rest of the line

Examples:
  steadfast serve '503 retry-after=2' reset '200 body=ok'
  steadfast serve 404 '[POST /orders]' reset '201 json={\"id\": 1}' '[/files/**]' '200 body-len=1000 half' cycle

Exit status: 0 when it ended as told, 2 when the script or the port is wrong.";

/// Play a server that misbehaves, and print what arrives
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The steps, and sections for paths, one an argument: `503 retry-after=2`, `reset`, `[POST /orders]`, `200 body=ok`
    #[arg(
        value_name = "STEP",
        required_unless_present = "script",
        conflicts_with = "script"
    )]
    steps: Vec<String>,
    /// A file with the steps
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// The port on 127.0.0.1; 0 is a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Ends when so many requests were answered, or left by their clients (else: with ctrl-c)
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
}

pub(crate) fn run(args: &ServeArgs, output: &Output) -> Result<Exit, String> {
    let script = match &args.script {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
            script::parse(&text, &path.display().to_string())?
        }
        None => script::parse(&args.steps.join("\n"), "step")?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(server::serve(&script, args.port, args.requests, output))?;
    Ok(Exit::Success)
}
