//! What the layers know of a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::HeaderMap;
use steadfast_core::queue::Rank;
use steadfast_core::{Overlay, Terms};

use crate::budget::Token;
use crate::principal::Principal;
use crate::scope::Scope;

/// What the layers know of a call. Cheap to clone.
///
/// Scope and principal travel here, not in the layers, so that a layer inside of the retry may put others in their place
/// for one attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The policy of the call, with the state of those who share it.
    pub scope: Arc<Scope>,
    /// What the call itself says; most say nothing.
    pub(crate) own_terms: Option<Arc<Terms>>,
    /// For whom the call is made, where that was said; else it is told by what the request shows.
    pub principal: Option<Principal>,
    /// Which attempt this is; 0 before the retry layer numbered it.
    pub attempt: u32,
    /// A retry layer further out is in charge: one further in passes the call through.
    pub retried_outside: bool,
    /// Another attempt could follow this one.
    pub may_follow: bool,
    /// The end of the whole call, if there is one.
    pub deadline: Option<Instant>,
    /// The request carries an idempotency key, and its policy asked for keys.
    pub keyed: bool,
    /// Redirects are followed by a layer further in, which counts them. Otherwise the transport may do it out of sight.
    pub redirects_seen: bool,
    /// What only retries have.
    pub(crate) resend: Option<Arc<Resend>>,
}

/// What only retries have.
#[derive(Debug)]
pub(crate) struct Resend {
    /// What pays for it.
    pub(crate) token: Option<Token>,
    /// Whether the request was let go.
    pub(crate) sent: AtomicBool,
    /// Until then it may start.
    pub(crate) latest_start: Option<Instant>,
}

impl Resend {
    #[cold]
    fn let_go(&self) {
        self.sent.store(true, Ordering::Relaxed);
        if let Some(token) = &self.token {
            token.spend();
        }
    }
}

impl Context {
    /// The context of a call in a scope. `overlay` says what differs for this call, and is checked by the caller.
    #[must_use]
    pub fn new(scope: Arc<Scope>, overlay: Option<&Overlay>) -> Self {
        Self {
            own_terms: overlay.map(|_| Arc::new(Terms::new(scope.policy(), overlay))),
            principal: scope.named_principal(),
            scope,
            attempt: 0,
            retried_outside: false,
            may_follow: false,
            deadline: None,
            keyed: false,
            redirects_seen: false,
            resend: None,
        }
    }

    /// What holds for this call: its own numbers, or the policy's.
    #[must_use]
    #[inline]
    pub fn terms(&self) -> &Terms {
        match &self.own_terms {
            Some(own) => own,
            None => self.scope.policy().terms(),
        }
    }

    /// Where it stands among those who wait.
    pub(crate) fn rank(&self) -> Rank {
        Rank::new(self.terms().priority, self.attempt.saturating_sub(1))
    }

    /// The same call under other terms.
    #[must_use]
    pub fn under(self, terms: Terms) -> Self {
        let own_terms = Some(Arc::new(terms));
        Self { own_terms, ..self }
    }

    /// For whom a call with these headers is made.
    #[must_use]
    pub fn principal_of(&self, headers: &HeaderMap) -> Principal {
        self.principal
            .unwrap_or_else(|| self.scope.principal(headers))
    }

    /// The latest start that makes sense: for a retry the end of the time for retrying, for any attempt the deadline.
    pub(crate) fn latest_start(&self) -> Option<Instant> {
        let resend = self.resend.as_ref();
        resend
            .and_then(|resend| resend.latest_start)
            .or(self.deadline)
    }

    /// The request is let go.
    #[inline]
    pub(crate) fn sent(&self) {
        if let Some(resend) = &self.resend {
            resend.let_go();
        }
    }
}
