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
use crate::call::Call;
use crate::failure::Failure;
use crate::late::Late;
use crate::reply::Reply;
use crate::request::{HttpRequest, Replayer};
use crate::response::{HttpResponse, WholeResponse};
use crate::retry::course::Course;
use crate::retry::held::Held;
use crate::retry::next::{Due, Fee, Next};

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
        // What the last attempt brought, until the next one is answered.
        held: Option<Box<Held<Res, S::Error>>>,
        #[pin]
        stage: Stage<S::Future, Res, S::Error>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, Res: WholeResponse, E> {
        /// The next attempt waits for the layer below to be ready.
        Ready { token: Option<Token>, late: Late },
        /// An attempt is under way.
        Sending { #[pin] future: F },
        /// Between two attempts. Boxed: no call that succeeds at once has one, and each would carry its size.
        Waiting { wait: Box<Waiting<Res, E>> },
    }
}

/// A wait between two attempts.
struct Waiting<Res: WholeResponse, F> {
    sleep: Pin<Box<Sleep>>,
    held: Held<Res, F>,
    fee: Fee,
}

impl<P, S, R, Res> RetryFuture<P, S, R, Res>
where
    S: Service<Call<R>>,
    Res: WholeResponse,
{
    #[inline]
    pub(crate) fn new(replayer: P, inner: S, course: Course<R>) -> Self {
        Self {
            replayer,
            course,
            inner,
            held: None,
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

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let course = this.course;
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    let mut result = ready!(future.poll(cx));
                    if let Ok(reply) = &mut result {
                        if course.is_over_at_once(reply) {
                            return Poll::Ready(result);
                        }
                    }
                    match course.follow(&result) {
                        Next::HandBack(record) => return Poll::Ready(with_record(result, record)),
                        Next::Refused(record) => {
                            let last = this.held.take().and_then(|mut held| held.release());
                            return Poll::Ready(with_record(last.unwrap_or(result), Some(record)));
                        }
                        Next::Wait(until, fee) => Stage::wait(until, fee, result, course.drain()),
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
                        let failure = course.not_ready(failure);
                        let last = this.held.take().filter(|_| failure.is_refused());
                        let Some(last) = last.and_then(|mut held| held.release()) else {
                            return Poll::Ready(Err(failure));
                        };
                        return Poll::Ready(with_record(last, Some(failure.report.record)));
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
                    let _ = wait.held.poll(cx);
                    ready!(wait.sleep.as_mut().poll(cx));
                    wait.held.settle();
                    let token = match &mut wait.fee {
                        Fee::Paid(token) => token.take(),
                        Fee::Owed(price) => match course.pay(*price) {
                            Due::Paid(token) => Some(token),
                            Due::Later(at) => {
                                wait.sleep.as_mut().reset(at.into());
                                continue;
                            }
                            Due::Never(record) => match wait.held.release() {
                                Some(result) => {
                                    return Poll::Ready(with_record(result, Some(record)));
                                }
                                None => return Poll::Pending,
                            },
                        },
                    };
                    let held = std::mem::replace(&mut wait.held, Held::Gone);
                    *this.held = Some(Box::new(held));
                    Stage::Ready {
                        token,
                        late: Late::default(),
                    }
                }
            };
            this.stage.set(next);
        }
    }
}

/// Attaches the record of the call, if there is one.
fn with_record<Res: HttpResponse, E>(
    mut result: Result<Reply<Res>, Failure<E>>,
    record: Option<steadfast_core::Record>,
) -> Result<Reply<Res>, Failure<E>> {
    if let Some(record) = record {
        match &mut result {
            Ok(reply) => reply.report_mut().record = record,
            Err(failure) => failure.report.record = record,
        }
    }
    result
}

// ===== impl Stage =====

impl<F, Res: WholeResponse, E> Stage<F, Res, Failure<E>> {
    /// The wait before the next attempt, with what came back from the last one.
    fn wait(
        until: Instant,
        fee: Fee,
        mut last: Result<Reply<Res>, Failure<E>>,
        drain: usize,
    ) -> Self {
        // It may be kept unread until the budget pays: nobody waits for a permit that it holds itself.
        if let (Fee::Owed(_), Ok(reply)) = (&fee, &mut last) {
            reply.release_permit();
        }
        let held = match fee {
            Fee::Paid(_) => Held::freeing(last, drain),
            Fee::Owed(_) => Held::Kept(last),
        };
        let sleep = Box::pin(tokio::time::sleep_until(until.into()));
        let wait = Box::new(Waiting { sleep, held, fee });
        Self::Waiting { wait }
    }
}
