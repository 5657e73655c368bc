//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use super::ConcurrencyFuture;
use crate::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;

/// Limits how many attempts are under way at once, where the policy says so.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit<S> {
    inner: S,
}

impl<S> ConcurrencyLimit<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<Call<R>> for ConcurrencyLimit<S>
where
    R: HttpRequest,
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = ConcurrencyFuture<S, R>;

    /// Ready when the layer below is: most policies have no limit, and then this layer does nothing.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        match call.context.scope.permits() {
            None => ConcurrencyFuture::unlimited(self.inner.call(call)),
            Some(_) => ConcurrencyFuture::limited(&mut self.inner, call),
        }
    }
}
