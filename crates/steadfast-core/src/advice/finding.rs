//! One thing that was found in an exchange.

use std::fmt;

use crate::hint::{RetryAfter, UsedUpQuota};
use crate::human::Human;

/// Something in this exchange that explains its status or helps with it. Displayed as a sentence
/// without its full stop.
///
/// Texts that come from the exchange are printable, at most 200 characters long, and never a
/// credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A placeholder stands in the path: `{id}`, `:id`, `%7Bid%7D`.
    Unfilled(String),
    /// A value that was empty when the URL was built: `undefined`, `null`, `NaN`, `None`.
    EmptyValue(String),
    /// A value that was printed for debugging: `Some(7)`, `"name"`.
    DebugValue(String),
    /// The path contains `//`.
    EmptySegment,
    /// The path begins or ends, or a part of it does, with a blank or a line break.
    Blank,
    /// The path ends in a slash.
    TrailingSlash,
    /// It was not retried only because it is not known to be safe to send twice.
    HeldBack,
    /// The methods that `Allow` names, and the one that was sent.
    Allow {
        /// The value of `Allow`.
        allowed: String,
        /// The request's method, when known.
        sent: Option<String>,
    },
    /// How the server wants to be authenticated (`WWW-Authenticate`, `Proxy-Authenticate`).
    Challenge {
        /// `Bearer`, `Basic`, ...
        scheme: String,
        /// The `error` code, such as `invalid_token` (RFC 6750 section 3.1).
        error: Option<String>,
    },
    /// The request carried none of the usual credential headers.
    NoCredential,
    /// The server asks for a wait.
    Wait(RetryAfter),
    /// A `Retry-After` that was not read as a hint.
    RetryAfter(String),
    /// A rate limit says that nothing is left of it.
    LimitSpent,
    /// A quota is used up, or a sentence of the answer says so.
    QuotaUsedUp(UsedUpQuota),
    /// A header of the request that matters for this status.
    Sent {
        /// Its name.
        name: &'static str,
        /// Its value; `None` when it was missing.
        value: Option<String>,
    },
    /// A header of the response that says what is wanted instead.
    Wanted {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The answer is a web page: often not from the API but from something in front of it.
    WebPage {
        /// The `Server` header.
        server: Option<String>,
    },
    /// What the body says about itself.
    Says(String),
    /// The id by which the provider's support finds this request.
    RequestId {
        /// The header.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

// ===== impl Finding =====

impl Finding {
    /// A finding that is one fixed sentence.
    const fn fixed(&self) -> Option<&'static str> {
        Some(match self {
            Self::EmptySegment => {
                "the path contains `//`: a value was empty, or a slash is doubled"
            }
            Self::Blank => "the path contains a blank or line break at an edge",
            Self::TrailingSlash => "the path ends in a slash: many servers find it only without",
            Self::NoCredential => "the request carried no Authorization or API key header",
            Self::LimitSpent => "nothing is left of the rate limit",
            Self::HeldBack => {
                "it was not retried, since it may have been carried out: with an Idempotency-Key \
                 (if the API knows it), or declared repeatable, it would be"
            }
            _ => return None,
        })
    }

    /// A finding that quotes a piece of the URL, and what is odd about it.
    fn odd(&self) -> Option<(&str, &'static str)> {
        Some(match self {
            Self::Unfilled(text) => (text, "a placeholder was not filled in"),
            Self::EmptyValue(text) => (text, "a value was probably missing when it was built"),
            Self::DebugValue(text) => (text, "a value was probably formatted for debugging"),
            _ => return None,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sentence) = self.fixed() {
            return f.write_str(sentence);
        }
        if let Some((text, why)) = self.odd() {
            return write!(f, "the URL contains `{text}`: {why}");
        }
        match self {
            Self::Allow { allowed, sent } => {
                let allowed = if allowed.is_empty() {
                    "no method"
                } else {
                    allowed
                };
                write!(f, "the server allows {allowed} here")?;
                optional(f, "; ", sent, " was sent")
            }
            Self::Challenge { scheme, error } => {
                write!(f, "the server wants {scheme} authentication")?;
                optional(f, " and says ", error, "")
            }
            Self::Wait(RetryAfter { wait, source }) => {
                write!(f, "the server asks to wait {} ({source})", Human(*wait))
            }
            Self::RetryAfter(value) => write!(f, "the server sent Retry-After: {value}"),
            Self::QuotaUsedUp(quota) => quota.fmt(f),
            Self::Sent { name, value: None } => write!(f, "the request was sent without {name}"),
            Self::Sent { name, value } => {
                write!(f, "the request was sent with {name}")?;
                optional(f, ": ", value, "")
            }
            Self::Wanted { name, value } => write!(f, "the server says {name}: {value}"),
            Self::WebPage { server } => {
                f.write_str("the answer is a web page, perhaps not from the API itself")?;
                optional(f, " (Server: ", server, ")")
            }
            Self::Says(text) => write!(f, "the server says: {text}"),
            Self::RequestId { name, value } => {
                write!(f, "tell the provider's support {name}: {value}")
            }
            // Written above; named, so that no finding can be forgotten.
            Self::HeldBack
            | Self::Unfilled(_)
            | Self::EmptyValue(_)
            | Self::DebugValue(_)
            | Self::EmptySegment
            | Self::Blank
            | Self::TrailingSlash
            | Self::NoCredential
            | Self::LimitSpent => Ok(()),
        }
    }
}

/// Writes a text with what leads to it and what follows it, when there is one.
fn optional(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    text: &Option<String>,
    after: &str,
) -> fmt::Result {
    match text {
        Some(text) => write!(f, "{before}{text}{after}"),
        None => Ok(()),
    }
}
