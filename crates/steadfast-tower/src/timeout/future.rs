//! The future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::entry::Unjudged;
use steadfast_core::Refusal;

pin_project! {
    /// The future of [`Timeout`](super::Timeout).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TimeoutFuture<F> {
        #[pin]
        inner: F,
        // Boxed: most calls have no limit, and every call would carry the size of a timer.
        end: Option<Box<End>>,
    }
}

#[derive(Debug)]
struct End {
    at: Instant,
    refusal: Refusal,
    /// Made when the transport is pending for the first time.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F> TimeoutFuture<F> {
    #[inline]
    pub(crate) const fn without(inner: F) -> Self {
        Self { inner, end: None }
    }

    pub(crate) fn new(inner: F, end: Option<(Instant, Refusal)>) -> Self {
        let end = end.map(|(at, refusal)| {
            let timer = None;
            Box::new(End { at, refusal, timer })
        });
        Self { inner, end }
    }
}

impl<F, Res, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<Res, Unjudged<E>>>,
{
    type Output = Result<Res, Unjudged<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(end) = this.end else {
            return this.inner.poll(cx);
        };
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result);
        }
        let at = end.at.into();
        let timer = end
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        timer
            .as_mut()
            .poll(cx)
            .map(|()| Err(Unjudged::Refused(end.refusal)))
    }
}
