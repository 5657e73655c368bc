//! What is wrong with a file, where, and what would be right.

use std::fmt;

use steadfast_core::harmless;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is taken, but says something that has no effect.
    Warning,
}

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The name of the file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// How many characters of the line are meant, at least 1.
    pub length: usize,
    /// The kind of mistake, for machines: `unknown-key`. Codes do not change.
    pub code: &'static str,
    /// What is wrong. Never shows the value of an environment variable.
    pub message: String,
    /// What would be right, if that is known.
    pub help: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    pub(crate) excerpt: Option<Excerpt>,
}

/// The line that is meant, made harmless for a terminal, and the mark under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    pub(crate) mark: String,
}

/// All mistakes of a file, in the order of the file. Its `Display` shows each with its line underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

// ===== impl Severity =====

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

// ===== impl Diagnostic =====

impl Diagnostic {
    /// With a message and what would be right, made harmless for a terminal.
    pub(crate) fn saying(self, message: &str, help: Option<&str>) -> Self {
        let shown = |text: &str| text.chars().map(harmless).collect();
        Self {
            message: shown(message),
            help: help.map(shown),
            ..self
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            severity,
            message,
            code,
            ..
        } = self;
        writeln!(f, "{file}:{line}:{column}: {severity}: {message} [{code}]")?;
        let number = line.to_string();
        let gutter = number.len();
        if let Some(Excerpt { text, mark }) = &self.excerpt {
            writeln!(f, "{:gutter$} |", "")?;
            writeln!(f, "{number} | {text}")?;
            writeln!(f, "{:gutter$} | {mark}", "")?;
        }
        match &self.help {
            Some(help) => writeln!(f, "{:gutter$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

// ===== impl Diagnostics =====

impl Diagnostics {
    pub(crate) fn new(found: Vec<Diagnostic>) -> Self {
        Self(found)
    }

    /// The mistakes, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none: never, where they are an error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, diagnostic) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
