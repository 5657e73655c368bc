//! What a pattern asks for beside host and path: methods, scheme and port.

use std::cmp::Reverse;

use http::Method;

use crate::url::UrlParts;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Filter {
    /// In the order of their names; none for any method.
    pub(super) methods: Box<[Method]>,
    pub(super) scheme: Option<Scheme>,
    /// `None`: the default port of the URL's scheme.
    pub(super) port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// What of a request is held against filters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    method: &'a Method,
    scheme: Option<Scheme>,
    port: Option<u16>,
    default_port: bool,
}

/// Greater is more specific: a list of methods, a shorter one; a scheme; a port.
pub(super) type Specificity = (Option<Reverse<usize>>, bool, bool);

// ===== impl Filter =====

impl Filter {
    pub(super) fn accepts(&self, asked: &Asked<'_>) -> bool {
        (self.methods.is_empty() || self.methods.contains(asked.method))
            && (self.scheme.is_none() || self.scheme == asked.scheme)
            && match self.port {
                Some(_) => self.port == asked.port,
                None => asked.default_port,
            }
    }

    pub(super) fn specificity(&self) -> Specificity {
        let methods = Some(Reverse(self.methods.len())).filter(|_| !self.methods.is_empty());
        (methods, self.scheme.is_some(), self.port.is_some())
    }
}

// ===== impl Scheme =====

impl Scheme {
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("https") {
            return Some(Self::Https);
        }
        text.eq_ignore_ascii_case("http").then_some(Self::Http)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

// ===== impl Asked =====

impl<'a> Asked<'a> {
    pub(super) fn new(method: &'a Method, url: &UrlParts<'_>) -> Self {
        Self {
            method,
            scheme: Scheme::read(url.scheme),
            port: url.port,
            default_port: url.has_default_port(),
        }
    }
}
