//! A set of requests: what it matches and how it shows.

use std::fmt;

use http::Method;

use super::filter::{Asked, Filter};
use super::host::Host;
use super::path::Path;
use crate::url::UrlParts;

/// A set of requests: `[METHOD[,METHOD…] ][scheme://]host[:port][/path]`.
///
/// * The host is exact, or `*.example.com`: one or more labels more, not `example.com` itself. Without a port it is the
///   default port of the URL's scheme.
/// * A segment of the path is itself, or `{id}`: any one segment that is not empty. A last `/**` is any rest, also
///   none. Without a path the pattern stands for everything on the host.
///
/// Of the patterns that match a request the most specific one wins: an exact host before a longer `*.` before a shorter
/// one; then, segment by segment from the left, a literal before `{…}` before `**`, and an end before `/**`; then a
/// list of methods before none, a shorter one before a longer; then one that names the scheme; then one that names the
/// port. Two that match some same request and are equally specific are a mistake ([`Routes::build`](super::Routes::build)).
///
/// `%7e` is `~` and `%c3%a9` is `%C3%A9` and `é`, in pattern and URL alike. `/a` and `/a/` differ; `/a/**` is both. Hosts and
/// schemes are compared in any case, methods and paths as they are.
///
/// ```
/// use http::Method;
/// use steadfast_core::{Pattern, UrlParts};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let item: Pattern = "GET,HEAD https://*.example.com/v1/items/{id}".parse()?;
/// let url = UrlParts::new("https", "api.example.com", None, "/v1/items/7", None);
/// assert!(item.matches(&Method::GET, &url));
/// assert!(!item.matches(&Method::POST, &url));
/// assert_eq!(item.template(), "/v1/items/{id}");
///
/// let mistake = "https//api.example.com".parse::<Pattern>().unwrap_err();
/// assert!(mistake.to_string().contains("https//api.example.com"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    pub(super) filter: Filter,
    pub(super) host: Host,
    pub(super) path: Path,
}

impl Pattern {
    /// Whether a request belongs to the set.
    #[must_use]
    pub fn matches(&self, method: &Method, url: &UrlParts<'_>) -> bool {
        self.host.matches(url.host)
            && self.filter.accepts(&Asked::new(method, url))
            && self.path.matches(url.path)
    }

    /// The path as it was written, for spans and metrics: `/v1/items/{id}`; `/**` where there was none.
    #[must_use]
    pub fn template(&self) -> String {
        self.path.template.to_string()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filter {
            methods,
            scheme,
            port,
        } = &self.filter;
        for (at, method) in methods.iter().enumerate() {
            write!(f, "{}{method}", if at == 0 { "" } else { "," })?;
        }
        f.write_str(if methods.is_empty() { "" } else { " " })?;
        if let Some(scheme) = scheme {
            write!(f, "{}://", scheme.name())?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path.template)
    }
}
