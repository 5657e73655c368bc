//! `steadfast check`: every mistake of policy files, at once.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;
use steadfast::config::{Diagnostic, Severity};

use crate::exit::Exit;
use crate::output::{Colour, Output};
use crate::policies::{self, coloured, to_json};

/// Check policy files: every mistake at once, with its place and what would be right
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// TOML or JSON files; also pipes, and standard input as `-`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What else makes a file wrong: warnings, such as that no policy of a file is used
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,
}

/// What is refused beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// What became of one file.
struct Checked {
    diagnostics: Vec<Diagnostic>,
    policies: usize,
    endpoints: usize,
    sections: Vec<&'static str>,
    exit: Exit,
}

pub(crate) fn run(args: &CheckArgs, output: &Output) -> Result<Exit, String> {
    let mut worst = Exit::Success;
    let mut all = Vec::new();
    for path in &args.files {
        let checked = match check(path, args.deny) {
            Ok(checked) => checked,
            Err(unreadable) => {
                output.problem(&unreadable);
                worst = worst.max(Exit::Usage);
                continue;
            }
        };
        worst = worst.max(checked.exit);
        match output.json {
            true => all.extend(checked.diagnostics.iter().map(to_json)),
            false => tell(path, &checked, output),
        }
    }
    if output.json {
        output.line(json!({ "ok": worst == Exit::Success, "diagnostics": all }));
    }
    Ok(worst)
}

fn check(path: &Path, deny: Option<Deny>) -> Result<Checked, String> {
    Ok(match policies::read(path)? {
        Ok(config) => Checked {
            diagnostics: config.warnings().to_vec(),
            policies: config.policies().count(),
            endpoints: config.endpoints().count(),
            sections: config.sections().collect(),
            exit: match (deny, config.warnings()) {
                (Some(Deny::Warnings), [_, ..]) => Exit::Mistakes,
                _ => Exit::Success,
            },
        },
        Err(mistakes) => Checked {
            diagnostics: mistakes.iter().cloned().collect(),
            policies: 0,
            endpoints: 0,
            sections: Vec::new(),
            exit: Exit::Mistakes,
        },
    })
}

fn tell(path: &Path, checked: &Checked, output: &Output) {
    for mistake in &checked.diagnostics {
        output.line(coloured(mistake, |text, colour| output.paint(text, colour)));
    }
    let path = path.display();
    match (checked.exit, checked.diagnostics.len()) {
        (Exit::Success, 0) => {
            let good = output.paint("is valid", Colour::Good);
            let Checked {
                policies,
                endpoints,
                sections,
                ..
            } = checked;
            let sections = match sections.is_empty() {
                true => String::new(),
                false => format!(", sections: {}", sections.join(", ")),
            };
            output.line(format_args!(
                "{path} {good}: policies: {policies}, endpoints: {endpoints}{sections}"
            ));
        }
        (Exit::Success, count) => output.line(format_args!("{path} is valid; warnings: {count}")),
        (_, count) => {
            let bad = output.paint("is invalid", Colour::Bad);
            let is_warning = |one: &Diagnostic| one.severity == Severity::Warning;
            let what = match checked.diagnostics.iter().all(is_warning) {
                true => "warnings",
                false => "mistakes",
            };
            output.line(format_args!("{path} {bad}; {what}: {count}"));
        }
    }
}
