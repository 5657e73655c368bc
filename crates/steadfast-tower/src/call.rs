//! What travels inward: the request and what the layers know of its call.
//!
//! `reqwest::Request` keeps its extensions to itself, so the layers pass a plain struct by value. An outer adapter
//! ([`Entry`](crate::Entry)) makes it, the innermost layer ([`Transport`](crate::Transport)) takes it apart.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use steadfast_core::Overlay;

use crate::budget::Token;
use crate::request::HttpRequest;

/// A request with what the layers know of its call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Call<R> {
    /// The request as it will be sent.
    pub request: R,
    /// What the layers know of the call.
    pub context: Context,
}

/// What the layers know of a call. Cheap to clone.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// Which attempt this is; 0 before the retry layer numbered it.
    pub attempt: u32,
    /// A retry layer further out is in charge: one further in passes the call through.
    pub retried_outside: bool,
    /// Another attempt could follow this one.
    pub may_follow: bool,
    /// The end of the whole call, if there is one.
    pub deadline: Option<Instant>,
    /// What few calls have, behind one pointer: every call carries its size.
    pub(crate) rare: Option<Arc<Rare>>,
}

/// What few calls have.
#[derive(Debug, Default)]
pub(crate) struct Rare {
    /// What this call wants differently from its policy.
    pub(crate) overlay: Option<Arc<Overlay>>,
    /// What pays for it, if it is a retry.
    pub(crate) token: Option<Token>,
    /// Until then it may start, if it is a retry.
    #[cfg_attr(
        not(feature = "throttle"),
        expect(dead_code, reason = "queues alone make late")
    )]
    pub(crate) latest_start: Option<Instant>,
}

impl Context {
    /// The context of a call that wants something differently from its policy.
    #[must_use]
    pub fn with_overlay(overlay: Arc<Overlay>) -> Self {
        let overlay = Some(overlay);
        let rare = Rare {
            overlay,
            ..Rare::default()
        };
        Self {
            rare: Some(Arc::new(rare)),
            ..Self::default()
        }
    }

    /// What this call wants differently from its policy.
    #[must_use]
    #[inline]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.rare.as_ref()?.overlay.as_deref()
    }

    pub(crate) fn shared_overlay(&self) -> Option<Arc<Overlay>> {
        self.rare.as_ref()?.overlay.clone()
    }

    /// The latest start that makes sense: for a retry the end of the time for retrying, for any attempt the deadline.
    #[cfg(feature = "throttle")]
    pub(crate) fn latest_start(&self) -> Option<Instant> {
        let rare = self.rare.as_ref();
        rare.and_then(|rare| rare.latest_start).or(self.deadline)
    }

    /// The request is let go.
    #[inline]
    pub(crate) fn sent(&self) {
        if let Some(token) = self.rare.as_ref().and_then(|rare| rare.token.as_ref()) {
            token.spend();
        }
    }
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
        Self { request, context }
    }
}

impl<R: HttpRequest> Begin for Call<R> {
    type Request = R;

    fn request(&self) -> Option<&R> {
        Some(&self.request)
    }

    fn overlay(&self) -> Option<&Overlay> {
        self.context.overlay()
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
