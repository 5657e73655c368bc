//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

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
        // Boxed: it is there only where something has to be waited for.
        held: Option<Box<Held<S, R>>>,
        #[pin]
        sending: Option<S::Future>,
    }
}

/// What the attempt needs before it may go.
enum Admission {
    /// Nothing so far: no limit is known that holds it back. If its answer speaks of one, it is heard all the same.
    Free { way: Way, is_repeated: bool },
    /// Its share of what limits it.
    Toll(Box<Toll>),
}

/// An attempt that was not sent yet.
pub(super) struct Held<S, R> {
    inner: S,
    call: Call<R>,
    late: Late,
}

impl<S: Service<Call<R>> + Clone, R: HttpRequest> ThrottleFuture<S, R> {
    #[inline(always)]
    pub(crate) fn new(inner: &S, call: Call<R>) -> Self {
        let scope = Arc::clone(&call.context.scope);
        let limits = scope.limits();
        if limits.is_involved() {
            let admission = Admission::toll(&call);
            return Self::hold(inner.clone(), call, scope, admission);
        }
        let mut asked = inner.clone();
        // Nobody is woken: where the layer below is not ready it is asked again, by the task that waits for it.
        let ready = asked.poll_ready(&mut Context::from_waker(Waker::noop()));
        // Only who is sent at once takes cells here: whoever waits has to be able to give them back.
        if matches!(ready, Poll::Ready(Ok(()))) && limits.takes_at_once(&call) {
            return Self {
                admission: Admission::free(&call),
                scope,
                held: None,
                sending: Some(asked.call(call)),
            };
        }
        match limits.has_rates() {
            // Whoever waits for a rate holds nothing below: what was made ready is given up.
            true => {
                let admission = Admission::toll(&call);
                Self::hold(inner.clone(), call, scope, admission)
            }
            false => {
                let admission = Admission::free(&call);
                Self::hold(asked, call, scope, admission)
            }
        }
    }

    #[cold]
    fn hold(inner: S, call: Call<R>, scope: Arc<Scope>, admission: Admission) -> Self {
        let late = Late::default();
        Self {
            scope,
            admission,
            held: Some(Box::new(Held { inner, call, late })),
            sending: None,
        }
    }
}

impl<S: Service<Call<R>>, R> fmt::Debug for ThrottleFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.held {
            Some(_) => "ThrottleFuture::Held",
            None => "ThrottleFuture::Sending",
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

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(held) = this.held {
            if let Err(failure) = ready!(held.poll_admitted(this.admission, cx)) {
                return Poll::Ready(Err(failure));
            }
            if let Some(held) = this.held.take() {
                let Held {
                    mut inner, call, ..
                } = *held;
                this.sending.set(Some(inner.call(call)));
            }
        }
        let Some(sending) = this.sending.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let mut result = ready!(sending.poll(cx));
        this.admission.hear(this.scope, &mut result);
        Poll::Ready(result)
    }
}

impl<S, R> Held<S, R> {
    /// Ready when the attempt is admitted and the layer below is ready for it.
    fn poll_admitted<Res, E>(
        &mut self,
        admission: &mut Admission,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure<E>>>
    where
        R: HttpRequest,
        S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
    {
        if let Admission::Toll(toll) = admission {
            if let Err(refusal) = ready!(toll.poll(cx)) {
                return Poll::Ready(Err(Failure::refused(refusal).of(&*self.call.request)));
            }
        }
        if self.inner.poll_ready(cx)?.is_pending() {
            ready!(self.late.poll(self.call.context.deadline, cx));
            let refusal = Refusal::DeadlinePassed;
            return Poll::Ready(Err(Failure::refused(refusal).of(&*self.call.request)));
        }
        if let Admission::Toll(toll) = admission {
            toll.spend();
        }
        Poll::Ready(Ok(()))
    }
}

impl Admission {
    fn toll<R: HttpRequest>(call: &Call<R>) -> Self {
        Self::Toll(Box::new(Toll::of(call)))
    }

    #[inline(always)]
    fn free<R: HttpRequest>(call: &Call<R>) -> Self {
        let (request, context) = (&call.request, &call.context);
        let limits = context.scope.limits();
        Self::Free {
            way: limits.way(request.method(), request.path(), context.principal),
            is_repeated: context.retried_outside,
        }
    }

    /// Tells all whom it concerns what the answer says.
    fn hear<Res: HttpResponse, E>(
        &mut self,
        scope: &Scope,
        result: &mut Result<Reply<Res>, Failure<E>>,
    ) {
        match (self, result) {
            (Self::Free { way, is_repeated }, Ok(reply)) => {
                let headers = reply.response.headers();
                if scope.limits().is_told(&reply.judged, headers) {
                    // The first sign of a limit: from here on attempts are counted.
                    let mut toll = Toll::late(scope, *way, *is_repeated);
                    toll.answered(scope, &reply.judged, headers, &mut reply.notes);
                }
            }
            (Self::Toll(toll), Ok(reply)) => {
                let headers = reply.response.headers();
                toll.answered(scope, &reply.judged, headers, &mut reply.notes);
            }
            (Self::Toll(toll), Err(failure)) => toll.failed(&mut failure.notes),
            (Self::Free { .. }, Err(_)) => {}
        }
    }
}
