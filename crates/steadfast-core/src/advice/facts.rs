//! What is known of an exchange.

use http::{HeaderMap, Method, StatusCode};

use crate::hint::{Hints, UsedUpQuota};

/// What [`Advice::about`](super::Advice::about) looks at: a status and the response's headers, and
/// as much more as is at hand.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The response's status.
    pub status: StatusCode,
    /// The response's headers.
    pub headers: &'a HeaderMap,
    /// The request's method.
    pub method: Option<&'a Method>,
    /// The request's path as it was sent, with its query if there is one.
    pub path: &'a str,
    /// The request's headers. Of credentials only their presence is looked at.
    pub request_headers: Option<&'a HeaderMap>,
    /// The start of the response's body, as far as it was read.
    pub body_start: &'a [u8],
    /// What the server said about time.
    pub hints: Hints,
    /// The quota that is used up, when the server says so.
    pub quota: Option<UsedUpQuota>,
    /// It was not retried only because it is not known to be safe to send twice.
    pub held_back: bool,
}

// ===== impl Facts =====

impl<'a> Facts<'a> {
    /// The least there is: a status and the headers of the response.
    #[must_use]
    pub fn new(status: StatusCode, headers: &'a HeaderMap) -> Self {
        Self {
            status,
            headers,
            method: None,
            path: "",
            request_headers: None,
            body_start: &[],
            hints: Hints::default(),
            quota: None,
            held_back: false,
        }
    }

    /// It was not retried only because it is not known to be safe to send twice.
    #[must_use]
    pub fn held_back(mut self) -> Self {
        self.held_back = true;
        self
    }

    /// The request's method.
    #[must_use]
    pub fn method(mut self, method: &'a Method) -> Self {
        self.method = Some(method);
        self
    }

    /// The request's path as it was sent, percent-encoded, with `?` and its query if there is one.
    #[must_use]
    pub fn path(mut self, path: &'a str) -> Self {
        self.path = path;
        self
    }

    /// The request's headers, as far as they are known: a credential that is added later is not
    /// seen.
    #[must_use]
    pub fn request_headers(mut self, headers: &'a HeaderMap) -> Self {
        self.request_headers = Some(headers);
        self
    }

    /// The start of the response's body.
    #[must_use]
    pub fn body_start(mut self, body_start: &'a [u8]) -> Self {
        self.body_start = body_start;
        self
    }

    /// What the server said about time, from [`Hints::read_refusal`].
    #[must_use]
    pub fn hints(mut self, hints: Hints) -> Self {
        self.hints = hints;
        self
    }

    /// The quota that is used up, from [`spent_quota`](crate::hint::spent_quota).
    #[must_use]
    pub fn quota(mut self, quota: Option<UsedUpQuota>) -> Self {
        self.quota = quota;
        self
    }
}
