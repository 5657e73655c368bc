//! The request that the next attempt sends.

use std::sync::Arc;

use http::Method;

use crate::request::HttpRequest;

/// A request that was not sent yet.
pub(super) enum Unsent<R> {
    /// Nobody else has it: the call's own, before the first attempt, or a copy.
    Own(Box<R>),
    /// A copy, which layers further in may look at while the attempt before is under way.
    Kept(Arc<R>),
}

impl<R> Unsent<R> {
    pub(super) fn request(&self) -> &R {
        match self {
            Self::Own(request) => request,
            Self::Kept(kept) => kept,
        }
    }

    /// Nobody else has it.
    pub(super) fn is_free(&mut self) -> bool {
        match self {
            Self::Own(_) => true,
            // Without a `Weak` beside it there will not be another one.
            Self::Kept(kept) => Arc::get_mut(kept).is_some(),
        }
    }

    pub(super) fn into_request(self) -> Option<Box<R>> {
        match self {
            Self::Own(request) => Some(request),
            Self::Kept(kept) => Arc::into_inner(kept).map(Box::new),
        }
    }
}

/// Method and host, for the record.
pub(super) fn head_of<R: HttpRequest>(request: &R) -> (Method, String) {
    (
        request.method().clone(),
        request.url().authority().to_string(),
    )
}
