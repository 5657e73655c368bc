//! The service.

use std::task::{Context, Poll};
use std::time::Instant;

use tower_service::Service;

use crate::call::Call;
use crate::clock;
use crate::entry::Unjudged;
use crate::fault::Limit;
use crate::scope::{self, Handle};
use crate::timeout::TimeoutFuture;

/// Ends attempts in time, where policy or call say so.
#[derive(Clone, Debug)]
pub struct Timeout<H, S> {
    scope: H,
    inner: S,
}

impl<H, S> Timeout<H, S> {
    /// Wraps a service of calls.
    pub const fn new(scope: H, inner: S) -> Self {
        Self { scope, inner }
    }
}

impl<H, S, R, E> Service<Call<R>> for Timeout<H, S>
where
    H: Handle,
    S: Service<Call<R>, Error = Unjudged<E>>,
{
    type Response = S::Response;
    type Error = Unjudged<E>;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let overlay = call.context.overlay();
        let time = scope::attempt_timeout(self.scope.policy(), overlay);
        let deadline = call.context.deadline.map(|at| (at, Limit::Deadline));
        let attempt = time.and_then(|time| {
            let at = clock::now().checked_add(time)?;
            Some((at, Limit::AttemptTimeout(time)))
        });
        TimeoutFuture::new(self.inner.call(call), earlier(attempt, deadline))
    }
}

/// Whichever ends first; the deadline when both do.
fn earlier(
    attempt: Option<(Instant, Limit)>,
    deadline: Option<(Instant, Limit)>,
) -> Option<(Instant, Limit)> {
    match (attempt, deadline) {
        (Some(attempt), Some(deadline)) if attempt.0 < deadline.0 => Some(attempt),
        (attempt, deadline) => deadline.or(attempt),
    }
}
