//! The future of both spans.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::failure::Failure;
use crate::reply::Reply;
use crate::response::HttpResponse;

pin_project! {
    /// The future of [`CallSpan`](super::CallSpan) and [`AttemptSpan`](super::AttemptSpan).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct SpanFuture<F> {
        // Before the span, so that what ends with the future ends inside of it.
        #[pin]
        inner: F,
        // Boxed: it is there only when somebody listens, and every call would carry its size.
        span: Option<Box<Span>>,
        kind: SpanKind,
    }
}

/// Which span it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// The call's: tells the attempts and why it ended.
    Call,
    /// One attempt's: tells status and verdict.
    Attempt,
}

impl<F> SpanFuture<F> {
    #[inline]
    pub(crate) const fn unseen(inner: F, kind: SpanKind) -> Self {
        let span = None;
        Self { inner, span, kind }
    }

    pub(crate) fn new(inner: F, span: Span, kind: SpanKind) -> Self {
        let span = Some(Box::new(span));
        Self { inner, span, kind }
    }
}

impl<F, Res, E> Future for SpanFuture<F>
where
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
    Res: HttpResponse,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(span) = this.span else {
            return this.inner.poll(cx);
        };
        let entered = span.enter();
        let result = ready!(this.inner.poll(cx));
        drop(entered);
        match this.kind {
            SpanKind::Call => super::ended::call(span, &result),
            SpanKind::Attempt => super::ended::attempt(span, &result),
        }
        Poll::Ready(result)
    }
}
