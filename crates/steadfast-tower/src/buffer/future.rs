//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::buffer::PeekedBody;
use crate::entry::Unjudged;
use crate::failure::Fault;
use crate::response::{BodyError, PeekedResponse};

pin_project! {
    /// The future of [`Buffer`](super::Buffer).
    #[must_use = "futures do nothing unless polled"]
    pub struct BufferFuture<F, Res: PeekedResponse> {
        #[pin]
        inner: F,
        limit: Option<usize>,
        // Boxed: it is there only where a body is read, and every call would carry its size.
        reading: Option<Box<(Res::Shell, PeekedBody<Res::Body>)>>,
    }
}

impl<F, Res: PeekedResponse> BufferFuture<F, Res> {
    pub(crate) const fn new(inner: F, limit: Option<usize>) -> Self {
        Self {
            inner,
            limit,
            reading: None,
        }
    }
}

impl<F, Res: PeekedResponse> fmt::Debug for BufferFuture<F, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferFuture")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<F, Res, E> Future for BufferFuture<F, Res>
where
    F: Future<Output = Result<Res, Unjudged<E>>>,
    Res: PeekedResponse,
    E: Fault<Inner = E> + From<BodyError<Res>>,
{
    type Output = Result<Res, Unjudged<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(limit) = *this.limit else {
            return this.inner.poll(cx);
        };
        let (shell, mut body) = match this.reading.take() {
            Some(reading) => *reading,
            None => ready!(this.inner.poll(cx))?.open(),
        };
        if body.poll_start(limit, cx).is_pending() {
            *this.reading = Some(Box::new((shell, body)));
            return Poll::Pending;
        }
        Poll::Ready(match body.take_error() {
            Some(error) => Err(Unjudged::read(E::from(error))),
            None => Ok(Res::close(shell, body)),
        })
    }
}
