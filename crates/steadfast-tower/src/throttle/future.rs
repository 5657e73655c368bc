//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use steadfast_core::{Record, Short};
use tower_service::Service;

use crate::call::Call;
use crate::clock;
use crate::fault::{Failure, Limit, Reply};
use crate::late::Late;
use crate::throttle::queue::{Cell, Entry, Queue, Turn};

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<S, R>
    where
        S: Service<Call<R>>,
    {
        // Boxed: it is there only where a rate is, and every call would carry its size.
        held: Option<Box<Held<S, R>>>,
        #[pin]
        stage: Stage<S::Future>,
    }
}

/// What waits.
struct Held<S, R> {
    /// Until it is sent.
    call: Option<(S, Call<R>)>,
    queued: Queued,
}

/// The time in the queue.
#[derive(Clone, Copy, Debug)]
enum Queued {
    Not,
    Since(Instant),
    For(Duration),
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        Entering { queue: Arc<Queue> },
        Waiting { turn: Turn },
        Ready { cell: Option<Cell>, late: Late },
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
            held: Some(Box::new(Held {
                call: Some((inner, call)),
                queued: Queued::Not,
            })),
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
                StageProjection::Sending { future } => {
                    let Some(held) = this.held else {
                        return future.poll(cx);
                    };
                    let result = ready!(future.poll(cx));
                    return Poll::Ready(match held.queued {
                        Queued::For(time) => told(result, time),
                        _ => result,
                    });
                }
                StageProjection::Entering { queue } => {
                    let Some(held) = this.held else {
                        return Poll::Pending;
                    };
                    let call = held.call.as_ref();
                    let latest = call.and_then(|(_, call)| call.context.latest_start());
                    match queue.enter(latest) {
                        Entry::Admitted(cell) => Stage::Ready {
                            cell: Some(cell),
                            late: Late::default(),
                        },
                        Entry::Wait(turn) => {
                            held.queued = Queued::Since(clock::now());
                            Stage::Waiting { turn }
                        }
                        Entry::Refused(limit) => return Poll::Ready(Err(Failure::limit(limit))),
                    }
                }
                StageProjection::Waiting { turn } => {
                    let cell = Some(ready!(turn.as_mut().poll(cx)));
                    if let Some(held) = this.held {
                        held.queued = held.queued.ended();
                    }
                    Stage::Ready {
                        cell,
                        late: Late::default(),
                    }
                }
                StageProjection::Ready { cell, late } => {
                    let held = this.held.as_mut().and_then(|held| held.call.as_mut());
                    if let Some((inner, call)) = held {
                        if inner.poll_ready(cx)?.is_pending() {
                            ready!(late.poll(call.context.deadline, cx));
                            return Poll::Ready(Err(Failure::limit(Limit::Deadline)));
                        }
                    }
                    if let Some(cell) = cell.take() {
                        cell.spend();
                    }
                    let held = this.held.as_mut().and_then(|held| held.call.take());
                    let Some((mut inner, call)) = held else {
                        return Poll::Pending;
                    };
                    let future = inner.call(call);
                    Stage::Sending { future }
                }
            };
            this.stage.set(next);
        }
    }
}

impl Queued {
    fn ended(self) -> Self {
        match self {
            Self::Since(since) => {
                let time = clock::now().saturating_duration_since(since);
                event(time);
                Self::For(time)
            }
            other => other,
        }
    }
}

/// Tells the layers further out how long it stood in the queue.
fn told<Res, E>(
    mut result: Result<Reply<Res>, Failure<E>>,
    queued: Duration,
) -> Result<Reply<Res>, Failure<E>> {
    match &mut result {
        Ok(reply) => reply.record = Record::after_queue(queued),
        Err(failure) if failure.record.elapsed().is_none() => {
            failure.record = Record::after_queue(queued);
        }
        Err(_) => {}
    }
    result
}

fn event(queued: Duration) {
    tracing::event!(
        target: "steadfast",
        tracing::Level::DEBUG,
        steadfast.queued_ms = u64::try_from(queued.as_millis()).unwrap_or(u64::MAX),
        "waited {} for the rate limit",
        Short(queued)
    );
}
