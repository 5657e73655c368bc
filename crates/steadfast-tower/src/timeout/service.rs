//! The service.

use std::task::{Context, Poll};
use std::time::Instant;

use tower_service::Service;

use crate::call::Call;
use crate::clock;
use crate::entry::Unjudged;
use crate::timeout::TimeoutFuture;
use steadfast_core::Refusal;

/// Ends attempts in time, where policy or call say so.
#[derive(Clone, Debug)]
pub struct Timeout<S> {
    inner: S,
}

impl<S> Timeout<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, E> Service<Call<R>> for Timeout<S>
where
    S: Service<Call<R>, Error = Unjudged<E>>,
{
    type Response = S::Response;
    type Error = Unjudged<E>;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        let (deadline, attempt) = (call.context.deadline, call.context.terms().attempt_timeout);
        if deadline.is_none() && attempt.is_none() {
            return TimeoutFuture::without(self.inner.call(call));
        }
        let deadline = deadline.map(|at| (at, Refusal::DeadlinePassed));
        let attempt = attempt.and_then(|after| {
            let at = clock::now().checked_add(after)?;
            Some((at, Refusal::AttemptTimeout { after }))
        });
        TimeoutFuture::new(self.inner.call(call), earlier(attempt, deadline))
    }
}

/// Whichever ends first; the deadline when both do.
fn earlier(
    attempt: Option<(Instant, Refusal)>,
    deadline: Option<(Instant, Refusal)>,
) -> Option<(Instant, Refusal)> {
    match (attempt, deadline) {
        (Some(attempt), Some(deadline)) if attempt.0 < deadline.0 => Some(attempt),
        (attempt, deadline) => deadline.or(attempt),
    }
}
