//! `cargo bench -p steadfast-bench --bench overhead [-- --json] [--check]`

use std::env;
use std::process::ExitCode;

use steadfast_bench::{callgrind, check, measure, report, row};

fn main() -> ExitCode {
    // Cargo itself passes `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments
        .first()
        .is_some_and(|first| first == callgrind::ONE)
    {
        return if callgrind::run_one(&arguments) {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(2)
        };
    }
    if let Some(unknown) = arguments
        .iter()
        .find(|a| !["--json", "--check"].contains(&a.as_str()))
    {
        eprintln!(
            "unknown argument {unknown}; known are --json (one object on stdout) and --check"
        );
        return ExitCode::from(2);
    }
    let asked = |name: &str| arguments.iter().any(|a| a == name);
    let measured = measure::measure(&row::all());
    if asked("--json") {
        println!("{}", report::json(&measured));
    } else {
        print!("{}", report::table(&measured));
    }
    let broken = if asked("--check") {
        check::broken(&measured)
    } else {
        Vec::new()
    };
    for promise in &broken {
        eprintln!("broken promise: {promise}");
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
