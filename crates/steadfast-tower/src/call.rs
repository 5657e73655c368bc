//! What travels inward: the request and what the layers know of its call.
//!
//! `reqwest::Request` keeps its extensions to itself, so the layers pass a plain struct by value. An outer adapter
//! ([`Entry`](crate::Entry)) makes it, the innermost layer ([`Transport`](crate::Transport)) takes it apart.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use steadfast_core::Overlay;

use crate::request::HttpRequest;

/// A request with what the layers know of its call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call<R> {
    /// The request as it will be sent.
    pub request: R,
    /// What the layers know of the call.
    pub context: Context,
    /// How to make the request again when it cannot be copied: a body factory.
    pub source: Option<ReplaySource<R>>,
}

/// What the layers know of a call. Cheap to clone.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// Which attempt this is; 0 before the retry layer numbered it.
    pub attempt: u32,
    /// A retry layer further out is in charge: one further in passes the call through.
    pub retried_outside: bool,
    /// The end of the whole call, if there is one.
    pub deadline: Option<Instant>,
    /// Until then this attempt may start; set for attempts after the first.
    pub latest_start: Option<Instant>,
    /// What this call wants differently from its policy.
    pub overlay: Option<Arc<Overlay>>,
}

/// The beginning of a call, however it is handed over: what the call's span tells.
pub trait Begin {
    /// The request.
    type Request: HttpRequest;

    /// The request, if it was not sent yet.
    fn request(&self) -> Option<&Self::Request>;
    /// What this call wants differently from its policy.
    fn overlay(&self) -> Option<&Overlay>;
    /// Whether a retry layer further out is in charge.
    fn is_retried_outside(&self) -> bool;
}

/// Makes a request again, for bodies that cannot be copied.
pub struct ReplaySource<R>(Arc<Again<R>>);

type Again<R> = dyn Fn(&R) -> Option<R> + Send + Sync;

impl<R> Call<R> {
    /// A call of which nothing is known yet.
    #[must_use]
    #[inline(always)]
    pub fn new(request: R) -> Self {
        Self::with_context(request, Context::default())
    }

    /// A call with its context.
    #[must_use]
    #[inline(always)]
    pub const fn with_context(request: R, context: Context) -> Self {
        Self {
            request,
            context,
            source: None,
        }
    }
}

impl<R: HttpRequest> Begin for Call<R> {
    type Request = R;

    fn request(&self) -> Option<&R> {
        Some(&self.request)
    }

    fn overlay(&self) -> Option<&Overlay> {
        self.context.overlay.as_deref()
    }

    fn is_retried_outside(&self) -> bool {
        self.context.retried_outside
    }
}

impl<R> ReplaySource<R> {
    /// Takes a closure that makes the request again from the one that is about to be sent.
    pub fn new(again: impl Fn(&R) -> Option<R> + Send + Sync + 'static) -> Self {
        Self(Arc::new(again))
    }

    pub(crate) fn replay(&self, request: &R) -> Option<R> {
        (self.0)(request)
    }
}

impl<R> Clone for ReplaySource<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> fmt::Debug for ReplaySource<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplaySource(..)")
    }
}
