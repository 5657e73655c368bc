//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::Record;
use tower_service::Service;

use super::toll::{Told, Toll};
use crate::call::Call;
use crate::fault::{Failure, Limit, Reply};
use crate::late::Late;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::scope::Handle;

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<H, S, R>
    where
        S: Service<Call<R>>,
    {
        // Boxed: it is there only where something limits, and every call would carry its size.
        held: Option<Box<Held<H, S, R>>>,
        #[pin]
        stage: Stage<S::Future>,
    }
}

/// An attempt that pays.
struct Held<H, S, R> {
    scope: H,
    /// Until it is sent.
    call: Option<(S, Call<R>)>,
    toll: Toll,
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        Paying,
        Ready { late: Late },
        Sending { #[pin] future: F },
    }
}

impl<H: Handle, S: Service<Call<R>>, R: HttpRequest> ThrottleFuture<H, S, R> {
    #[inline(always)]
    pub(crate) const fn send(future: S::Future) -> Self {
        Self {
            held: None,
            stage: Stage::Sending { future },
        }
    }

    pub(crate) fn pay(scope: H, inner: S, call: Call<R>) -> Self {
        let toll = Toll::of(&scope, &call);
        let call = Some((inner, call));
        Self {
            held: Some(Box::new(Held { scope, call, toll })),
            stage: Stage::Paying,
        }
    }
}

impl<H, S: Service<Call<R>>, R> fmt::Debug for ThrottleFuture<H, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Paying => "ThrottleFuture::Paying",
            Stage::Ready { .. } => "ThrottleFuture::Ready",
            Stage::Sending { .. } => "ThrottleFuture::Sending",
        })
    }
}

impl<H, S, R, Res, E> Future for ThrottleFuture<H, S, R>
where
    H: Handle,
    Res: HttpResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    // Handed on as it came: moving an answer is most of what a layer costs.
                    return match this.held {
                        None => future.poll(cx),
                        held => answered(held, future, cx),
                    };
                }
                StageProjection::Paying => {
                    let Some(held) = this.held else {
                        return Poll::Pending;
                    };
                    if let Err(limit) = ready!(held.toll.poll(cx)) {
                        return Poll::Ready(Err(Failure::limit(limit)));
                    }
                    let late = Late::default();
                    Stage::Ready { late }
                }
                StageProjection::Ready { late } => {
                    let Some(held) = this.held else {
                        return Poll::Pending;
                    };
                    if let Some((inner, call)) = &mut held.call {
                        if inner.poll_ready(cx)?.is_pending() {
                            ready!(late.poll(call.context.deadline, cx));
                            return Poll::Ready(Err(Failure::limit(Limit::Deadline)));
                        }
                    }
                    let Some((mut inner, call)) = held.call.take() else {
                        return Poll::Pending;
                    };
                    held.toll.spend();
                    let future = inner.call(call);
                    Stage::Sending { future }
                }
            };
            this.stage.set(next);
        }
    }
}

/// The answer of an attempt that paid; apart from the others, whose way is short.
#[cold]
#[inline(never)]
fn answered<H, S, R, F, Res, E>(
    held: &mut Option<Box<Held<H, S, R>>>,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output>
where
    H: Handle,
    Res: HttpResponse,
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
{
    let result = ready!(future.poll(cx));
    Poll::Ready(match held.take() {
        Some(held) => held.answered(result),
        None => result,
    })
}

impl<H: Handle, S, R> Held<H, S, R> {
    /// Hands the answer on, after what it says was heard.
    #[cold]
    fn answered<Res: HttpResponse, E>(
        self,
        mut result: Result<Reply<Res>, Failure<E>>,
    ) -> Result<Reply<Res>, Failure<E>> {
        match &mut result {
            Ok(reply) => {
                let headers = reply.response.headers();
                let told = self.toll.answered(&self.scope, &reply.judged, headers);
                if let Some(record) = told.record() {
                    reply.record = record;
                }
            }
            Err(failure) => {
                if let Some(record) = self.toll.failed().record() {
                    if failure.record.elapsed().is_none() {
                        failure.record = record;
                    }
                }
            }
        }
        result
    }
}

impl Told {
    fn record(&self) -> Option<Record> {
        let any = self.queued.is_some() || self.paced_until.is_some();
        any.then(|| Record::limited(self.queued.unwrap_or_default(), self.paced_until))
    }
}
