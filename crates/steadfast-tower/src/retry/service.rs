//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::request::{HttpRequest, Replayer};
use crate::response::PeekedResponse;
use crate::retry::RetryFuture;
use crate::retry::course::Course;

/// Sends calls again, as the policy says.
#[derive(Clone, Debug)]
pub struct Retry<P, S> {
    replayer: P,
    inner: S,
}

impl<P, S> Retry<P, S> {
    /// Wraps a service of calls.
    pub const fn new(replayer: P, inner: S) -> Self {
        Self { replayer, inner }
    }
}

impl<P, S, R, Res, E> Service<Call<R>> for Retry<P, S>
where
    P: Replayer<R>,
    R: HttpRequest,
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = RetryFuture<P, S, R, Res>;

    /// Ready at once: the layer below is asked before each attempt, on the instance that sends it.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        RetryFuture::new(self.replayer.clone(), self.inner.clone(), Course::new(call))
    }
}
