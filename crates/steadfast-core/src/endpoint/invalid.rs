//! What is wrong with a pattern, and what would be right.

use thiserror::Error;

/// A pattern that cannot be read, or two that are equally specific for some same request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("endpoint pattern `{pattern}` {problem}")]
pub struct InvalidPattern {
    pattern: String,
    problem: String,
    rival: Option<String>,
}

impl InvalidPattern {
    pub(super) fn new(pattern: &str, problem: impl Into<String>) -> Self {
        Self {
            pattern: pattern.to_owned(),
            problem: problem.into(),
            rival: None,
        }
    }

    pub(super) fn with_rival(self, rival: String) -> Self {
        let rival = Some(rival);
        Self { rival, ..self }
    }

    /// The pattern.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What is wrong with it and what would be right; reads on after the pattern's name.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The other pattern, where two collide.
    #[must_use]
    pub fn rival(&self) -> Option<&str> {
        self.rival.as_deref()
    }
}
