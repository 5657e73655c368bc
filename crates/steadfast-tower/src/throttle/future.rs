//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::Record;
use steadfast_core::hint::tells_of_limits;
use tower_service::Service;

use super::toll::{Told, Toll};
use crate::call::Call;
use crate::fault::{Failure, Limit, Reply};
use crate::late::Late;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::scope::{Handle, Scope};

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<H, S, R>
    where
        S: Service<Call<R>>,
    {
        scope: H,
        // Boxed: it is there only where something limits, and every call would carry its size.
        held: Option<Box<Held<S, R>>>,
        #[pin]
        stage: Stage<S::Future>,
    }
}

/// An attempt that pays.
struct Held<S, R> {
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
    pub(crate) const fn send(scope: H, future: S::Future) -> Self {
        Self {
            scope,
            held: None,
            stage: Stage::Sending { future },
        }
    }

    pub(crate) fn pay(scope: H, inner: S, call: Call<R>) -> Self {
        let toll = Toll::of(&scope, &call);
        let call = Some((inner, call));
        Self {
            scope,
            held: Some(Box::new(Held { call, toll })),
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
                    let result = ready!(future.poll(cx));
                    return Poll::Ready(match this.held.take() {
                        None => {
                            overhear(this.scope, &result);
                            result
                        }
                        Some(held) => held.answered(this.scope, result),
                    });
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

impl<S, R> Held<S, R> {
    /// Hands the answer on, after what it says was heard.
    #[cold]
    fn answered<Res: HttpResponse, E>(
        self: Box<Self>,
        scope: &Scope,
        mut result: Result<Reply<Res>, Failure<E>>,
    ) -> Result<Reply<Res>, Failure<E>> {
        match &mut result {
            Ok(reply) => {
                let headers = reply.response.headers();
                let told = self.toll.answered(scope, &reply.judged, headers);
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

/// An answer that nobody listened to may say that one should.
#[inline(always)]
fn overhear<Res: HttpResponse, E>(scope: &Scope, result: &Result<Reply<Res>, Failure<E>>) {
    if let Ok(reply) = result {
        let refused = !reply.judged.is_accepted();
        if refused || tells_of_limits(reply.response.headers()) {
            speak(scope, refused.then(|| reply.response.status().as_u16()));
        }
    }
}

#[cold]
fn speak(scope: &Scope, refused: Option<u16>) {
    if scope.limits().listens()
        && refused.is_none_or(|status| matches!(status, 403 | 429 | 503 | 529))
    {
        scope.limits().lanes().listen();
    }
}
