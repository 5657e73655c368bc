//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;
use crate::throttle::ThrottleFuture;

/// Paces attempts, by what the policy says and by what servers say.
#[derive(Clone, Debug)]
pub struct Throttle<S> {
    inner: S,
}

impl<S> Throttle<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<Call<R>> for Throttle<S>
where
    R: HttpRequest,
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = ThrottleFuture<S, R>;

    /// Ready at once: the layer below is asked after the wait, so that nothing there is held while waiting.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        ThrottleFuture::new(&self.inner, call)
    }
}
