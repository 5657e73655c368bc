//! A file as a tree in which every value knows where it stands: the same for TOML and JSON.

use crate::config::source::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// A string, its escapes read and its variables not.
    Text(String),
    Whole(i128),
    Fraction(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<(Name, Node)>),
    /// What no key takes: a date, `null`, a number beyond all limits.
    Alien(&'static str),
}

/// A key and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) span: Span,
    pub(crate) text: String,
}

impl Data {
    /// The type, for a message.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Whole(_) => "a whole number",
            Self::Fraction(_) => "a number",
            Self::Flag(_) => "a boolean",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Alien(name) => name,
        }
    }
}
