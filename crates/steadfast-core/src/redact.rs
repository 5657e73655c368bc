//! URLs without their secrets, for spans, logs and errors.
//!
//! A URL is printed in more places than any other part of a request, and people put passwords, API
//! keys and signatures into it. Whoever shows one goes through here. What is hidden is written
//! `REDACTED`, the word of the OpenTelemetry semantic conventions for `url.full`:
//!
//! * user and password in front of the host;
//! * the values of query parameters that commonly carry secrets, [`SECRET_KEYS`], that end in one of [`SECRET_ENDS`], or
//!   that are named like a header of [`CREDENTIAL_HEADERS`];
//! * the values of other parameters that are a URL with such a secret in it, percent-encoded or not;
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

/// How the names of further secrets end, whatever stands before it: `oauth_token`, `consumerSecret`, `webhook-signature`.
pub const SECRET_ENDS: [&str; 5] = ["token", "secret", "key", "password", "signature"];

/// The query parameters whose values are hidden. Compared after percent-decoding, without regard to
/// case and to `-`, `_` and `.` (so `apiKey`, `api-key` and `api_key` are one); in `user[password]` and `api_key[]`
/// each of the names counts.
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

/// How often a value is percent-decoded, and how deep a URL may stand in another one, to be looked into.
const DEEPEST: u8 = 3;

/// Shows a URL without its secrets; allocates only to look into a value that is percent-encoded.
#[derive(Clone, Copy)]
pub struct RedactedUrl<'a>(&'a str);

/// Shows a query (what stands between `?` and `#`) without its secrets; allocates as [`RedactedUrl`] does.
#[derive(Clone, Copy)]
pub struct RedactedQuery<'a>(&'a str);

/// This URL without its secrets; borrowed when there are none. It may be absolute or relative.
#[must_use]
pub fn redact_url(url: &str) -> Cow<'_, str> {
    let parts = Parts::of(url);
    let has_query_secret = |query| has_secret(query, DEEPEST);
    if parts.has_user() || parts.query.is_some_and(has_query_secret) || parts.fragment.is_some() {
        Cow::Owned(RedactedUrl(url).to_string())
    } else {
        Cow::Borrowed(url)
    }
}

/// This query without its secrets; borrowed when there are none.
#[must_use]
pub fn redact_query(query: &str) -> Cow<'_, str> {
    if has_secret(query, DEEPEST) {
        Cow::Owned(RedactedQuery(query).to_string())
    } else {
        Cow::Borrowed(query)
    }
}

/// Are the values of this query parameter hidden? `key` as it stands in the query, encoded or not.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let mut name = Name::default();
    // Brackets separate names; at the end of the key the last one ends.
    bare(key).chain([b']']).any(|byte| match byte {
        b'[' | b']' => std::mem::take(&mut name).is_secret(),
        byte => {
            name.push(byte);
            false
        }
    })
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
            match secret_at(pair, DEEPEST) {
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
    fragment: Option<&'a str>,
}

// ===== impl Parts =====

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (url, fragment) = match url.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (url, None),
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
        let authority = &rest[..rest.find(['/', '\\']).unwrap_or(rest.len())];
        let at = authority.rfind('@').filter(|at| {
            // Without a scheme it may be a path or a mail address; only `user:password@host` is a login.
            let (user, host) = (&authority[..*at], &authority[at + 1..]);
            let has_password = user.find(':').is_some_and(|colon| colon > 0);
            !scheme.is_empty() || (has_password && !host.is_empty())
        });
        let (userinfo, host_and_path) = match at {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        Self {
            scheme,
            userinfo,
            host_and_path,
            query,
            fragment,
        }
    }

    fn has_user(&self) -> bool {
        self.userinfo.is_some_and(|user| !user.is_empty())
    }
}

fn has_secret(query: &str, depth: u8) -> bool {
    query
        .split('&')
        .any(|pair| secret_at(pair, depth).is_some())
}

/// Whether a value is a URL that holds a secret, as it is written or once it is decoded.
fn hides_secret(value: &str, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let parts = Parts::of(value);
    let queries = [parts.query, parts.fragment].into_iter().flatten();
    if parts.has_user() || queries.into_iter().any(|query| has_secret(query, depth)) {
        return true;
    }
    let encoded = value.contains('%').then(|| decoded(value));
    encoded.is_some_and(|value| hides_secret(&value, depth))
}

fn decoded(value: &str) -> String {
    let mut bytes = value.bytes();
    let bytes = std::iter::from_fn(|| next_decoded(&mut bytes)).collect::<Vec<_>>();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where in `key=value` a secret value begins, or one that is a URL with a secret; it reaches to the end. Some servers
/// also split at `;`, so keys behind one are looked at too, but a secret value is not taken to end there. An
/// empty value hides nothing.
fn secret_at(pair: &str, depth: u8) -> Option<usize> {
    let mut start = 0;
    for piece in pair.split(';') {
        if let Some((key, value)) = piece.split_once('=') {
            let at = start + key.len() + 1;
            if at < pair.len() && (is_secret_key(key) || hides_secret(value, depth)) {
                return Some(at);
            }
        }
        start += piece.len() + 1;
    }
    None
}

/// A name, of which the end is kept: all of it, if it is no longer than any that is known.
#[derive(Clone, Copy, Debug, Default)]
struct Name {
    end: [u8; Self::KEPT],
    length: usize,
}

impl Name {
    const KEPT: usize = 32;

    fn push(&mut self, byte: u8) {
        if self.length >= Self::KEPT {
            self.end.copy_within(1.., 0);
        }
        self.end[self.length.min(Self::KEPT - 1)] = byte;
        self.length += 1;
    }

    fn is_secret(self) -> bool {
        let end = &self.end[..self.length.min(Self::KEPT)];
        let mut known = SECRET_KEYS.iter().chain(&CREDENTIAL_HEADERS);
        let is_whole = self.length <= Self::KEPT;
        SECRET_ENDS
            .iter()
            .any(|known| end.ends_with(known.as_bytes()))
            || (is_whole && known.any(|known| bare(known).eq(end.iter().copied())))
    }
}

/// The bytes of a key that are compared: percent-decoded, in lower case, without separators.
fn bare(key: &str) -> impl Iterator<Item = u8> + '_ {
    let mut bytes = key.bytes();
    std::iter::from_fn(move || next_decoded(&mut bytes))
        .filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b'+' | b' '))
        .map(|byte| byte.to_ascii_lowercase())
}

/// The next byte, percent-decoded.
fn next_decoded(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let byte = bytes.next()?;
    let mut ahead = bytes.clone();
    if byte == b'%' {
        if let (Some(high), Some(low)) = (ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            *bytes = ahead;
            return Some(high * 16 + low);
        }
    }
    Some(byte)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
