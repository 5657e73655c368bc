//! How spans are named.

use std::fmt;

/// A method as the conventions want it: one of the known ones, or `_OTHER`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method<'a>(pub(super) &'a http::Method);

/// `{method} {url.template}`, or `{method}`; never the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a>(pub(super) Method<'a>, pub(super) Option<&'a str>);

impl<'a> Method<'a> {
    pub(super) fn known(self) -> &'a str {
        match self.0.as_str() {
            known @ ("CONNECT" | "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST"
            | "PUT" | "TRACE" | "QUERY") => known,
            _ => "_OTHER",
        }
    }

    /// The method as it was, when it is not a known one.
    pub(super) fn original(self) -> Option<&'a str> {
        (self.known() == "_OTHER").then(|| self.0.as_str())
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A method that is not known would make too many names.
        f.write_str(match self.0.known() {
            "_OTHER" => "HTTP",
            known => known,
        })?;
        match self.1 {
            Some(template) => write!(f, " {template}"),
            None => Ok(()),
        }
    }
}
