//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::buffer::BufferFuture;
use crate::call::Call;
use crate::entry::Unjudged;
use crate::failure::Fault;
use crate::response::{BodyError, PeekedResponse};

/// Reads bodies inside the attempt, where policy or call say so.
#[derive(Clone, Debug)]
pub struct Buffer<S> {
    inner: S,
}

impl<S> Buffer<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, E> Service<Call<R>> for Buffer<S>
where
    S: Service<Call<R>, Error = Unjudged<E>>,
    S::Response: PeekedResponse,
    E: Fault<Inner = E> + From<BodyError<S::Response>>,
{
    type Response = S::Response;
    type Error = Unjudged<E>;
    type Future = BufferFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let limit = call.context.terms().buffer;
        BufferFuture::new(self.inner.call(call), limit)
    }
}
