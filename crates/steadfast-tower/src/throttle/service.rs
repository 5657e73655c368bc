//! The service.

use std::task::{Context, Poll};

use steadfast_core::Overlay;
use tower_service::Service;

use crate::call::Call;
use crate::fault::{Failure, Reply};
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::scope::Handle;
use crate::throttle::ThrottleFuture;

/// Paces attempts, by what the policy says and by what servers say.
#[derive(Clone, Debug)]
pub struct Throttle<H, S> {
    scope: H,
    inner: S,
    /// The layer below is ready for the next call.
    asked: bool,
}

impl<H, S> Throttle<H, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, inner: S) -> Self {
        let asked = false;
        Self {
            scope,
            inner,
            asked,
        }
    }
}

impl<H, S, R, Res, E> Service<Call<R>> for Throttle<H, S>
where
    H: Handle,
    R: HttpRequest,
    Res: HttpResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = ThrottleFuture<H, S, R>;

    /// Ready at once when there may be something to wait for: the layer below is asked after the wait, so that nothing
    /// there is held while waiting.
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if self.scope.limits().is_involved() {
            self.asked = false;
            return Poll::Ready(Ok(()));
        }
        let ready = self.inner.poll_ready(cx);
        self.asked = ready.is_ready();
        ready
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        if std::mem::take(&mut self.asked) {
            let limits = self.scope.limits();
            if !limits.has_rates() || limits.take_at_once(self.cost(&call)) {
                return ThrottleFuture::send(self.scope.clone(), self.inner.call(call));
            }
            // Whoever waits holds nothing below: what was made ready for it is given up.
            self.inner = self.inner.clone();
        }
        ThrottleFuture::pay(self.scope.clone(), self.inner.clone(), call)
    }
}

impl<H: Handle, S> Throttle<H, S> {
    /// What the call costs, if that is known without looking at it; otherwise more than any burst.
    fn cost<R>(&self, call: &Call<R>) -> u32 {
        let own = call.context.overlay().and_then(Overlay::cost_value);
        own.or_else(|| self.scope.policy().cost.fixed())
            .unwrap_or(u32::MAX)
    }
}
