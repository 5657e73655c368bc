//! What one call wants differently, and where its record goes.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

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
pub(crate) struct RecordSlot(Arc<Mutex<Option<Record>>>);

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

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $need:ident;)*) => {
        /// What can differ from the policy for one call.
        impl CallOptions {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(self, value: $type) -> Self {
                    self.change(|overlay| overlay.$name(value))
                }
            )*
        }
    };
}

steadfast_core::overlay_rows!(setters);

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

    /// For whom the call is made: calls of one identity share budget and rate limit, and no others do. It is shown in
    /// spans and in warnings of quotas, so give a name, never a credential.
    #[must_use]
    pub fn identity(self, identity: impl Into<Arc<str>>) -> Self {
        self.change(|overlay| overlay.identity(identity))
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }

    fn take(&self) -> Option<Record> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
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
        let record = slot.take().unwrap_or_else(|| match &result {
            // It could not be built, so no layer has seen it.
            Err(error) if error.is_builder() => Record::unsent(),
            _ => Record::FIRST_TRY,
        });
        (record, result)
    }
}
