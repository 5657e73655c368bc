//! The service.

use std::task::{Context, Poll};

use tower_service::Service;

use crate::call::Call;
use crate::entry::Unjudged;
use crate::fault::{Failure, Reply};
use crate::judge::JudgeFuture;
use crate::judge::head::Head;
use crate::request::HttpRequest;
use crate::response::WholeResponse;
use crate::scope::Handle;

/// Judges responses and errors.
#[derive(Clone, Debug)]
pub struct Judge<H, S> {
    scope: H,
    inner: S,
}

impl<H, S> Judge<H, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, inner: S) -> Self {
        Self { scope, inner }
    }
}

impl<H, S, R, E> Service<Call<R>> for Judge<H, S>
where
    H: Handle,
    R: HttpRequest,
    S: Service<Call<R>, Error = Unjudged<E>>,
    S::Response: WholeResponse,
{
    type Response = Reply<S::Response>;
    type Error = Failure<E>;
    type Future = JudgeFuture<H, S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let policy = self.scope.policy();
        let judge = |error: Unjudged<E>| error.judged(policy, None);
        self.inner.poll_ready(cx).map_err(judge)
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let asked = self.scope.policy().classifier.is_some();
        let head = asked.then(|| Box::new(Head::of(&call.request)));
        let may_follow = call.context.may_follow;
        JudgeFuture::new(self.scope.clone(), head, may_follow, self.inner.call(call))
    }
}
