//! The service.

use std::task::{Context, Poll};

use steadfast_core::Overlay;
use tower_service::Service;

use crate::buffer::BufferFuture;
use crate::call::Call;
use crate::entry::Unjudged;
use crate::fault::Fault;
use crate::response::{BodyError, WholeResponse};
use crate::scope::Handle;

/// Reads bodies inside the attempt, where policy or call say so.
#[derive(Clone, Debug)]
pub struct Buffer<H, S> {
    scope: H,
    inner: S,
}

impl<H, S> Buffer<H, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, inner: S) -> Self {
        Self { scope, inner }
    }
}

impl<H, S, R, E> Service<Call<R>> for Buffer<H, S>
where
    H: Handle,
    S: Service<Call<R>, Error = Unjudged<E>>,
    S::Response: WholeResponse,
    E: Fault<Inner = E> + From<BodyError<S::Response>>,
{
    type Response = S::Response;
    type Error = Unjudged<E>;
    type Future = BufferFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let own = call.context.overlay().and_then(Overlay::buffer_value);
        let limit = own.or(self.scope.policy().buffer);
        BufferFuture::new(self.inner.call(call), limit)
    }
}
