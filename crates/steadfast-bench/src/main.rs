//! `cargo run --release -p steadfast-bench -- throttle [--json] [--check] [--calls N] [--shape NAME] [--row NAME] [--seed N]`
//! for the rows, `throttle --models` or `--shape NAME` with `[--answer NAME] [--callers N] [--latency MS] [--seeds N]` for
//! models, `throttle --random N [--seed N]` for models that are drawn, `throttle --sockets` for real sockets; with `--check` to hold them against their bounds, `throttle --quick` for the same with one seed.
//!
//! `outages [--runs N] [--seed N]` for the outages that presets survive.
//!
//! What the rows mean: the modules `throttle` and `outages`. A paused clock needs tokio's `test-util`, and that must not be
//! on where nanoseconds are measured (its clock costs more), so it hangs on a feature that is off by default. Built without
//! it, this program has Cargo build and run it once more with the feature, so that nobody has to know.

use std::env;
use std::process::ExitCode;

#[cfg(feature = "throttle")]
use steadfast_bench::throttle::args::Arguments;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "throttle" => throttle(rest),
        Some((command, rest)) if command == "outages" => outages(rest),
        _ => {
            eprintln!(
                "what should be measured? `throttle` and `outages` are known here; costs per call are `cargo bench`"
            );
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "throttle")]
fn throttle(arguments: &[String]) -> ExitCode {
    let arguments = match Arguments::read(arguments) {
        Ok(arguments) => arguments,
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::from(2);
        }
    };
    random(&arguments);
    let hold = [models(&arguments), sockets(&arguments), rows(&arguments)];
    if hold == [true; 3] {
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// Prints which outages presets survive.
#[cfg(feature = "throttle")]
fn outages(arguments: &[String]) -> ExitCode {
    use steadfast_bench::outages;

    let (mut runs, mut seed) = (200, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let known = match argument.as_str() {
            "--runs" => set(&mut runs, rest.next()),
            "--seed" => set(&mut seed, rest.next()),
            _ => false,
        };
        if !known {
            eprintln!("{argument}: known are --runs N and --seed N");
            return ExitCode::from(2);
        }
    }
    let rows = outages::rows().into_iter();
    let played: Vec<_> = rows
        .map(|row| {
            let cells = row.play(runs, seed);
            (row, cells)
        })
        .collect();
    print!("{}", outages::tables(&played));
    ExitCode::SUCCESS
}

/// Whether a number was given, which is then set.
#[cfg(feature = "throttle")]
fn set<T: std::str::FromStr>(number: &mut T, given: Option<&String>) -> bool {
    match given.map(|given| given.parse()) {
        Some(Ok(given)) => {
            *number = given;
            true
        }
        _ => false,
    }
}

/// Prints what comes of servers that are drawn.
#[cfg(feature = "throttle")]
fn random(arguments: &Arguments) {
    use steadfast_bench::throttle::model::random;

    if arguments.random == 0 {
        return;
    }
    let drawn = random::random(arguments.random, arguments.seed);
    match arguments.json {
        true => print!("{}", random::json(&drawn)),
        false => print!("{}", random::table(&drawn)),
    }
}

/// Prints what comes of the models; whether all that was checked holds.
#[cfg(feature = "throttle")]
fn models(arguments: &Arguments) -> bool {
    use steadfast_bench::throttle::model::{check, play, report};

    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds.into());
    if arguments.check && !arguments.models.is_empty() {
        let held = check::check(|play| arguments.chose(play), seeds);
        match arguments.json {
            true => print!("{}", check::json(&held)),
            false => print!("{}", check::table(&held)),
        }
        return check::all_hold(&held);
    }
    // One model after the other, so that there is something to see meanwhile.
    for plays in arguments
        .plays()
        .chunk_by(|one, other| one.model.name == other.model.name)
    {
        let played = play::all(plays, seeds.clone());
        match arguments.json {
            true => print!("{}", report::json(&played)),
            false => print!("{}", report::tables(&played)),
        }
    }
    true
}

/// Prints what comes of real sockets; whether that holds if it was checked.
#[cfg(feature = "throttle")]
fn sockets(arguments: &Arguments) -> bool {
    use steadfast_bench::throttle::sockets;

    if !arguments.sockets {
        return true;
    }
    let measured = sockets::measure(arguments.calls.unwrap_or(3_000));
    print!("{}", sockets::table(&measured));
    !arguments.check || sockets::holds(&measured)
}

/// Prints what comes of the rows; whether all that was checked holds.
#[cfg(feature = "throttle")]
fn rows(arguments: &Arguments) -> bool {
    use steadfast_bench::throttle::{report, row};

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
    if !arguments.check {
        return true;
    }
    for promise in &broken {
        eprintln!("broken promise: {promise}");
    }
    broken.is_empty()
}

#[cfg(not(feature = "throttle"))]
fn throttle(arguments: &[String]) -> ExitCode {
    again("throttle", arguments)
}

#[cfg(not(feature = "throttle"))]
fn outages(arguments: &[String]) -> ExitCode {
    again("outages", arguments)
}

/// The same once more, with the feature.
#[cfg(not(feature = "throttle"))]
fn again(measure: &str, arguments: &[String]) -> ExitCode {
    use std::process::Command;

    // Cargo tells what it runs which Cargo it is; `cargo` is what a shell would find.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    if cfg!(not(feature = "peers")) {
        command.arg("--no-default-features");
    }
    command.args(["--features", "throttle", "--", measure]);
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
