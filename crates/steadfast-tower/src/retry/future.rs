//! The future: send, judge, wait, send again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use pin_project_lite::pin_project;
use steadfast_core::Refusal;
use tokio::time::Sleep;
use tower_service::Service;

use crate::budget::Token;
use crate::buffer::Whole;
use crate::call::Call;
use crate::failure::Failure;
use crate::late::Late;
use crate::reply::Reply;
use crate::request::{HttpRequest, Replayer};
use crate::response::WholeResponse;
use crate::retry::course::{Course, Next};

pin_project! {
    /// The future of [`Retry`](super::Retry).
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<P, S, R, Res>
    where
        S: Service<Call<R>>,
        Res: WholeResponse,
    {
        replayer: P,
        course: Course<R>,
        inner: S,
        #[pin]
        stage: Stage<S::Future, Res>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, Res: WholeResponse> {
        /// The next attempt waits for the layer below to be ready.
        Ready { token: Option<Token>, late: Late },
        /// An attempt is under way.
        Sending { #[pin] future: F },
        /// Between two attempts. Boxed: no call that succeeds at once has one, and each would carry its size.
        Waiting { wait: Box<Waiting<Res>> },
    }
}

/// A wait between two attempts.
struct Waiting<Res: WholeResponse> {
    sleep: Pin<Box<Sleep>>,
    drain: Option<Drain<Res>>,
    token: Option<Token>,
}

/// A refused response on its way out.
struct Drain<Res: WholeResponse> {
    body: Whole<Res::Body>,
    left: usize,
}

impl<P, S, R, Res> RetryFuture<P, S, R, Res>
where
    S: Service<Call<R>>,
    Res: WholeResponse,
{
    #[inline(always)]
    pub(crate) fn new(replayer: P, inner: S, course: Course<R>) -> Self {
        Self {
            replayer,
            course,
            inner,
            stage: Stage::Ready {
                token: None,
                late: Late::default(),
            },
        }
    }
}

impl<P, S, R, Res> fmt::Debug for RetryFuture<P, S, R, Res>
where
    S: Service<Call<R>>,
    Res: WholeResponse,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture")
            .field("course", &self.course)
            .finish_non_exhaustive()
    }
}

impl<P, S, R, Res, E> Future for RetryFuture<P, S, R, Res>
where
    P: Replayer<R>,
    R: HttpRequest,
    Res: WholeResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let course = this.course;
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    let mut result = ready!(future.poll(cx));
                    if let Ok(reply) = &mut result {
                        let hops = reply.notes.hops;
                        if reply.judged.is_accepted() && course.is_first_try() && hops.is_none() {
                            if let Some(record) = Course::<R>::first_try(&reply.notes) {
                                reply.record = record;
                            }
                            return Poll::Ready(result);
                        }
                    }
                    match course.follow(&result) {
                        Next::HandBack(record) => return Poll::Ready(with_record(result, record)),
                        Next::Wait(until, token) => {
                            let most = course.drain();
                            Stage::wait(until, token, result.ok().map(|reply| reply.response), most)
                        }
                    }
                }
                StageProjection::Ready { token, late } => {
                    let ready = match this.inner.poll_ready(cx) {
                        Poll::Ready(ready) => ready,
                        Poll::Pending => {
                            ready!(late.poll(course.deadline(), cx));
                            Err(Failure::refused(Refusal::DeadlinePassed))
                        }
                    };
                    if let Err(failure) = ready {
                        return Poll::Ready(Err(course.not_ready(failure)));
                    }
                    let Some(request) = course.take(this.replayer) else {
                        return Poll::Pending;
                    };
                    let context = course.depart(&request, this.replayer, token);
                    let mut call = Call::boxed(request, context);
                    call.kept = course.kept();
                    let future = this.inner.call(call);
                    Stage::Sending { future }
                }
                StageProjection::Waiting { wait } => {
                    let drain = wait.drain.as_mut();
                    if drain.is_some_and(|drain| drain.poll(cx).is_ready()) {
                        wait.drain = None;
                    }
                    ready!(wait.sleep.as_mut().poll(cx));
                    Stage::Ready {
                        token: wait.token.take(),
                        late: Late::default(),
                    }
                }
            };
            this.stage.set(next);
        }
    }
}

/// Attaches the record of the call, if there is one.
fn with_record<Res, E>(
    mut result: Result<Reply<Res>, Failure<E>>,
    record: Option<steadfast_core::Record>,
) -> Result<Reply<Res>, Failure<E>> {
    if let Some(record) = record {
        match &mut result {
            Ok(reply) => reply.record = record,
            Err(failure) => failure.record = record,
        }
    }
    result
}

// ===== impl Stage =====

impl<F, Res: WholeResponse> Stage<F, Res> {
    /// The wait before the next attempt, with the refused response on its way out.
    fn wait(until: Instant, token: Option<Token>, refused: Option<Res>, most: usize) -> Self {
        let wait = Box::new(Waiting {
            sleep: Box::pin(tokio::time::sleep_until(until.into())),
            drain: refused.and_then(|response| Drain::of(response, most)),
            token,
        });
        Self::Waiting { wait }
    }
}

// ===== impl Drain =====

impl<Res: WholeResponse> Drain<Res> {
    /// `None` when its connection is better given up: it is misdirected (421), or too long to be read.
    fn of(response: Res, most: usize) -> Option<Self> {
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if response.status().as_u16() == 421 || length.is_some_and(|length| length > most as u64) {
            return None;
        }
        let (_, body) = response.open();
        Some(Self { body, left: most })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.body.poll_drain(&mut self.left, cx)
    }
}
