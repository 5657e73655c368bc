//! The future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::entry::Unjudged;
use crate::fault::Limit;

pin_project! {
    /// The future of [`Timeout`](super::Timeout).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        end: Option<(Instant, Limit)>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<F> TimeoutFuture<F> {
    pub(crate) const fn new(inner: F, end: Option<(Instant, Limit)>) -> Self {
        Self {
            inner,
            end,
            timer: None,
        }
    }
}

impl<F, Res, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<Res, Unjudged<E>>>,
{
    type Output = Result<Res, Unjudged<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result);
        }
        let Some((at, limit)) = *this.end else {
            return Poll::Pending;
        };
        if this.timer.is_none() {
            this.timer.set(Some(tokio::time::sleep_until(at.into())));
        }
        match this.timer.as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(Unjudged::Limit(limit))),
            _ => Poll::Pending,
        }
    }
}
