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
        if self.asked && self.goes_at_once(&call) {
            return ThrottleFuture::send(self.inner.call(call));
        }
        self.pay(call)
    }
}

impl<H: Handle, S> Throttle<H, S> {
    /// Whether nothing limits this call, or its rates have a cell each.
    #[inline(always)]
    fn goes_at_once<R>(&self, call: &Call<R>) -> bool {
        !self.scope.limits().has_rates() || self.takes_at_once(call)
    }

    #[inline(never)]
    fn takes_at_once<R>(&self, call: &Call<R>) -> bool {
        let own = call.context.overlay().and_then(Overlay::cost_value);
        // What a closure says of the cost is more than can be asked here.
        let cost = own.or_else(|| self.scope.policy().cost.fixed());
        cost.is_some_and(|cost| self.scope.limits().take_at_once(cost))
    }

    /// Whoever waits holds nothing below: what was made ready for it is given up.
    #[cold]
    #[inline(never)]
    fn pay<R>(&mut self, call: Call<R>) -> ThrottleFuture<H, S, R>
    where
        R: HttpRequest,
        S: Service<Call<R>> + Clone,
    {
        if self.asked {
            self.inner = self.inner.clone();
        }
        ThrottleFuture::pay(self.scope.clone(), self.inner.clone(), call)
    }
}
