//! URLs without their secrets, for spans, logs and errors.
//!
//! A URL is printed in more places than any other part of a request, and people put passwords, API
//! keys and signatures into it. Whoever shows one goes through here. What is hidden is written
//! `REDACTED`, the word of the OpenTelemetry semantic conventions for `url.full`:
//!
//! * user and password in front of the host;
//! * the values of query parameters that commonly carry secrets, [`SECRET_KEYS`], or that are named like a header of
//!   [`CREDENTIAL_HEADERS`];
//! * the fragment, which is dropped: it never reaches a server, and OAuth puts tokens there.
//!
//! Everything else stays byte for byte. Secrets in a *path* cannot be recognised; use route
//! templates.
//!
//! ```
//! use steadfast_core::redact::redact_url;
//!
//! let url = "https://ada:pa55@api.example.com/v1/items?page=2&api_key=51ca#top";
//! let shown = "https://REDACTED:REDACTED@api.example.com/v1/items?page=2&api_key=REDACTED";
//! assert_eq!(redact_url(url), shown);
//! ```

use std::borrow::Cow;
use std::fmt;

use crate::credential::CREDENTIAL_HEADERS;

/// What stands in the place of a secret.
pub const REDACTED: &str = "REDACTED";

/// The query parameters whose values are hidden. Compared after percent-decoding, without regard to
/// case and to `-`, `_` and `.` (so `apiKey`, `api-key` and `api_key` are one); in `user[password]`
/// the name in the last brackets counts as well.
pub const SECRET_KEYS: &[&str] = &[
    // Signed URLs: Azure, CloudFront and others, AWS, Google Cloud, and the older forms of both.
    "sig",
    "signature",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "awsaccesskeyid",
    "googleaccessid",
    "hmac",
    // API keys.
    "key",
    "api_key",
    "x_api_key",
    "app_key",
    "app_id", // OpenWeather's key
    "hapikey",
    "access_key",
    "secret_key",
    "private_key",
    "subscription_key",
    "ocp_apim_subscription_key",
    // Tokens, OAuth (RFC 6749, 7521, 7636) and sessions.
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "session_token",
    "csrf_token",
    "auth",
    "authorization",
    "bearer",
    "jwt",
    "code",
    "code_verifier",
    "assertion",
    "client_assertion",
    "session",
    "session_id",
    // Passwords.
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "client_secret",
    "app_secret",
    "credential",
    "credentials",
    "otp",
];

/// Shows a URL without its secrets; allocates nothing.
#[derive(Clone, Copy)]
pub struct RedactedUrl<'a>(&'a str);

/// Shows a query (what stands between `?` and `#`) without its secrets; allocates nothing.
#[derive(Clone, Copy)]
pub struct RedactedQuery<'a>(&'a str);

/// This URL without its secrets; borrowed when there are none. It may be absolute or relative.
#[must_use]
pub fn redact_url(url: &str) -> Cow<'_, str> {
    let parts = Parts::of(url);
    let secret = parts.userinfo.is_some_and(|userinfo| !userinfo.is_empty())
        || parts.query.is_some_and(has_secret)
        || parts.has_fragment;
    if secret {
        Cow::Owned(RedactedUrl(url).to_string())
    } else {
        Cow::Borrowed(url)
    }
}

/// This query without its secrets; borrowed when there are none.
#[must_use]
pub fn redact_query(query: &str) -> Cow<'_, str> {
    if has_secret(query) {
        Cow::Owned(RedactedQuery(query).to_string())
    } else {
        Cow::Borrowed(query)
    }
}

/// Are the values of this query parameter hidden? `key` as it stands in the query, encoded or not.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let all = || SECRET_KEYS.iter().chain(&CREDENTIAL_HEADERS);
    let listed = |key: &str| all().any(|secret| bare(secret).eq(bare(key)));
    listed(key) || in_brackets(key).is_some_and(listed)
}

// ===== impl RedactedUrl =====

impl<'a> RedactedUrl<'a> {
    /// Wraps a URL, absolute or relative.
    #[must_use]
    pub const fn new(url: &'a str) -> Self {
        Self(url)
    }
}

