//! [`Rewrite`]: what a redirect does to method and body.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode};

/// What a redirect does to the request (RFC 9110 15.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rewrite {
    /// The method and the body stay.
    Nothing,
    /// The body is dropped; the method stays, since it is `HEAD` or `GET` already.
    DropBody,
    /// The method becomes `GET`, and the body is dropped.
    BecomeGet,
}

impl Rewrite {
    /// The change that a status asks for; `None` when it is not one that is followed.
    #[must_use]
    pub fn of(status: StatusCode, method: &Method) -> Option<Self> {
        match status.as_u16() {
            301 | 302 if *method == Method::POST => Some(Self::BecomeGet),
            301 | 302 | 307 | 308 => Some(Self::Nothing),
            303 if matches!(*method, Method::GET | Method::HEAD) => Some(Self::DropBody),
            303 => Some(Self::BecomeGet),
            _ => None,
        }
    }

    /// Whether the body is dropped.
    #[must_use]
    pub const fn drops_body(self) -> bool {
        matches!(self, Self::DropBody | Self::BecomeGet)
    }

    /// Changes the method and the headers that describe a body.
    pub fn apply(self, method: &mut Method, headers: &mut HeaderMap) {
        if self == Self::BecomeGet {
            *method = Method::GET;
        }
        if self.drops_body() {
            for name in [
                CONTENT_TYPE,
                CONTENT_LENGTH,
                CONTENT_ENCODING,
                TRANSFER_ENCODING,
            ] {
                headers.remove(name);
            }
        }
    }
}
