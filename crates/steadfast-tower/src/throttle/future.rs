//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::Refusal;
use tower_service::Service;

use super::known::Way;
use super::toll::Toll;
use crate::call::Call;
use crate::failure::Failure;
use crate::late::Late;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::scope::Scope;

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<S, R>
    where
        S: Service<Call<R>>,
    {
        scope: Arc<Scope>,
        admission: Admission,
        #[pin]
        stage: Stage<S, R, S::Future>,
    }
}

/// What the attempt needs before it may go.
enum Admission {
    /// Nothing so far: no limit is known that holds it back. If its answer speaks of one, it is heard all the same.
    Free { way: Way, is_repeated: bool },
    /// Its share of what limits it. Boxed: it is there only where something limits.
    Toll(Box<Toll>),
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, R, F> {
        /// Before the attempt is admitted.
        Start { inner: S, call: Option<Call<R>> },
        /// Admitted once the toll is paid and the layer below is ready.
        Paying { inner: S, call: Option<Call<R>>, late: Late },
        Sending { #[pin] future: F },
    }
}

impl<S: Service<Call<R>>, R: HttpRequest> ThrottleFuture<S, R> {
    pub(crate) fn new(inner: S, call: Call<R>) -> Self {
        let (request, context) = (&call.request, &call.context);
        let scope = Arc::clone(&context.scope);
        let path = request.url().path;
        let way = scope
            .limits()
            .way(request.method(), path, context.principal);
        let admission = Admission::Free {
            way,
            is_repeated: context.retried_outside,
        };
        let call = Some(call);
        Self {
            scope,
            admission,
            stage: Stage::Start { inner, call },
        }
    }
}

impl<S: Service<Call<R>>, R> fmt::Debug for ThrottleFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Start { .. } => "ThrottleFuture::Start",
            Stage::Paying { .. } => "ThrottleFuture::Paying",
            Stage::Sending { .. } => "ThrottleFuture::Sending",
        })
    }
}

impl<S, R, Res, E> Future for ThrottleFuture<S, R>
where
    R: HttpRequest,
    Res: HttpResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    let mut result = ready!(future.poll(cx));
                    this.admission.hear(this.scope, &mut result);
                    return Poll::Ready(result);
                }
                StageProjection::Start { inner, call } => {
                    let Some(call) = call.take() else {
                        return Poll::Pending;
                    };
                    let limits = this.scope.limits();
                    let is_free = !limits.is_involved();
                    // Asked first, so that whoever takes cells at once is sent at once.
                    if is_free && inner.poll_ready(cx)?.is_ready() {
                        if limits.takes_at_once(&call) {
                            let future = inner.call(call);
                            this.stage.set(Stage::Sending { future });
                            continue;
                        }
                        // Whoever waits holds nothing below: what was made ready for it is given up.
                        *inner = inner.clone();
                    }
                    if !is_free || limits.has_rates() {
                        *this.admission = Admission::Toll(Box::new(Toll::of(&call)));
                    }
                    Stage::Paying {
                        inner: inner.clone(),
                        call: Some(call),
                        late: Late::default(),
                    }
                }
                StageProjection::Paying { inner, call, late } => {
                    if let Admission::Toll(toll) = this.admission {
                        if let Err(refusal) = ready!(toll.poll(cx)) {
                            return Poll::Ready(Err(Failure::refused(refusal)));
                        }
                    }
                    if inner.poll_ready(cx)?.is_pending() {
                        let deadline = call.as_ref().and_then(|call| call.context.deadline);
                        ready!(late.poll(deadline, cx));
                        let refusal = Refusal::DeadlinePassed;
                        return Poll::Ready(Err(Failure::refused(refusal)));
                    }
                    let Some(call) = call.take() else {
                        return Poll::Pending;
                    };
                    if let Admission::Toll(toll) = this.admission {
                        toll.spend();
                    }
                    let future = inner.call(call);
                    Stage::Sending { future }
                }
            };
            this.stage.set(next);
        }
    }
}

impl Admission {
    /// Tells all whom it concerns what the answer says.
    fn hear<Res: HttpResponse, E>(
        &mut self,
        scope: &Scope,
        result: &mut Result<Reply<Res>, Failure<E>>,
    ) {
        match result {
            Ok(reply) => {
                let headers = reply.response.headers();
                let toll = match self {
                    Self::Toll(toll) => toll,
                    Self::Free { way, is_repeated } => {
                        if !scope.limits().is_told(&reply.judged, headers) {
                            return;
                        }
                        // The first sign of a limit: from here on attempts are counted.
                        *self = Self::Toll(Box::new(Toll::late(scope, *way, *is_repeated)));
                        return self.hear(scope, result);
                    }
                };
                toll.answered(scope, &reply.judged, headers, &mut reply.notes);
            }
            Err(failure) => {
                if let Self::Toll(toll) = self {
                    toll.failed(&mut failure.notes);
                }
            }
        }
    }
}