impl fmt::Display for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = Parts::of(self.0);
        f.write_str(parts.scheme)?;
        match parts.userinfo {
            Some("") => f.write_str("@")?,
            Some(userinfo) if userinfo.contains(':') => write!(f, "{REDACTED}:{REDACTED}@")?,
            Some(_) => write!(f, "{REDACTED}@")?,
            None => {}
        }
        f.write_str(parts.host_and_path)?;
        match parts.query {
            Some(query) => write!(f, "?{}", RedactedQuery(query)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// ===== impl RedactedQuery =====

impl<'a> RedactedQuery<'a> {
    /// Wraps a query, without its `?`.
    #[must_use]
    pub const fn new(query: &'a str) -> Self {
        Self(query)
    }
}

impl fmt::Display for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.split('&').enumerate() {
            if index > 0 {
                f.write_str("&")?;
            }
            match secret_at(pair) {
                Some(value) => write!(f, "{}{REDACTED}", &pair[..value])?,
                None => f.write_str(pair)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL at its seams (RFC 3986 section 3).
struct Parts<'a> {
    /// With `://`; empty when the URL is relative.
    scheme: &'a str,
    userinfo: Option<&'a str>,
    host_and_path: &'a str,
    query: Option<&'a str>,
    has_fragment: bool,
}

// ===== impl Parts =====

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (url, has_fragment) = match url.split_once('#') {
            Some((before, _)) => (before, true),
            None => (url, false),
        };
        let (hierarchy, query) = match url.split_once('?') {
            Some((hierarchy, query)) => (hierarchy, Some(query)),
            None => (url, None),
        };
        let authority = hierarchy.find("//").map_or(0, |slashes| slashes + 2);
        let (scheme, rest) = match hierarchy[..authority].trim_end_matches('/') {
            // Two slashes further on belong to the path.
            before if before.is_empty() || before.ends_with(':') => hierarchy.split_at(authority),
            _ => ("", hierarchy),
        };
        let (userinfo, host_and_path) = match (scheme, rest.find(['/', '\\'])) {
            ("", _) => (None, rest),
            (_, end) => match rest[..end.unwrap_or(rest.len())].rfind('@') {
                Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
                None => (None, rest),
            },
        };
        Self {
            scheme,
            userinfo,
            host_and_path,
            query,
            has_fragment,
        }
    }
}

fn has_secret(query: &str) -> bool {
    query.split('&').any(|pair| secret_at(pair).is_some())
}

/// Where in `key=value` a secret value begins; it reaches to the end. Some servers also split at
/// `;`, so keys behind one are looked at too, but a secret value is not taken to end there. An
/// empty value hides nothing.
fn secret_at(pair: &str) -> Option<usize> {
    let mut start = 0;
    for piece in pair.split(';') {
        if let Some((key, _)) = piece.split_once('=') {
            let value = start + key.len() + 1;
            if value < pair.len() && is_secret_key(key) {
                return Some(value);
            }
        }
        start += piece.len() + 1;
    }
    None
}

/// `password` of `user[password]`, brackets encoded or not.
fn in_brackets(key: &str) -> Option<&str> {
    let inner = key
        .strip_suffix(']')
        .or_else(|| key.strip_suffix("%5D"))
        .or_else(|| key.strip_suffix("%5d"))?;
    let open = inner.rfind('[').map(|at| at + 1);
    let encoded = inner.rfind("%5B").or_else(|| inner.rfind("%5b"));
    let open = open.max(encoded.map(|at| at + 3))?;
    Some(&inner[open..])
}

/// The bytes of a key that are compared: percent-decoded, in lower case, without separators.
fn bare(key: &str) -> impl Iterator<Item = u8> + '_ {
    let mut bytes = key.bytes();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        let mut ahead = bytes.clone();
        if byte == b'%' {
            if let (Some(high), Some(low)) =
                (ahead.next().and_then(hex), ahead.next().and_then(hex))
            {
                bytes = ahead;
                return Some(high * 16 + low);
            }
        }
        Some(byte)
    })
    .filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b'+' | b' '))
    .map(|byte| byte.to_ascii_lowercase())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
