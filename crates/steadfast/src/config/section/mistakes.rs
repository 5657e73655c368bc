//! What a section's function reports: with the place of the value, and without values that may be secret.

use std::borrow::Cow;
use std::fmt;

use crate::config::report::{MOST, Report, Severity};
use crate::config::source::{Source, Span};

/// Where in the file something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub(super) Span);

/// What is wrong, and what would be right.
///
/// A `&'static str` is shown as it is. A [`String`] may quote a value, so it is replaced by a general sentence when a value
/// of the section came from an environment variable, unless it is known [without values](Self::without_values).
///
/// ```
/// use steadfast::config::section::Mistake;
///
/// let mistake = Mistake::new("the alert can never be raised").help("make `percent` smaller");
/// # drop(mistake);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Mistake {
    message: Cow<'static, str>,
    help: Option<Cow<'static, str>>,
    /// Whether what was made at run time shows no value either.
    without_values: bool,
}

/// Collects what is wrong with a section, or has no effect.
pub struct Mistakes<'a> {
    source: &'a Source<'a>,
    /// Whether a value of the section came from a variable.
    secret: bool,
    found: Vec<(Severity, Span, Mistake)>,
    errors: usize,
}

// ===== impl Mistake =====

impl Mistake {
    /// What is wrong: lower case, no full stop.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            help: None,
            without_values: false,
        }
    }

    /// What would be right.
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Promises that neither message nor help quotes a value of the section, so that both are shown even when a value
    /// came from a variable. For messages with the section's own names in them, or with the cause why a file could not
    /// be opened.
    pub fn without_values(mut self) -> Self {
        self.without_values = true;
        self
    }

    /// Message and help, with a general sentence for what may show a secret.
    pub(crate) fn shown(self, section: &str, secret: bool) -> (String, Option<String>) {
        let hidden = |text: &Cow<'static, str>| {
            secret && !self.without_values && matches!(text, Cow::Owned(_))
        };
        if hidden(&self.message) {
            let message = format!(
                "this makes no sense once the variables of the section `{section}` are filled in"
            );
            return (message, None);
        }
        let help = self.help.filter(|help| !hidden(help));
        (self.message.into_owned(), help.map(Cow::into_owned))
    }
}

impl From<&'static str> for Mistake {
    fn from(message: &'static str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Mistake {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

// ===== impl Mistakes =====

impl<'a> Mistakes<'a> {
    pub(super) fn new(source: &'a Source<'a>, secret: bool) -> Self {
        Self {
            source,
            secret,
            found: Vec::new(),
            errors: 0,
        }
    }

    /// Something is wrong: the file is refused, and the next mistakes are looked for.
    pub fn error(&mut self, at: Position, mistake: impl Into<Mistake>) {
        self.errors += 1;
        if self.errors <= MOST {
            self.found.push((Severity::Error, at.0, mistake.into()));
        }
    }

    /// Something has no effect, though it is not wrong: the file is taken, with a warning.
    pub fn warning(&mut self, at: Position, mistake: impl Into<Mistake>) {
        if self.found.len() < 2 * MOST {
            self.found.push((Severity::Warning, at.0, mistake.into()));
        }
    }

    /// The line of a place, from 1: for "the other stands in line 7".
    #[must_use]
    pub fn line(&self, place: Position) -> usize {
        self.source.position(place.0).line
    }

    /// Whether a value of the section came from an environment variable, so that it may be a secret.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.secret
    }

    /// Reports all of them. Whether there was an error.
    pub(super) fn tell(self, section: &str, report: &mut Report<'_>) -> bool {
        for (severity, span, mistake) in self.found {
            let (message, help) = mistake.shown(section, self.secret);
            report.tell(severity, "value", span, &message, help.as_deref());
        }
        report.leave_out(self.errors.saturating_sub(MOST));
        self.errors > 0
    }
}

// The text of the file may hold secrets.
impl fmt::Debug for Mistakes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mistakes")
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
