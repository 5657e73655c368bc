//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::fault::{Failure, Reply};
use crate::request::{HttpRequest, Replayer};
use crate::response::WholeResponse;
use crate::retry::{Course, RetryFuture};
use crate::scope::Handle;

/// Sends calls again, as the policy says.
#[derive(Clone, Debug)]
pub struct Retry<H, P, S> {
    scope: H,
    replayer: P,
    inner: S,
}

impl<H, P, S> Retry<H, P, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, replayer: P, inner: S) -> Self {
        Self {
            scope,
            replayer,
            inner,
        }
    }
}

impl<H, P, S, R, Res, E> Service<Call<R>> for Retry<H, P, S>
where
    H: Handle,
    P: Replayer<R>,
    R: HttpRequest,
    Res: WholeResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = RetryFuture<H, P, S, R, Res>;

    /// Ready at once: the layer below is asked before each attempt, on the instance that sends it.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let course = Course::new(&self.scope, call, None);
        RetryFuture::new(
            self.scope.clone(),
            self.replayer.clone(),
            self.inner.clone(),
            course,
        )
    }
}

/// The same over a course that the caller holds.
impl<'c, H, P, S, R, Res, E> Service<&'c mut Course<R>> for Retry<H, P, S>
where
    H: Handle,
    P: Replayer<R>,
    R: HttpRequest,
    Res: WholeResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = RetryFuture<H, P, S, R, Res, &'c mut Course<R>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    fn call(&mut self, course: &'c mut Course<R>) -> Self::Future {
        RetryFuture::new(
            self.scope.clone(),
            self.replayer.clone(),
            self.inner.clone(),
            course,
        )
    }
}
