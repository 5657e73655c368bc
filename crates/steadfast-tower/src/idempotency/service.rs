//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::request::HttpRequest;

/// Gives each call a key, where its policy says so.
#[derive(Clone, Debug)]
pub struct Idempotency<S> {
    inner: S,
}

impl<S> Idempotency<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R> Service<Call<R>> for Idempotency<S>
where
    R: HttpRequest,
    S: Service<Call<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut call: Call<R>) -> Self::Future {
        if call
            .context
            .scope
            .policy()
            .retry()
            .idempotency_key
            .is_some()
        {
            give_key(&mut call);
        }
        self.inner.call(call)
    }
}

#[cold]
fn give_key<R: HttpRequest>(call: &mut Call<R>) {
    let policy = call.context.scope.policy();
    let Some(key) = &policy.retry().idempotency_key else {
        return;
    };
    let request = &mut *call.request;
    // A scope checks that keys are only asked for where they can be made.
    #[cfg(feature = "idempotency")]
    if key.is_needed(request.method(), request.headers()) {
        // A UUID has no character that a header may not carry.
        if let Ok(value) = key.value(&uuid::Uuid::new_v4().to_string()) {
            request.headers_mut().insert(key.name().clone(), value);
        }
    }
    call.context.keyed = key.is_in(request.headers());
}
