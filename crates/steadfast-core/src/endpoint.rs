//! Which policy a request gets: patterns of method, scheme, host, port and path.
//!
//! A pattern reads `[METHOD ][scheme://]host[:port][/path]`. The path is exact, or a prefix that ends in `/**`; without
//! a path the pattern stands for everything on that host. `/v1/**` also stands for `/v1` itself.
//!
//! Of the patterns that match a request, the one with the longest path wins, an exact path before a prefix of the same
//! length, then one that names the method, then one that names the scheme. No two patterns can match a request equally
//! well unless they are the same, and that is a mistake that [`Routes::build`] reports.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use http::Method;
use thiserror::Error;

use crate::url::UrlParts;

/// A set of requests.
///
/// ```
/// use http::Method;
/// use steadfast_core::{Pattern, UrlParts};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let search: Pattern = "GET https://api.example.com/v1/search/**".parse()?;
/// let url = UrlParts::new("https", "api.example.com", None, "/v1/search/users", None);
/// assert!(search.matches(&Method::GET, &url));
/// assert!(!search.matches(&Method::POST, &url));
///
/// let mistake = "https//api.example.com".parse::<Pattern>().unwrap_err();
/// assert!(mistake.to_string().contains("https//api.example.com"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    method: Option<Method>,
    scheme: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    prefix: bool,
}

/// A pattern that cannot be read, or one that stands twice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("endpoint pattern `{pattern}` {problem}")]
pub struct InvalidPattern {
    pattern: String,
    problem: String,
}

/// Patterns with what belongs to each, ready for lookups.
#[derive(Clone, Debug)]
pub struct Routes<T> {
    hosts: HashMap<String, Vec<(Pattern, T)>>,
}

// ===== impl Pattern =====

impl Pattern {
    /// Whether a request belongs to the set.
    #[must_use]
    pub fn matches(&self, method: &Method, url: &UrlParts<'_>) -> bool {
        url.host.eq_ignore_ascii_case(&self.host) && self.matches_on_host(method, url)
    }

    fn matches_on_host(&self, method: &Method, url: &UrlParts<'_>) -> bool {
        self.method.as_ref().is_none_or(|own| own == method)
            && self
                .scheme
                .as_ref()
                .is_none_or(|own| own.eq_ignore_ascii_case(url.scheme))
            && match self.port {
                Some(port) => url.port == Some(port),
                None => url.has_default_port(),
            }
            && self.matches_path(if url.path.is_empty() { "/" } else { url.path })
    }

    fn matches_path(&self, path: &str) -> bool {
        match path.strip_prefix(self.path.as_str()) {
            Some("") => true,
            Some(rest) => self.prefix && (rest.starts_with('/') || self.path.is_empty()),
            None => false,
        }
    }

    /// Greater is more specific.
    fn specificity(&self) -> (usize, bool, bool, bool) {
        (
            self.path.len(),
            !self.prefix,
            self.method.is_some(),
            self.scheme.is_some(),
        )
    }

    /// The path as a template, for spans: `/v1/search/**`.
    #[must_use]
    pub fn template(&self) -> String {
        match self.prefix {
            true => format!("{}/**", self.path),
            false => self.path.clone(),
        }
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem: &str| InvalidPattern::new(text, problem);
        let (method, rest) = match text.split_once(char::is_whitespace) {
            Some((method, rest)) => (Some(parse_method(text, method)?), rest.trim_start()),
            None => (None, text),
        };
        if rest.is_empty() || rest.contains(char::is_whitespace) {
            return Err(wrong("has to be `[METHOD ][scheme://]host[:port][/path]`"));
        }
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme.to_owned()), rest),
            Some((other, _)) => {
                let problem = format!("has the scheme `{other}`; `http` and `https` are known");
                return Err(InvalidPattern::new(text, &problem));
            }
            None => (None, rest),
        };
        let (authority, path) = rest.find('/').map_or((rest, "/**"), |at| rest.split_at(at));
        let (host, port) = parse_authority(text, authority)?;
        let (path, prefix) = parse_path(text, path)?;
        let port = match (scheme.as_deref(), port) {
            (Some("https"), Some(443)) | (Some("http"), Some(80)) => None,
            (_, port) => port,
        };
        Ok(Self {
            method,
            scheme,
            host,
            port,
            path,
            prefix,
        })
    }
}

