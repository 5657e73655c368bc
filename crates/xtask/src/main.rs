//! The project's own commands, so that nobody has to remember the flags: `cargo xtask test`.
//!
//! Without dependencies: a machine that has only a Rust toolchain runs them at once.

use std::env;
use std::process::ExitCode;

mod cargo;
mod deps;
mod examples;
mod graph;
mod pure;
mod run;
mod tally;
mod test;

/// What a command says when it did not succeed: one sentence for the person who ran it.
type Outcome<T = ()> = Result<T, String>;

struct Command {
    name: &'static str,
    about: &'static str,
    run: fn() -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        about: "all tests, doc tests and examples",
        run: test::run,
    },
    Command {
        name: "deps",
        about: "count the crates that steadfast adds; no TLS",
        run: deps::run,
    },
    Command {
        name: "core-pure",
        about: "steadfast-core depends on no I/O crate",
        run: pure::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let wanted = match arguments.as_slice() {
        [name] => COMMANDS.iter().find(|command| command.name == name),
        _ => None,
    };
    let Some(command) = wanted else {
        eprintln!("usage: cargo xtask COMMAND\n");
        for Command { name, about, .. } in COMMANDS {
            eprintln!("  {name:<10} {about}");
        }
        return ExitCode::from(2);
    };
    match (command.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo xtask {}: {why}", command.name);
            ExitCode::FAILURE
        }
    }
}
