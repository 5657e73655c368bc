//! Whether a request may be sent again when nobody knows if the first one was carried out.
//!
//! After a timeout, a reset or a 502 the server may have done what was asked. Sending the same
//! again is harmless for a request whose meaning is "make it so" (idempotent methods, RFC 9110
//! section 9.2.2), and for one that carries a key by which the server recognises a repetition. For
//! anything else it may charge a card twice. Only the caller knows more: a POST that merely
//! searches, a PUT that appends. So there are three voices, and the first that speaks decides: what
//! the caller [declared](Why::Declared), the [method](Why::IdempotentMethod), the
//! [key](Why::IdempotencyKey).
//!
//! The answer does not matter for a request that certainly was not processed (refused connection,
//! 425, 429): that one may always be repeated.
//!
//! ```
//! use http::{HeaderMap, Method};
//! use steadfast_core::repeatable::{Repeatable, Why, WhyNot};
//!
//! let mut headers = HeaderMap::new();
//! assert_eq!(Repeatable::of(&Method::POST, &headers, None), Repeatable::No(WhyNot::Method));
//! headers.insert("idempotency-key", "8e03978e".parse()?);
//! assert_eq!(Repeatable::of(&Method::POST, &headers, None), Repeatable::Yes(Why::IdempotencyKey));
//! // Some PUTs are not what RFC 9110 says: the caller has the last word.
//! let declared = Repeatable::of(&Method::PUT, &headers, Some(false));
//! assert_eq!(declared, Repeatable::No(WhyNot::Declared));
//! # Ok::<(), http::header::InvalidHeaderValue>(())
//! ```

use std::fmt;

use http::HeaderValue;
use http::{HeaderMap, Method};

/// The header whose value lets a server recognise a repetition
/// (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// May this request be sent again when it was maybe processed?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repeatable {
    /// Yes: a second processing does no harm.
    Yes(Why),
    /// No: it might be carried out twice.
    No(WhyNot),
}

/// Why a request may be repeated. Displayed as the end of "may be repeated: ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The caller or the policy says so.
    Declared,
    /// It carries an idempotency key.
    IdempotencyKey,
    /// Its method is idempotent.
    IdempotentMethod,
}

/// Why a request must not be repeated. Displayed as the end of "not retried: ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhyNot {
    /// The caller or the policy says so.
    Declared,
    /// Its method is not idempotent, and it carries no idempotency key.
    Method,
}

// ===== impl Repeatable =====

impl Repeatable {
    /// The answer for a request with this method and these headers; `declared` is what the caller
    /// or the policy said about it, if anything.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap, declared: Option<bool>) -> Self {
        match declared {
            Some(true) => Self::Yes(Why::Declared),
            Some(false) => Self::No(WhyNot::Declared),
            None if idempotent(method) => Self::Yes(Why::IdempotentMethod),
            None if has_idempotency_key(headers) => Self::Yes(Why::IdempotencyKey),
            None => Self::No(WhyNot::Method),
        }
    }

    /// Is the answer yes?
    #[must_use]
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

impl fmt::Display for Repeatable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes(why) => write!(f, "may be repeated: {why}"),
            Self::No(why) => write!(f, "not retried: {why}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declared => "declared repeatable",
            Self::IdempotencyKey => "it carries an idempotency key",
            Self::IdempotentMethod => "its method is idempotent",
        })
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declared => "declared not repeatable",
            Self::Method => "its method is not idempotent and it carries no idempotency key",
        })
    }
}

/// Does this method only ask, changing nothing? GET, HEAD, OPTIONS and TRACE (RFC 9110 section
/// 9.2.1), and QUERY (draft-ietf-httpbis-safe-method-w-body).
#[must_use]
pub fn safe(method: &Method) -> bool {
    // By name, so that any version of `http` will do for QUERY; method names are case-sensitive.
    matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY"
    )
}

/// Does sending this method twice mean the same as once? The safe methods, PUT and DELETE (RFC 9110
/// section 9.2.2).
#[must_use]
pub fn idempotent(method: &Method) -> bool {
    safe(method) || matches!(method.as_str(), "PUT" | "DELETE")
}

/// Is there an `Idempotency-Key` that names something? Neither blank nor an empty Structured Field
/// String (`""`).
#[must_use]
pub fn has_idempotency_key(headers: &HeaderMap) -> bool {
    headers.get(IDEMPOTENCY_KEY).is_some_and(names_something)
}

/// Neither blank nor an empty Structured Field String (`""`).
pub(crate) fn names_something(value: &HeaderValue) -> bool {
    !matches!(value.as_bytes().trim_ascii(), b"" | b"\"\"")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with_key(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn methods_are_what_rfc_9110_says() {
        for (name, is_safe, is_idempotent) in [
            ("GET", true, true),
            ("HEAD", true, true),
            ("OPTIONS", true, true),
            ("TRACE", true, true),
            ("QUERY", true, true),
            ("PUT", false, true),
            ("DELETE", false, true),
            ("POST", false, false),
            ("PATCH", false, false),
            ("CONNECT", false, false),
            ("PURGE", false, false),
            ("get", false, false),
        ] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(safe(&method), is_safe, "{name}");
            assert_eq!(idempotent(&method), is_idempotent, "{name}");
        }
    }

    #[test]
    fn what_is_declared_wins_over_key_and_method_either_way() {
        let (none, key) = (HeaderMap::new(), with_key("k1"));
        let of = Repeatable::of;
        for headers in [&none, &key] {
            for method in [Method::GET, Method::POST] {
                assert_eq!(
                    of(&method, headers, Some(true)),
                    Repeatable::Yes(Why::Declared)
                );
                assert_eq!(
                    of(&method, headers, Some(false)),
                    Repeatable::No(WhyNot::Declared)
                );
            }
        }
        assert!(!of(&Method::PUT, &none, Some(false)).is_yes());
    }

    #[test]
    fn a_key_makes_a_post_repeatable_unless_it_is_empty() {
        for (value, counts) in [
            ("8e03978e-40d5", true),
            ("\"8e03978e\"", true),
            ("", false),
            ("  ", false),
            ("\"\"", false),
        ] {
            let answer = Repeatable::of(&Method::POST, &with_key(value), None);
            assert_eq!(answer.is_yes(), counts, "{value:?}");
        }
        assert!(!Repeatable::of(&Method::PATCH, &HeaderMap::new(), None).is_yes());
    }

    #[test]
    fn reasons_read_as_sentences() {
        let said =
            |method, declared| Repeatable::of(&method, &HeaderMap::new(), declared).to_string();
        assert_eq!(
            said(Method::GET, None),
            "may be repeated: its method is idempotent"
        );
        assert_eq!(
            said(Method::PUT, Some(false)),
            "not retried: declared not repeatable"
        );
        assert_eq!(
            said(Method::POST, None),
            "not retried: its method is not idempotent and it carries no idempotency key"
        );
    }
}
