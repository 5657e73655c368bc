//! Where words go: results to standard output, all else to standard error, neither of them ever a panic.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// How to tell things.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// As JSON.
    pub(crate) json: bool,
    stdout_colours: bool,
    stderr_colours: bool,
}

/// The few colours in use; the terminal's own, so that they are readable on any background.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Good,
    Bad,
    Warning,
    Title,
    Quiet,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let wanted = !json && colours_wanted(|name| std::env::var_os(name));
        Self {
            json,
            stdout_colours: wanted && std::io::stdout().is_terminal(),
            stderr_colours: wanted && std::io::stderr().is_terminal(),
        }
    }

    /// A line of the result. A reader that has gone away (`| head`) has seen enough: that is no failure.
    pub(crate) fn line(&self, line: impl Display) {
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }

    /// A line beside the result.
    pub(crate) fn tell(&self, line: impl Display) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Why nothing was tried.
    pub(crate) fn problem(&self, problem: &str) {
        if self.json {
            self.tell(serde_json::json!({ "error": problem }));
        } else {
            self.tell(format_args!(
                "{}: {problem}",
                self.beside("error", Colour::Bad)
            ));
        }
    }

    /// Text for standard output.
    pub(crate) fn paint(&self, text: impl Display, colour: Colour) -> String {
        paint(text, colour, self.stdout_colours)
    }

    /// Text for standard error.
    pub(crate) fn beside(&self, text: impl Display, colour: Colour) -> String {
        paint(text, colour, self.stderr_colours)
    }
}

/// Whether the environment has nothing against colours: `NO_COLOR`, or a terminal that knows none.
fn colours_wanted(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    variable("NO_COLOR").is_none_or(|value| value.is_empty())
        && variable("TERM").is_none_or(|value| value != "dumb")
}

fn paint(text: impl Display, colour: Colour, colours: bool) -> String {
    if !colours {
        return text.to_string();
    }
    let code = match colour {
        Colour::Good => 32,
        Colour::Bad => 31,
        Colour::Warning => 33,
        Colour::Title => 1,
        Colour::Quiet => 2,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_dumb_terminals_get_no_colours() {
        for (no_color, term, expected) in [
            (None, None, true),
            (None, Some("xterm-256color"), true),
            (Some(""), Some("xterm"), true),
            (Some("1"), Some("xterm"), false),
            (None, Some("dumb"), false),
            (Some(""), Some("dumb"), false),
        ] {
            let variable = |name: &str| match name {
                "NO_COLOR" => no_color.map(OsString::from),
                "TERM" => term.map(OsString::from),
                _ => None,
            };
            assert_eq!(colours_wanted(variable), expected, "{no_color:?} {term:?}");
        }
    }
}
