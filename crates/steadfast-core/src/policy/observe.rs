//! What calls show of themselves.

use super::{Policy, Spans};

/// What calls show of themselves. Part of a [`Policy`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ObservePolicy {
    /// Whether spans are opened.
    pub spans: Spans,
}

/// Setters for what calls show of themselves.
impl Policy {
    /// Whether spans are opened. Default: [`Spans::On`].
    #[must_use]
    pub fn spans(mut self, spans: Spans) -> Self {
        self.observe.spans = spans;
        self
    }
}
