//! The parts of a URL that decisions look at, borrowed from whatever URL type the shell has.

use std::fmt;

use crate::redact::RedactedQuery;

/// The parts of a request's URL. Userinfo and fragment are left out on purpose: no decision needs them, and no log may
/// have them. Shown, secret values in the query are `REDACTED`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UrlParts<'a> {
    /// `https`.
    pub scheme: &'a str,
    /// `api.example.com`, `127.0.0.1`, `[::1]`; empty when the URL has none.
    pub host: &'a str,
    /// The port, also when it is the scheme's own; `None` when neither the URL nor the scheme says.
    pub port: Option<u16>,
    /// `/v1/items`; empty or `/` when there is none.
    pub path: &'a str,
    /// What stands behind the `?`.
    pub query: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    /// Puts the parts together; a missing port is filled in from `http` and `https`.
    #[must_use]
    #[inline]
    pub fn new(
        scheme: &'a str,
        host: &'a str,
        port: Option<u16>,
        path: &'a str,
        query: Option<&'a str>,
    ) -> Self {
        let port = port.or(match scheme {
            "https" | "wss" => Some(443),
            "http" | "ws" => Some(80),
            _ => None,
        });
        Self {
            scheme,
            host,
            port,
            path,
            query,
        }
    }

    /// The same with a host that does not end in a dot: `api.example.com.` is `api.example.com`, written in full
    /// (RFC 1034, 3.1). Endpoints, limits and budgets are found by it; requests are sent as they are.
    #[must_use]
    #[inline]
    pub fn without_root_dot(self) -> Self {
        Self {
            host: without_root_dot(self.host),
            ..self
        }
    }

    /// Whether the port is the scheme's own, so that it is not shown.
    #[must_use]
    pub fn has_default_port(&self) -> bool {
        matches!(
            (self.scheme, self.port),
            ("https" | "wss", Some(443)) | ("http" | "ws", Some(80)) | (_, None)
        )
    }

    /// The whole URL, secrets in the query included: not for logs. Shown, it is without them.
    #[must_use]
    pub fn full(&self) -> String {
        let mut full = format!("{}://{}{}", self.scheme, self.authority(), self.path);
        if let Some(query) = self.query {
            full.push('?');
            full.push_str(query);
        }
        full
    }

    /// Whether its origin (scheme, host and port) is this one, shown as `https://api.example.com:8443`.
    #[must_use]
    pub fn is_at(&self, origin: &str) -> bool {
        let rest = origin.strip_prefix(self.scheme);
        let rest = rest.and_then(|rest| rest.strip_prefix("://")?.strip_prefix(self.host));
        match (rest, self.port) {
            (Some(""), _) => self.has_default_port(),
            (Some(rest), Some(port)) => {
                let shown = rest.strip_prefix(':').and_then(|shown| shown.parse().ok());
                shown == Some(port) && !self.has_default_port()
            }
            _ => false,
        }
    }

    /// `host` or `host:port`, as one shows it.
    #[must_use]
    pub fn authority(&self) -> Authority<'a> {
        Authority(*self)
    }
}

/// A host without the dot at its end, if it has one.
#[inline]
pub(crate) fn without_root_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Shows `host` or `host:port`.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a>(UrlParts<'a>);

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host)?;
        match self.0.port {
            Some(port) if !self.0.has_default_port() => write!(f, ":{port}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for UrlParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())?;
        f.write_str(if self.path.is_empty() { "/" } else { self.path })?;
        match self.query {
            Some(query) => write!(f, "?{}", RedactedQuery::new(query)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_at_its_own_origin_and_at_no_other() {
        let url = |scheme, host, port| UrlParts::new(scheme, host, port, "/a", None);
        let origins = [
            (url("https", "a.com", None), "https://a.com"),
            (url("https", "a.com", Some(8443)), "https://a.com:8443"),
            (url("http", "a.com", None), "http://a.com"),
            (url("http", "a.com", Some(443)), "http://a.com:443"),
            (
                url("https", "a.com.evil.com", None),
                "https://a.com.evil.com",
            ),
            (url("http", "[::1]", Some(80)), "http://[::1]"),
        ];
        for (url, origin) in &origins {
            assert_eq!(format!("{}://{}", url.scheme, url.authority()), *origin);
            for (_, other) in &origins {
                assert_eq!(url.is_at(other), other == origin, "{url} {other}");
            }
            assert!(!url.is_at(""), "{url}");
        }
    }
}
