//! Which script a request belongs to.

use http::Method;

use crate::script::{Playing, Script};
use crate::step::Step;

/// A path with an optional method before it: `/a`, `POST /a`, `/files/**`.
#[derive(Debug)]
pub(crate) struct Pattern {
    method: Option<String>,
    path: String,
    prefix: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Self {
        let (method, path) = match text.trim().split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), path.trim()),
            None => (None, text.trim()),
        };
        match path.strip_suffix("/**") {
            Some(path) => Self {
                method,
                path: path.to_owned(),
                prefix: true,
            },
            None => Self {
                method,
                path: path.to_owned(),
                prefix: false,
            },
        }
    }

    /// `path` comes without its query.
    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        let rest = path.strip_prefix(self.path.as_str());
        let path = match rest {
            Some("") => true,
            Some(rest) => self.prefix && rest.starts_with('/'),
            None => false,
        };
        path && self.method.as_deref().is_none_or(|m| m == method.as_str())
    }
}

/// The scripts of a server or transport; the first pattern that matches wins.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    routes: Vec<(Pattern, Playing)>,
    fallback: Option<Playing>,
}

impl Routes {
    pub(crate) fn on(&mut self, pattern: &str, script: Script) {
        self.routes
            .push((Pattern::parse(pattern), Playing::new(script)));
    }

    pub(crate) fn fallback(&mut self, script: Script) {
        self.fallback = Some(Playing::new(script));
    }

    /// The step for a request that arrives now.
    pub(crate) fn next(&self, method: &Method, path: &str) -> Step {
        let route = self
            .routes
            .iter()
            .find(|(pattern, _)| pattern.matches(method, path));
        match route.map(|(_, playing)| playing).or(self.fallback.as_ref()) {
            Some(playing) => playing.next(),
            None => Step::status(404).body(format!("no script for {method} {path}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compare_method_path_and_prefix() {
        for (pattern, method, path, expected) in [
            ("/a", Method::GET, "/a", true),
            ("/a", Method::GET, "/ab", false),
            ("/a", Method::GET, "/a/b", false),
            ("POST /a", Method::POST, "/a", true),
            ("POST /a", Method::GET, "/a", false),
            ("/a/**", Method::PUT, "/a/b/c", true),
            ("/a/**", Method::PUT, "/a", true),
            ("/a/**", Method::PUT, "/ab", false),
            ("DELETE /**", Method::DELETE, "/x", true),
        ] {
            let matches = Pattern::parse(pattern).matches(&method, path);
            assert_eq!(matches, expected, "{pattern} against {method} {path}");
        }
    }
}
