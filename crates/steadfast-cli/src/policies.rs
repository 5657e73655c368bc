//! Policy files, as the commands need them.

use std::path::Path;

use serde_json::{Value, json};
use steadfast::config::{Config, Diagnostic, Diagnostics, Severity};

use crate::exit::Exit;
use crate::output::{Colour, Output};
use crate::sections;

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) struct Mistakes(Diagnostics);

/// Reads a policy file.
///
/// # Errors
/// When it cannot be read at all; what is wrong *in* it is the inner error.
pub(crate) fn read(path: &Path) -> Result<Result<Config, Mistakes>, String> {
    match sections::reader().read(path) {
        Ok(config) => Ok(Ok(config)),
        Err(mistakes) => match mistakes.iter().find(|mistake| mistake.code == "file") {
            Some(unreadable) => Err(format!("{}: {}", unreadable.file, unreadable.message)),
            None => Ok(Err(Mistakes(mistakes))),
        },
    }
}

impl From<Diagnostics> for Mistakes {
    fn from(found: Diagnostics) -> Self {
        Self(found)
    }
}

impl Mistakes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Tells all of them beside the result, for commands that cannot go on.
    pub(crate) fn tell(&self, output: &Output) -> Exit {
        if output.json {
            let all: Vec<_> = self.iter().map(to_json).collect();
            output.tell(json!({ "diagnostics": all }));
        } else {
            for mistake in self.iter() {
                output.tell(coloured(mistake, |text, colour| {
                    output.beside(text, colour)
                }));
            }
        }
        Exit::Mistakes
    }
}

/// A mistake as people read it, its first line in colour.
pub(crate) fn coloured(mistake: &Diagnostic, paint: impl Fn(&str, Colour) -> String) -> String {
    let colour = match mistake.severity {
        Severity::Error => Colour::Bad,
        _ => Colour::Warning,
    };
    let text = mistake.to_string();
    match text.split_once('\n') {
        Some((first, rest)) => format!("{}\n{rest}", paint(first, colour)),
        None => paint(&text, colour),
    }
}

pub(crate) fn to_json(mistake: &Diagnostic) -> Value {
    json!({
        "file": mistake.file,
        "line": mistake.line,
        "column": mistake.column,
        "length": mistake.length,
        "severity": mistake.severity.to_string(),
        "code": mistake.code,
        "message": mistake.message,
        "help": mistake.help,
    })
}
