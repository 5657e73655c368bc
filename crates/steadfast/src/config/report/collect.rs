//! Collects what is wrong, so that all of it is said at once.

use crate::config::report::{Diagnostic, Diagnostics, Severity};
use crate::config::source::{Source, Span};

/// The most mistakes that are reported one by one.
pub(crate) const MOST: usize = 100;

pub(crate) struct Report<'a> {
    pub(crate) source: &'a Source<'a>,
    found: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    left_out: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(source: &'a Source<'a>) -> Self {
        Self {
            source,
            found: Vec::new(),
            warnings: Vec::new(),
            left_out: 0,
        }
    }

    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.tell(Severity::Error, code, span, &message.into(), None);
    }

    pub(crate) fn error_with(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.tell(
            Severity::Error,
            code,
            span,
            &message.into(),
            Some(&help.into()),
        );
    }

    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.tell(
            Severity::Warning,
            code,
            span,
            &message.into(),
            Some(&help.into()),
        );
    }

    pub(crate) fn tell(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: &str,
        help: Option<&str>,
    ) {
        let list = match severity {
            Severity::Error => &self.found,
            Severity::Warning => &self.warnings,
        };
        if list.len() >= MOST {
            self.left_out += usize::from(severity == Severity::Error);
            return;
        }
        let diagnostic = self.at(severity, code, span).saying(message, help);
        match severity {
            Severity::Error => self.found.push(diagnostic),
            Severity::Warning => self.warnings.push(diagnostic),
        }
    }

    /// Counts errors that are not reported one by one.
    pub(crate) fn leave_out(&mut self, errors: usize) {
        self.left_out += errors;
    }

    /// The place of a mistake, without a message.
    pub(crate) fn at(&self, severity: Severity, code: &'static str, span: Span) -> Diagnostic {
        let position = self.source.position(span);
        Diagnostic {
            file: self.source.file.to_owned(),
            line: position.line,
            column: position.column,
            length: position.length,
            code,
            message: String::new(),
            help: None,
            severity,
            excerpt: Some(position.excerpt),
        }
    }

    /// The lines on which there are mistakes so far.
    pub(crate) fn lines(&self) -> Vec<usize> {
        self.found
            .iter()
            .map(|diagnostic| diagnostic.line)
            .collect()
    }

    /// Forgets what was found on lines that cannot be read, beyond that: it is an echo.
    pub(crate) fn without_echoes(&mut self, unreadable: &[usize]) {
        if unreadable.is_empty() {
            return;
        }
        let text = self.source.text;
        let lines = text.lines().enumerate();
        let mut headers = lines.filter(|(_, line)| line.trim_start().starts_with('['));
        // Below a header that cannot be read, nothing stands where it seems to.
        let lost = headers.any(|(n, _)| unreadable.contains(&(n + 1)));
        let echo = |diagnostic: &Diagnostic| {
            lost || unreadable.contains(&diagnostic.line) || diagnostic.code == "missing-key"
        };
        self.found
            .retain(|diagnostic| diagnostic.code == "syntax" || !echo(diagnostic));
    }

    /// Whether a further error would only be counted.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    pub(crate) fn errors(&self) -> usize {
        self.found.len()
    }

    /// The warnings, if there is no error.
    pub(crate) fn finish(mut self) -> Result<Vec<Diagnostic>, Diagnostics> {
        let place = |diagnostic: &Diagnostic| (diagnostic.line, diagnostic.column);
        self.warnings.sort_by_key(place);
        if self.found.is_empty() {
            return Ok(self.warnings);
        }
        self.found.sort_by_key(place);
        if let (true, Some(last)) = (self.left_out > 0, self.found.last().cloned()) {
            self.found.push(Diagnostic {
                code: "limit",
                message: format!("{} more mistakes are not shown", self.left_out),
                help: None,
                excerpt: None,
                ..last
            });
        }
        Err(Diagnostics::new(self.found))
    }
}

/// Text of the file for a message: short, and in backticks.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}
