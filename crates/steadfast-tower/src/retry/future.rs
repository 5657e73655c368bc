//! The future: send, judge, wait, send again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use pin_project_lite::pin_project;
use steadfast_core::Refusal;
use steadfast_core::budget::Price;
use tokio::time::Sleep;
use tower_service::Service;

use crate::budget::Token;
use crate::call::Call;
use crate::failure::Failure;
use crate::lazy_sleep::LazySleep;
use crate::reply::Reply;
use crate::request::{HttpRequest, Replayer};
use crate::response::{HttpResponse, PeekedResponse};
use crate::retry::course::Course;
use crate::retry::held::Held;
use crate::retry::next::{Due, Fee, Next};

pin_project! {
    /// The future of [`Retry`](super::Retry).
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<P, S, R, Res>
    where
        S: Service<Call<R>>,
        Res: PeekedResponse,
    {
        replayer: P,
        course: Course<R>,
        inner: S,
        // What the last attempt brought, until the next one is answered.
        last: Option<Box<Result<Reply<Res>, S::Error>>>,
        #[pin]
        stage: Stage<S::Future, Res, S::Error>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, Res: PeekedResponse, E> {
        /// The next attempt waits for the layer below to be ready.
        Ready { token: Option<Token>, late: LazySleep },
        /// An attempt is under way.
        Sending { #[pin] future: F },
        /// Between two attempts. Boxed: no call that succeeds at once has one, and each would carry its size.
        Waiting { wait: Box<Waiting<Res, E>> },
        /// An attempt is over, and with its outcome the call unless another one follows.
        Over,
    }
}

/// A wait between two attempts.
struct Waiting<Res: PeekedResponse, F> {
    sleep: Pin<Box<Sleep>>,
    fare: Fare<Res, F>,
}

/// How the next attempt is paid for, and so whether what the last one brought may still be returned.
enum Fare<Res: PeekedResponse, F> {
    /// It is sent for certain, with this token if it costs one.
    Paid(Option<Token>, Option<Held<Res, F>>),
    /// It may be sent once this was paid.
    Owed(Price, Held<Res, F>),
}

impl<P, S, R, Res> RetryFuture<P, S, R, Res>
where
    S: Service<Call<R>>,
    Res: PeekedResponse,
{
    #[inline]
    pub(crate) fn new(replayer: P, inner: S, course: Course<R>) -> Self {
        Self {
            replayer,
            course,
            inner,
            last: None,
            stage: Stage::Ready {
                token: None,
                late: LazySleep::default(),
            },
        }
    }
}

impl<P, S, R, Res> fmt::Debug for RetryFuture<P, S, R, Res>
where
    S: Service<Call<R>>,
    Res: PeekedResponse,
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
    Res: PeekedResponse,
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
                    // It stays where it was written: a reply is large.
                    let mut polled = future.poll(cx);
                    if let Poll::Ready(Ok(reply)) = &mut polled {
                        if course.is_over_at_once(reply) {
                            return polled;
                        }
                    }
                    let result = ready!(polled);
                    // It may look at the copy that is sent next.
                    this.stage.set(Stage::Over);
                    match course.follow(&result, this.replayer) {
                        Next::Return(record) => return Poll::Ready(with_record(result, record)),
                        Next::Refused(record) => {
                            let last = this.last.take().map_or(result, |last| *last);
                            return Poll::Ready(with_record(last, Some(record)));
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
                        let last = this.last.take().filter(|_| failure.is_refused());
                        let Some(last) = last else {
                            return Poll::Ready(Err(failure));
                        };
                        return Poll::Ready(with_record(*last, Some(failure.report.record)));
                    }
                    let Some(request) = course.take() else {
                        return Poll::Pending;
                    };
                    let context = course.depart(&request, this.replayer, token);
                    let mut call = Call::boxed(request, context);
                    call.kept = course.kept();
                    let future = this.inner.call(call);
                    Stage::Sending { future }
                }
                StageProjection::Over => return Poll::Pending,
                StageProjection::Waiting { wait } => {
                    wait.read(cx);
                    ready!(wait.sleep.as_mut().poll(cx));
                    let (token, held) = match wait.fare.take() {
                        Fare::Paid(token, held) => (token, held),
                        Fare::Owed(price, held) => match course.pay(price) {
                            Due::Paid(token) => (Some(token), Some(held)),
                            Due::Later(at) => {
                                wait.fare = Fare::Owed(price, held);
                                wait.sleep.as_mut().reset(at.into());
                                continue;
                            }
                            Due::Never(record) => {
                                return Poll::Ready(with_record(held.into_result(), Some(record)));
                            }
                        },
                    };
                    *this.last = held.and_then(Held::settle).map(Box::new);
                    Stage::Ready {
                        token,
                        late: LazySleep::default(),
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

impl<F, Res: PeekedResponse, E> Stage<F, Res, Failure<E>> {
    /// The wait before the next attempt, with what came back from the last one.
    fn wait(until: Instant, fee: Fee, last: Result<Reply<Res>, Failure<E>>, drain: usize) -> Self {
        let fare = match fee {
            Fee::Paid(token) => Fare::Paid(token, Held::freeing(last, drain)),
            Fee::Owed(price) => Fare::Owed(price, Held::keeping(last, drain)),
        };
        let sleep = Box::pin(tokio::time::sleep_until(until.into()));
        let wait = Box::new(Waiting { sleep, fare });
        Self::Waiting { wait }
    }
}

// ===== impl Waiting =====

impl<Res: PeekedResponse, F> Waiting<Res, F> {
    /// Reads on, so that the connection is free. One that will not be returned is dropped when it gets too long, and
    /// one that stays unread gives its permit back.
    fn read(&mut self, cx: &mut Context<'_>) {
        match &mut self.fare {
            Fare::Paid(_, held) => {
                let read = held.take_if(|held| held.poll(cx).is_ready() && held.is_too_long());
                drop(read);
            }
            Fare::Owed(_, held) => {
                if held.poll(cx).is_ready() {
                    held.release_permit();
                }
            }
        }
    }
}

impl<Res: PeekedResponse, F> Fare<Res, F> {
    const fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Paid(None, None))
    }
}
