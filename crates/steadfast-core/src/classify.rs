//! A user's own word on an outcome: a `200` with an error inside, a `409` that passes by itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};

use crate::outcome::Outcome;
use crate::url::UrlParts;

/// The most bytes of a body that a classifier is shown.
pub const PEEK_LIMIT: usize = 16 * 1024;

/// What a classifier sees of one attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's URL.
    pub url: UrlParts<'a>,
    /// The request's headers, credentials among them: do not log them.
    pub request_headers: &'a HeaderMap,
    /// The status, or how the transport failed.
    pub outcome: Outcome,
    /// The response's headers; `None` when there was no response.
    pub headers: Option<&'a HeaderMap>,
    /// The start of the body, at most [`PEEK_LIMIT`] bytes; `None` until the classifier answers
    /// [`Opinion::ReadBody`], and when there was no response.
    pub body_start: Option<&'a [u8]>,
}

/// What a classifier thinks of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opinion {
    /// No opinion: the policy's rules decide.
    #[default]
    Abstain,
    /// Worth another attempt, as under [`Rule::RETRY`](crate::Rule::RETRY).
    Retry,
    /// The same, and not before this much time has passed.
    RetryAfter(Duration),
    /// Return it; no further attempt.
    Forbid,
    /// Show me the start of the body, then ask again. Asked a second time, this is [`Abstain`](Self::Abstain).
    ReadBody,
}

/// A classifier closure, cheap to clone.
#[derive(Clone)]
pub struct Classifier(Arc<dyn Fn(&Exchange<'_>) -> Opinion + Send + Sync>);

impl<'a> Exchange<'a> {
    /// Puts what is known of an attempt together.
    #[must_use]
    pub const fn new(
        method: &'a Method,
        url: UrlParts<'a>,
        request_headers: &'a HeaderMap,
        outcome: Outcome,
        headers: Option<&'a HeaderMap>,
        body_start: Option<&'a [u8]>,
    ) -> Self {
        Self {
            method,
            url,
            request_headers,
            outcome,
            headers,
            body_start,
        }
    }
}

impl Classifier {
    /// Takes a closure.
    pub fn new(closure: impl Fn(&Exchange<'_>) -> Opinion + Send + Sync + 'static) -> Self {
        Self(Arc::new(closure))
    }

    /// Asks it.
    #[must_use]
    pub fn opinion(&self, exchange: &Exchange<'_>) -> Opinion {
        (self.0)(exchange)
    }
}

/// Closures are equal when they are the same one.
impl PartialEq for Classifier {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Classifier(..)")
    }
}
