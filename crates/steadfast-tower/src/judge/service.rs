//! The service.

use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::entry::Unjudged;
use crate::failure::Failure;
use crate::head::Head;
use crate::judge::JudgeFuture;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;

/// Judges responses and errors.
#[derive(Clone, Debug)]
pub struct Judge<S> {
    inner: S,
}

impl<S> Judge<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, E> Service<Call<R>> for Judge<S>
where
    R: HttpRequest,
    S: Service<Call<R>, Error = Unjudged<E>>,
    S::Response: PeekedResponse,
{
    type Response = Reply<S::Response>;
    type Error = Failure<E>;
    type Future = JudgeFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Unjudged::not_ready)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let scope = Arc::clone(&call.context.scope);
        let asked = scope.policy().retry().classifier.is_some();
        let head = asked.then(|| Box::new(Head::of(&*call.request)));
        let (may_follow, keyed) = (call.context.may_follow, call.context.keyed);
        JudgeFuture::new(scope, head, may_follow, self.inner.call(call)).keyed(keyed)
    }
}
