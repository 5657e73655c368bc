//! Policy files, as the commands need them.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use steadfast::config::{Config, Diagnostic, Diagnostics, Reader, Severity};
use steadfast::record::Human;

use crate::exit::Exit;
use crate::output::{Colour, Output};
use crate::sections;

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) struct Mistakes(Diagnostics);

/// How long a pipe may take to bring a whole file.
const PIPE_LIMIT: Duration = Duration::from_secs(5);

/// What is read for `-`.
const STDIN: &str = "standard input";

type Read = Result<Config, Diagnostics>;

/// Reads a policy file: a regular file, a pipe, or standard input as `-`.
///
/// # Errors
/// When it cannot be read at all; what is wrong *in* it is the inner error.
pub(crate) fn read(path: &Path) -> Result<Result<Config, Mistakes>, String> {
    let read = if path == Path::new("-") {
        within(PIPE_LIMIT, STDIN, |reader| {
            Ok(reader.read_stream(std::io::stdin().lock(), STDIN))
        })?
    } else if is_stream(path) {
        let (path, name) = (path.to_owned(), path.display().to_string());
        within(PIPE_LIMIT, &name.clone(), move |reader| {
            // Opening a pipe waits for its writer.
            let stream = File::open(&path).map_err(|error| format!("{name}: {error}"))?;
            Ok(reader.read_stream(stream, &name))
        })?
    } else {
        sections::reader().read(path)
    };
    match read {
        Ok(config) => Ok(Ok(config)),
        Err(mistakes) => match mistakes.iter().find(|mistake| mistake.code == "file") {
            Some(unreadable) => Err(format!("{}: {}", unreadable.file, unreadable.message)),
            None => Ok(Err(Mistakes(mistakes))),
        },
    }
}

/// Whether something other than a file with an end stands there: a pipe, a terminal, a device.
fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Reads by a thread of its own, which nobody waits for once the time is over: a read that blocks cannot be ended.
fn within(
    limit: Duration,
    name: &str,
    read: impl FnOnce(Reader) -> Result<Read, String> + Send + 'static,
) -> Result<Read, String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .spawn(move || sender.send(read(sections::reader())))
        .map_err(|error| format!("{name}: {error}"))?;
    receiver.recv_timeout(limit).unwrap_or_else(|_| {
        let limit = Human(limit);
        Err(format!("{name}: the end did not come within {limit}"))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_brings_no_end_is_given_up() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let limit = Duration::from_millis(10);
        let read = within(limit, "x", |with| Ok(with.read_stream(reader, "x")));
        assert_eq!(read.unwrap_err(), "x: the end did not come within 10 ms");
    }
}
