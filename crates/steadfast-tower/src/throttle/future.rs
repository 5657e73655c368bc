//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use crate::call::Call;
use crate::fault::{Failure, Reply};
use crate::throttle::queue::{Cell, Entry, Queue, Turn};

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<S, R>
    where
        S: Service<Call<R>>,
    {
        // Boxed: it is there only where a rate is, and every call would carry its size.
        held: Option<Box<(S, Call<R>)>>,
        #[pin]
        stage: Stage<S::Future>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        Entering { queue: Arc<Queue> },
        Waiting { turn: Turn },
        Ready { cell: Option<Cell> },
        Sending { #[pin] future: F },
    }
}

impl<S: Service<Call<R>>, R> ThrottleFuture<S, R> {
    #[inline(always)]
    pub(crate) fn send(future: S::Future) -> Self {
        Self {
            held: None,
            stage: Stage::Sending { future },
        }
    }

    pub(crate) fn queue(queue: &Arc<Queue>, inner: S, call: Call<R>) -> Self {
        let queue = Arc::clone(queue);
        Self {
            held: Some(Box::new((inner, call))),
            stage: Stage::Entering { queue },
        }
    }
}

impl<S: Service<Call<R>>, R> fmt::Debug for ThrottleFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Entering { .. } => "ThrottleFuture::Entering",
            Stage::Waiting { .. } => "ThrottleFuture::Waiting",
            Stage::Ready { .. } => "ThrottleFuture::Ready",
            Stage::Sending { .. } => "ThrottleFuture::Sending",
        })
    }
}

impl<S, R, Res, E> Future for ThrottleFuture<S, R>
where
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => return future.poll(cx),
                StageProjection::Entering { queue } => {
                    let latest = this
                        .held
                        .as_ref()
                        .and_then(|held| held.1.context.latest_start());
                    match queue.enter(latest) {
                        Entry::Admitted(cell) => Stage::Ready { cell: Some(cell) },
                        Entry::Wait(turn) => Stage::Waiting { turn },
                        Entry::Refused(limit) => return Poll::Ready(Err(Failure::limit(limit))),
                    }
                }
                StageProjection::Waiting { turn } => Stage::Ready {
                    cell: Some(ready!(turn.as_mut().poll(cx))),
                },
                StageProjection::Ready { cell } => {
                    let Some(held) = this.held.as_mut() else {
                        return Poll::Pending;
                    };
                    ready!(held.0.poll_ready(cx))?;
                    if let Some(cell) = cell.take() {
                        cell.spend();
                    }
                    let Some((mut inner, call)) = this.held.take().map(|held| *held) else {
                        return Poll::Pending;
                    };
                    Stage::Sending {
                        future: inner.call(call),
                    }
                }
            };
            this.stage.set(next);
        }
    }
}