fn parse_method(text: &str, method: &str) -> Result<Method, InvalidPattern> {
    let problem = || format!("has the method `{method}`; write it in capitals, as in `GET`");
    if method.is_empty()
        || method
            .bytes()
            .any(|byte| !byte.is_ascii_uppercase() && byte != b'-')
    {
        return Err(InvalidPattern::new(text, &problem()));
    }
    Method::from_bytes(method.as_bytes()).map_err(|_| InvalidPattern::new(text, &problem()))
}

fn parse_authority(text: &str, authority: &str) -> Result<(String, Option<u16>), InvalidPattern> {
    let wrong = |problem: &str| InvalidPattern::new(text, problem);
    if authority.contains('@') {
        return Err(wrong(
            "has a user name in it; credentials do not belong there",
        ));
    }
    let colon = authority
        .rfind(':')
        .filter(|at| !authority[*at..].contains(']'));
    let (host, port) = match colon {
        Some(at) => {
            let port = authority[at + 1..].parse().ok().filter(|port| *port > 0);
            let port = port.ok_or_else(|| wrong("has a port that is not within 1 to 65535"))?;
            (&authority[..at], Some(port))
        }
        None => (authority, None),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte) || byte > 127;
    if host.is_empty() {
        return Err(wrong(
            "names no host, as in `https://api.example.com/v1/**`",
        ));
    }
    if !host.bytes().all(plain) {
        return Err(wrong(
            "has to name one exact host; `*` and `{..}` are not read there",
        ));
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(wrong(
            "has an IPv6 address without brackets, or a stray `:`",
        ));
    }
    Ok((host.to_ascii_lowercase(), port))
}

fn parse_path(text: &str, path: &str) -> Result<(String, bool), InvalidPattern> {
    let (path, prefix) = match path.strip_suffix("/**") {
        Some(path) => (path, true),
        None => (path, false),
    };
    if path.contains(['*', '?', '#', '{', '}']) {
        let problem = "has a path that is neither exact nor a prefix that ends in `/**`";
        return Err(InvalidPattern::new(text, problem));
    }
    if path.contains("//") {
        let problem = "has `//` in its path, which no request is meant to have";
        return Err(InvalidPattern::new(text, problem));
    }
    Ok((path.to_owned(), prefix))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(f, "{method} ")?;
        }
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}://")?;
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)?;
        f.write_str(if self.prefix { "/**" } else { "" })
    }
}

// ===== impl InvalidPattern =====

impl InvalidPattern {
    fn new(pattern: &str, problem: &str) -> Self {
        Self {
            pattern: pattern.to_owned(),
            problem: problem.to_owned(),
        }
    }
}

// ===== impl Routes =====

impl<T> Default for Routes<T> {
    fn default() -> Self {
        Self {
            hosts: HashMap::new(),
        }
    }
}

impl<T> Routes<T> {
    /// Orders the patterns for lookups.
    ///
    /// # Errors
    /// A pattern that stands twice.
    pub fn build(patterns: impl IntoIterator<Item = (Pattern, T)>) -> Result<Self, InvalidPattern> {
        let mut routes = Self::default();
        for (pattern, value) in patterns {
            let on_host = routes.hosts.entry(pattern.host.clone()).or_default();
            if on_host.iter().any(|(known, _)| *known == pattern) {
                let problem = "stands twice; which of the two policies is meant?";
                return Err(InvalidPattern::new(&pattern.to_string(), problem));
            }
            on_host.push((pattern, value));
        }
        for on_host in routes.hosts.values_mut() {
            on_host.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.specificity()));
        }
        Ok(routes)
    }

    /// Whether there is no pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// What belongs to the most specific pattern that matches.
    #[must_use]
    pub fn find(&self, method: &Method, url: &UrlParts<'_>) -> Option<&T> {
        // Hosts in URLs are in lower case already (WHATWG URL), but an `http::Uri` may be as it was typed.
        let on_host = match self.hosts.get(url.host) {
            Some(found) => found,
            None if url.host.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                self.hosts.get(&url.host.to_ascii_lowercase())?
            }
            None => return None,
        };
        let mut matching = on_host.iter();
        matching
            .find(|(pattern, _)| pattern.matches_on_host(method, url))
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
