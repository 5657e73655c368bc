//! A set of requests: what it matches and how it shows.

use std::fmt;

use http::Method;

use super::filter::{Asked, Filter};
use super::host::Host;
use super::path::Path;
use crate::url::UrlParts;

/// A set of requests: `[METHOD[,METHOD…] ][scheme://]host[:port][/path]`.
///
/// | part | reads | without it |
/// |---|---|---|
/// | methods | `GET`, or `GET,HEAD` | any method |
/// | scheme | `http` or `https` | either |
/// | host | `api.example.com`, `[::1]`, or `*.example.com`: one or more labels more, not the bare `example.com` | |
/// | port | `8443` | the default port of the URL's scheme |
/// | path | `items` is itself, `{id}` any one segment that is not empty, a last `/**` any rest, also none | everything |
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
///
/// # Which pattern wins
///
/// Of the patterns that match a request the most specific one wins. What stands higher in this list counts first:
///
/// 1. **Host**: an exact one before `*.`; of two `*.`, the longer.
/// 2. **Path**, segment by segment from the left: a literal before `{…}` before `**`; a path that ends before one that
///    goes on with `/**`.
/// 3. **Methods**: a list before none, a shorter list before a longer one.
/// 4. **Scheme**: one that names it before one that does not.
/// 5. **Port**: the same.
///
/// So `/v1/{id}/**` beats `/v1/**`, and `/v1/me/**` beats `/v1/{id}/posts` for `/v1/me/posts`. The order in which patterns
/// are given decides nothing: two that match some same request and are equally specific are a mistake that
/// [`Routes::build`](super::Routes::build) reports, with both of them.
///
/// # How URLs are compared
///
/// * **Letters**: hosts and schemes in any case; methods and paths as they are.
/// * **Percent-encoding**: `%7e` is `~` and `%c3%a9` is `%C3%A9` (RFC 3986, 6.2.2), in pattern and URL alike; what URLs
///   have to encode may stand in a pattern as it is (`/café`). `%2F` never divides segments.
/// * **Slashes**: `/a` and `/a/` differ; `/a/**` is both. An empty path is `/`. A URL's `//` is `/`, as most servers and
///   routers read it: a base URL that ends in a slash must not lose a policy. A pattern with `//` is refused.
/// * **Dots**: `.` and `..` are refused in a pattern, as clients resolve them before they send. In a URL that still has
///   them, they are segments like others.
/// * **Ports**: `https://x.com:443` is `https://x.com`.
/// * **Addresses**: IPv6 in brackets, in any spelling; IPv4 in full.
/// * **Dot at the end of a host**: `x.com.` is `x.com`, written in full (RFC 1034, 3.1), in pattern and URL alike. Budgets and
///   limits count both together. A redirect from one to the other still leaves the origin (RFC 6454), so credentials stay
///   behind.
/// * **Length**: a pattern's path has at most 128 segments, and each at most 1,024 bytes in percent-encoding.
/// * **Userinfo, query and fragment** are refused in a pattern and not looked at in a URL.
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
