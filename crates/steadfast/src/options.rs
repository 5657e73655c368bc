//! What one call wants differently, and where its record goes.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Body, Request, Response};
use reqwest_middleware::RequestBuilder;
use steadfast_core::{Overlay, Record};
use steadfast_tower::{ReplaySource, bodiless};

/// What one call wants differently from its policy; see [`RequestBuilderExt::call`].
#[derive(Clone, Default)]
pub struct CallOptions {
    overlay: Arc<Overlay>,
    policy: Option<Arc<str>>,
    body: Option<Arc<dyn Fn() -> Body + Send + Sync>>,
}

/// Where the record of a call goes, also when it ends in an error.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordSlot(Arc<Mutex<Record>>);

/// What a request builder of a wrapped client can do beyond reqwest.
pub trait RequestBuilderExt: Sized {
    /// Says what this call wants differently from its policy.
    ///
    /// ```
    /// use steadfast::prelude::*;
    ///
    /// # fn order(client: &reqwest_middleware::ClientWithMiddleware) {
    /// let request = client
    ///     .post("https://api.example.com/v1/orders")
    ///     .call(|c| c.repeatable(true).attempts(4).identity("acme"));
    /// # drop(request);
    /// # }
    /// ```
    ///
    /// A value that makes no sense is an error of `send`. Without a steadfast middleware in the chain nothing happens.
    #[must_use]
    fn call(self, options: impl FnOnce(CallOptions) -> CallOptions) -> Self;

    /// Sends the request and tells what happened, also when it ends in a transport error.
    ///
    /// # Cancel safety
    /// Dropping the future drops the call.
    fn send_recorded(
        self,
    ) -> impl Future<Output = (Record, reqwest_middleware::Result<Response>)> + Send;
}

// ===== impl CallOptions =====

impl CallOptions {
    fn change(mut self, change: impl FnOnce(Overlay) -> Overlay) -> Self {
        let overlay = Arc::make_mut(&mut self.overlay);
        *overlay = change(std::mem::take(overlay));
        self
    }

    /// Runs this call under a policy that has a name ([`PoliciesBuilder::named`](crate::PoliciesBuilder::named), or a
    /// policy file), over the state of its endpoint. A name that is not known is an error of `send` that lists those
    /// that are.
    #[must_use]
    pub fn policy(mut self, name: impl Into<Arc<str>>) -> Self {
        self.policy = Some(name.into());
        self
    }

    /// The most attempts of this call, the first included.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        self.change(|overlay| overlay.attempts(attempts))
    }

    /// How long after its start another attempt may start.
    #[must_use]
    pub fn retry_for(self, time: Duration) -> Self {
        self.change(|overlay| overlay.retry_for(time))
    }

    /// Declares that this request is (`true`), or is not (`false`), safe to send twice.
    #[must_use]
    pub fn repeatable(self, repeatable: bool) -> Self {
        self.change(|overlay| overlay.repeatable(repeatable))
    }

    /// For whom the call is made: calls of one identity share budget and rate limit, and no others do.
    #[must_use]
    pub fn identity(self, identity: impl Into<Arc<str>>) -> Self {
        self.change(|overlay| overlay.identity(identity))
    }

    /// Reads a body of up to so many bytes inside the attempt, so that one that breaks off is retried.
    #[must_use]
    pub fn buffer(self, bytes: usize) -> Self {
        self.change(|overlay| overlay.buffer(bytes))
    }

    /// The most time of one attempt, until the response's headers are there.
    #[must_use]
    pub fn attempt_timeout(self, time: Duration) -> Self {
        self.change(|overlay| overlay.attempt_timeout(time))
    }

    /// What each attempt of this call takes from rates and quotas, instead of what its policy says; 0 waits for no rate.
    /// More than the burst of a rate is an error of `send` that names both.
    #[must_use]
    pub fn cost(self, cost: u32) -> Self {
        self.change(|overlay| overlay.cost(cost))
    }

    /// The most time of the whole call, waits included.
    #[must_use]
    pub fn deadline(self, time: Duration) -> Self {
        self.change(|overlay| overlay.deadline(time))
    }

    /// Makes the body anew for each attempt, so that a stream can be sent again. The body of the next attempt is made
    /// before this one is sent, so one more may be made than is sent: a factory should open things late.
    #[must_use]
    pub fn body_factory<B: Into<Body>>(
        mut self,
        factory: impl Fn() -> B + Send + Sync + 'static,
    ) -> Self {
        self.body = Some(Arc::new(move || factory().into()));
        self
    }

    pub(crate) fn policy_name(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    pub(crate) fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    pub(crate) fn shared_overlay(&self) -> Arc<Overlay> {
        Arc::clone(&self.overlay)
    }

    /// The request again, with a body that the factory made.
    pub(crate) fn replay_source(&self) -> Option<ReplaySource<Request>> {
        let factory = self.body.clone()?;
        Some(ReplaySource::new(move |request: &Request| {
            let mut again = bodiless(request);
            *again.body_mut() = Some(factory());
            Some(again)
        }))
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("overlay", &self.overlay)
            .field("policy", &self.policy)
            .field("body_factory", &self.body.is_some())
            .finish()
    }
}

// ===== impl RecordSlot =====

impl RecordSlot {
    pub(crate) fn fill(&self, record: Record) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = record;
    }

    fn take(&self) -> Record {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// ===== impl RequestBuilderExt =====

impl RequestBuilderExt for RequestBuilder {
    fn call(mut self, options: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        let known = self.extensions().get::<CallOptions>().cloned();
        let options = options(known.unwrap_or_default());
        let builder = match &options.body {
            Some(factory) => self.body(factory()),
            None => self,
        };
        builder.with_extension(options)
    }

    async fn send_recorded(self) -> (Record, reqwest_middleware::Result<Response>) {
        let slot = RecordSlot::default();
        let result = self.with_extension(slot.clone()).send().await;
        (slot.take(), result)
    }
}
