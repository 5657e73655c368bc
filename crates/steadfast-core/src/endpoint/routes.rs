//! Patterns with what belongs to each, ready for lookups.

use http::Method;

use super::choice::{Choice, Collision};
use super::filter::Asked;
use super::hosts::Hosts;
use super::invalid::InvalidPattern;
use super::paths::Paths;
use super::pattern::Pattern;
use crate::url::UrlParts;

/// Patterns with what belongs to each, ready for lookups.
///
/// ```
/// use http::Method;
/// use steadfast_core::{Pattern, Routes, UrlParts};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let patterns = ["*.example.com", "api.example.com/v1/**", "GET api.example.com/v1/{kind}"];
/// let patterns = patterns.map(|text| text.parse::<Pattern>().map(|pattern| (pattern, text)));
/// let routes = Routes::build(patterns.into_iter().collect::<Result<Vec<_>, _>>()?)?;
///
/// let url = |path| UrlParts::new("https", "api.example.com", None, path, None);
/// let find = |method, path| routes.find(&method, &url(path)).copied();
/// assert_eq!(find(Method::GET, "/v1/items"), Some("GET api.example.com/v1/{kind}"));
/// assert_eq!(find(Method::PUT, "/v1/items"), Some("api.example.com/v1/**"));
/// assert_eq!(find(Method::PUT, "/v2/items"), Some("*.example.com"));
///
/// let equal = ["GET,POST x.com/a", "POST,PUT x.com/a"];
/// let equal = equal.map(|text| text.parse::<Pattern>().map(|pattern| (pattern, ())));
/// let mistake = Routes::build(equal.into_iter().collect::<Result<Vec<_>, _>>()?).unwrap_err();
/// assert_eq!(mistake.rival(), Some("GET,POST x.com/a"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Routes<T> {
    hosts: Hosts<Paths>,
    values: Vec<T>,
}

impl<T> Default for Routes<T> {
    fn default() -> Self {
        Self {
            hosts: Hosts::default(),
            values: Vec::new(),
        }
    }
}

impl<T> Routes<T> {
    /// Orders the patterns for lookups.
    ///
    /// # Errors
    /// Two patterns that match some same request and are equally specific, so that neither can win; also one that
    /// stands twice.
    pub fn build(patterns: impl IntoIterator<Item = (Pattern, T)>) -> Result<Self, InvalidPattern> {
        let (patterns, values): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let mut hosts = Hosts::<Paths>::default();
        for (number, Pattern { filter, host, path }) in patterns.iter().enumerate() {
            let filter = filter.clone();
            let paths = hosts.entry(host.clone());
            paths.push(path, Choice { filter, number });
        }
        for paths in hosts.values_mut() {
            let told = |collision| mistake(&patterns, &collision);
            paths.order().map_err(told)?;
        }
        Ok(Self { hosts, values })
    }

    /// What belongs to the patterns, in the order in which they were given.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    /// Whether there is no pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What belongs to the most specific pattern that matches.
    #[must_use]
    pub fn find(&self, method: &Method, url: &UrlParts<'_>) -> Option<&T> {
        let asked = Asked::new(method, url);
        let look = |paths: &Paths| paths.find(url.path, &asked);
        self.values.get(self.hosts.search(url.host, look)?)
    }
}

fn mistake(patterns: &[Pattern], collision: &Collision) -> InvalidPattern {
    let (first, second) = (&patterns[collision.first], &patterns[collision.second]);
    let rival = first.to_string();
    let problem = if first == second {
        "stands twice; which of the two policies is meant?".to_owned()
    } else {
        let same = match &collision.method {
            Some(method) => format!("the same {method} requests"),
            None => "the same requests".to_owned(),
        };
        format!(
            "is as specific as `{rival}`, and both match {same}; take one of them out or narrow it"
        )
    };
    InvalidPattern::new(&second.to_string(), problem).with_rival(rival)
}
