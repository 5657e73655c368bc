//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::failure::Failure;
use crate::fallback::FallbackFuture;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;

/// Answers for calls that have failed for good, where their policy says so.
#[derive(Clone, Debug)]
pub struct Fallback<S> {
    inner: S,
}

impl<S> Fallback<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<Call<R>> for Fallback<S>
where
    R: HttpRequest,
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = FallbackFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        FallbackFuture::new(call, |call| self.inner.call(call))
    }
}
