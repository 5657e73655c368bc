//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::fault::{Failure, Reply};
use crate::scope::Handle;
use crate::throttle::ThrottleFuture;

/// Paces attempts, where the policy says so.
#[derive(Clone, Debug)]
pub struct Throttle<H, S> {
    scope: H,
    inner: S,
}

impl<H, S> Throttle<H, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, inner: S) -> Self {
        Self { scope, inner }
    }
}

impl<H, S, R, Res, E> Service<Call<R>> for Throttle<H, S>
where
    H: Handle,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = ThrottleFuture<S, R>;

    /// Ready at once when there is a rate: the layer below is asked after the wait, so that nothing there is held
    /// while waiting.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self.scope.queue() {
            Some(_) => Poll::Ready(Ok(())),
            None => self.inner.poll_ready(cx),
        }
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        match self.scope.queue() {
            Some(queue) => ThrottleFuture::queue(queue, self.inner.clone(), call),
            None => ThrottleFuture::send(self.inner.call(call)),
        }
    }
}
