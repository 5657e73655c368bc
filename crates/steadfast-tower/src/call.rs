//! What travels inward: the request with what the layers know of its call.
//!
//! `reqwest::Request` keeps its extensions to itself, so the layers pass a plain struct by value. An outer adapter
//! ([`Entry`](crate::Entry)) makes it, the innermost layer ([`Transport`](crate::Transport)) takes it apart. Every layer
//! in between may change the request.

use std::fmt;
use std::sync::Arc;

use crate::context::Context;

/// A request with what the layers know of its call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call<R> {
    /// The request as it will be sent. Boxed, since every layer moves it, and a `reqwest::Request` has a quarter of a
    /// kilobyte.
    pub request: Box<R>,
    /// What the layers know of the call.
    pub context: Context,
    /// Makes the request again, where its body cannot be copied.
    pub replay: Option<ReplaySource<R>>,
    /// The request as the retry layer keeps it for another attempt, if it does: for layers that find out afterwards that
    /// they have to know more of it.
    pub kept: Option<Arc<R>>,
}

/// Makes a request again, for bodies that cannot be copied.
pub struct ReplaySource<R>(Arc<Again<R>>);

type Again<R> = dyn Fn(&R) -> Option<R> + Send + Sync;

impl<R> Call<R> {
    /// A call with its context.
    #[must_use]
    #[inline]
    pub fn new(request: R, context: Context) -> Self {
        Self::boxed(Box::new(request), context)
    }

    /// The same for a request that is boxed already.
    #[must_use]
    #[inline]
    pub const fn boxed(request: Box<R>, context: Context) -> Self {
        Self {
            request,
            context,
            replay: None,
            kept: None,
        }
    }

    /// The same call, with a way to make its request again.
    #[must_use]
    pub fn replayed_by(mut self, source: Option<ReplaySource<R>>) -> Self {
        self.replay = source;
        self
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
