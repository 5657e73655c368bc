//! `cargo run --release -p steadfast-bench -- throttle [--json] [--check] [--calls N] [--shape NAME] [--row NAME] [--seed N]`
//! for the rows, `throttle --models` or `--shape NAME` with `[--answer NAME] [--callers N] [--latency MS] [--seeds N]` for models.
//!
//! What the rows mean: the module `throttle`. A paused clock needs tokio's `test-util`, and that must not be on where
//! nanoseconds are measured (its clock costs more), so it hangs on a feature that is off by default. Built without it,
//! this program has Cargo build and run it once more with the feature, so that nobody has to know.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "throttle" => throttle(rest),
        _ => {
            eprintln!(
                "what should be measured? `throttle` is known here; costs per call are `cargo bench`"
            );
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "throttle")]
fn throttle(arguments: &[String]) -> ExitCode {
    use steadfast_bench::throttle::{args::Arguments, model, report, row};

    let arguments = match Arguments::read(arguments) {
        Ok(arguments) => arguments,
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::from(2);
        }
    };
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds.into());
    // One model after the other, so that there is something to see meanwhile.
    for plays in arguments
        .plays()
        .chunk_by(|one, other| one.model.name == other.model.name)
    {
        let played = model::play::all(plays, seeds.clone());
        match arguments.json {
            true => print!("{}", model::report::json(&played)),
            false => print!("{}", model::report::tables(&played)),
        }
    }
    let calls = arguments.calls.unwrap_or(3_000);
    let mut broken = Vec::new();
    // Nothing is promised where only models were asked for.
    let rows = match arguments.shapes.is_empty() {
        true => &[],
        false => &*arguments.rows,
    };
    for one in rows {
        let cells = one.play(&arguments.shapes, calls, arguments.seed);
        match arguments.json {
            true => print!("{}", report::json(&cells)),
            false => println!("{}", report::table(one, &cells)),
        }
        broken.extend(row::broken(one, &cells));
    }
    if !arguments.check || broken.is_empty() {
        return ExitCode::SUCCESS;
    }
    for promise in broken {
        eprintln!("broken promise: {promise}");
    }
    ExitCode::FAILURE
}

/// The same once more, with the feature.
#[cfg(not(feature = "throttle"))]
fn throttle(arguments: &[String]) -> ExitCode {
    use std::process::Command;

    // Cargo tells what it runs which Cargo it is; `cargo` is what a shell would find.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    if cfg!(not(feature = "peers")) {
        command.arg("--no-default-features");
    }
    command.args(["--features", "throttle", "--", "throttle"]);
    command.args(arguments);
    match command.status() {
        // A child that a signal ended has no code.
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            code.map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("cannot start {:?}: {error}", command.get_program());
            ExitCode::FAILURE
        }
    }
}
