//! What is answered when a call has failed for good.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::cost::RequestHead;
use crate::outcome::Outcome;
use crate::record::Record;

/// What is answered when a call has failed for good: a response that is always the same, or what a closure says.
///
/// ```
/// use http::StatusCode;
/// use steadfast_core::{FallbackResponse, Policy};
///
/// let empty = FallbackResponse::new(StatusCode::OK).body("[]");
/// let suggestions = Policy::standard().fallback(empty.clone());
/// let chosen = Policy::standard().fallback_with(move |call| {
///     let is_down = call.outcome.status().is_none_or(|status| status.is_server_error());
///     is_down.then(|| empty.clone())
/// });
/// # suggestions.prepare()?;
/// # chosen.prepare()?;
/// # Ok::<(), steadfast_core::InvalidPolicy>(())
/// ```
#[derive(Clone)]
pub struct Fallback(Source);

#[derive(Clone)]
enum Source {
    Always(FallbackResponse),
    With(Arc<Closure>),
}

type Closure = dyn Fn(&FailedCall<'_>) -> Option<FallbackResponse> + Send + Sync;

/// A call that has failed for good: it was not accepted, and no further attempt follows.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FailedCall<'a> {
    /// The request as the call began, credentials among its headers: do not log them.
    pub request: RequestHead<'a>,
    /// How the last attempt ended.
    pub outcome: Outcome,
    /// What happened.
    pub record: &'a Record,
}

/// The response that takes the place of a failed call. Default: no headers, no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FallbackResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Arc<[u8]>,
}

// ===== impl Fallback =====

impl Fallback {
    /// The same response whenever a call has failed.
    #[must_use]
    pub const fn always(response: FallbackResponse) -> Self {
        Self(Source::Always(response))
    }

    /// What a closure says; with `None` the caller gets what came of the call.
    pub fn with(
        closure: impl Fn(&FailedCall<'_>) -> Option<FallbackResponse> + Send + Sync + 'static,
    ) -> Self {
        Self(Source::With(Arc::new(closure)))
    }

    /// What is answered in place of this call; `None` leaves it as it is.
    #[must_use]
    pub fn answer(&self, call: &FailedCall<'_>) -> Option<FallbackResponse> {
        match &self.0 {
            Source::Always(response) => Some(response.clone()),
            Source::With(closure) => closure(call),
        }
    }

    /// The response, where it is always the same.
    #[must_use]
    pub const fn fixed(&self) -> Option<&FallbackResponse> {
        match &self.0 {
            Source::Always(response) => Some(response),
            Source::With(_) => None,
        }
    }
}

/// Closures are equal when they are the same one.
impl PartialEq for Fallback {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Source::Always(a), Source::Always(b)) => a == b,
            (Source::With(a), Source::With(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Always(response) => f.debug_tuple("Always").field(response).finish(),
            Source::With(_) => f.write_str("With(..)"),
        }
    }
}

// ===== impl FailedCall =====

impl<'a> FailedCall<'a> {
    /// Puts what is known of it together.
    #[must_use]
    pub const fn new(request: RequestHead<'a>, outcome: Outcome, record: &'a Record) -> Self {
        Self {
            request,
            outcome,
            record,
        }
    }
}

// ===== impl FallbackResponse =====

impl FallbackResponse {
    /// A response with this status and nothing else.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Arc::from([]),
        }
    }

    /// With a header, beside those that were set before.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into().into();
        self
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }
}
