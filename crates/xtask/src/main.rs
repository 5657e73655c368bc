//! The project's own commands, so that nobody has to remember the flags: `cargo xtask test`.
//!
//! Without dependencies: a machine that has only a Rust toolchain runs them at once.

use std::env;
use std::process::ExitCode;

mod cargo;
mod deps;
mod examples;
mod graph;
mod links;
mod msrv;
mod pure;
mod rooms;
mod run;
mod tally;
mod test;

/// What a command says when it did not succeed: one sentence for the person who ran it.
type Outcome<T = ()> = Result<T, String>;

struct Command {
    name: &'static str,
    /// The one thing that may be added, if any.
    option: Option<&'static str>,
    about: &'static str,
    /// Runs it; told whether the option was added.
    run: fn(bool) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        option: Some("--thorough"),
        about: "all tests, doc tests and examples; long properties in full with --thorough",
        run: test::run,
    },
    Command {
        name: "deps",
        option: None,
        about: "count the crates that steadfast adds; no TLS",
        run: |_| deps::run(),
    },
    Command {
        name: "core-pure",
        option: None,
        about: "steadfast-core depends on no I/O crate",
        run: |_| pure::run(),
    },
    Command {
        name: "msrv",
        option: None,
        about: "no dependency needs a newer Rust than the crate that it is for",
        run: |_| msrv::run(),
    },
    Command {
        name: "rooms",
        option: None,
        about: "lengths of files and functions, names of types, circles of files",
        run: |_| rooms::run(),
    },
    Command {
        name: "links",
        option: None,
        about: "links in Markdown lead somewhere",
        run: |_| links::run(),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((command, with_option)) = wanted(&arguments) else {
        eprintln!("usage: cargo xtask COMMAND\n");
        for Command { name, about, .. } in COMMANDS {
            eprintln!("  {name:<10} {about}");
        }
        return ExitCode::from(2);
    };
    match (command.run)(with_option) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo xtask {}: {why}", command.name);
            ExitCode::FAILURE
        }
    }
}

/// The command that the arguments name, and whether its option is among them.
fn wanted(arguments: &[String]) -> Option<(&'static Command, bool)> {
    let (name, options) = arguments.split_first()?;
    let command = COMMANDS.iter().find(|command| command.name == name)?;
    match options {
        [] => Some((command, false)),
        [option] if command.option == Some(option.as_str()) => Some((command, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_taken_by_the_command_that_has_it_alone() {
        let found = |line: &str| {
            let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            wanted(&arguments).map(|(command, with_option)| (command.name, with_option))
        };
        assert_eq!(found("test"), Some(("test", false)));
        assert_eq!(found("test --thorough"), Some(("test", true)));
        for line in [
            "",
            "tests",
            "test --through",
            "test --thorough --thorough",
            "deps --thorough",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
