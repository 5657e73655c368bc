//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http_body::Body as _;
use pin_project_lite::pin_project;
use steadfast_core::{Human, Outcome, Refusal};
use tower_service::Service;

use super::permits::{Permit, Permits, Place, Taken};
use crate::call::Call;
use crate::clock;
use crate::failure::Failure;
use crate::lazy_sleep::LazySleep;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;
use crate::trace::signed;

pin_project! {
    /// The future of [`ConcurrencyLimit`](super::ConcurrencyLimit).
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcurrencyFuture<S, R>
    where
        S: Service<Call<R>>,
    {
        #[pin]
        attempt: Attempt<S, R>,
    }
}

pin_project! {
    #[project = AttemptProjected]
    enum Attempt<S, R>
    where
        S: Service<Call<R>>,
    {
        Unlimited { #[pin] sending: S::Future },
        // Boxed: it is there only where a policy has a limit.
        Limited { limited: Pin<Box<Limited<S, R>>> },
    }
}

pin_project! {
    struct Limited<S, R>
    where
        S: Service<Call<R>>,
    {
        held: Held<S, R>,
        #[pin]
        sending: Option<S::Future>,
    }
}

/// What an attempt under a limit has: at first its place in line, then its permit.
struct Held<S, R> {
    unsent: Option<Unsent<S, R>>,
    permit: Option<Permit>,
    refused: Option<Refusal>,
    place: Option<Waiting>,
    /// How long it waited.
    queued: Duration,
}

/// An attempt that was not sent yet.
struct Unsent<S, R> {
    inner: S,
    call: Call<R>,
    late: LazySleep,
}

struct Waiting {
    place: Place,
    since: Instant,
    until: Option<Instant>,
    timer: LazySleep,
}

impl<S: Service<Call<R>> + Clone, R> ConcurrencyFuture<S, R> {
    #[inline]
    pub(super) const fn unlimited(sending: S::Future) -> Self {
        Self {
            attempt: Attempt::Unlimited { sending },
        }
    }

    fn held(held: Held<S, R>, sending: Option<S::Future>) -> Self {
        let limited = Box::pin(Limited { held, sending });
        Self {
            attempt: Attempt::Limited { limited },
        }
    }

    #[cold]
    pub(super) fn limited(inner: &mut S, call: Call<R>) -> Self {
        let Some(permits) = call.context.scope.permits().cloned() else {
            return Self::unlimited(inner.call(call));
        };
        let mut held = Held {
            unsent: None,
            permit: None,
            refused: None,
            place: None,
            queued: Duration::ZERO,
        };
        match permits.take(call.context.rank()) {
            Ok(Taken::Permit(permit)) => {
                held.permit = Some(permit);
                return Self::held(held, Some(inner.call(call)));
            }
            Ok(Taken::Place(place)) => held.place = Some(Waiting::new(place, &permits, &call)),
            Err(refusal) => held.refused = Some(refusal),
        }
        // Whoever waits holds nothing below: what was made ready is given up.
        let fresh = inner.clone();
        drop(std::mem::replace(inner, fresh.clone()));
        held.unsent = Some(Unsent {
            inner: fresh,
            call,
            late: LazySleep::default(),
        });
        Self::held(held, None)
    }
}

impl<S: Service<Call<R>>, R> fmt::Debug for ConcurrencyFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_limited, is_sent) = match &self.attempt {
            Attempt::Unlimited { .. } => (false, true),
            Attempt::Limited { limited } => (true, limited.sending.is_some()),
        };
        f.debug_struct("ConcurrencyFuture")
            .field("is_limited", &is_limited)
            .field("is_sent", &is_sent)
            .finish_non_exhaustive()
    }
}

impl<S, R, Res, E> Future for ConcurrencyFuture<S, R>
where
    R: HttpRequest,
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().attempt.project() {
            AttemptProjected::Unlimited { sending } => sending.poll(cx),
            AttemptProjected::Limited { limited } => {
                let limited = limited.as_mut().project();
                limited.held.poll_sent(limited.sending, cx)
            }
        }
    }
}

// ===== impl Held =====

impl<S, R: HttpRequest> Held<S, R> {
    /// The attempt of a call under a limit.
    #[cold]
    fn poll_sent<Res, E>(
        &mut self,
        mut sending: Pin<&mut Option<S::Future>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Reply<Res>, Failure<E>>>
    where
        Res: PeekedResponse,
        S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
    {
        if self.unsent.is_some() {
            let mut unsent = match ready!(self.poll_permitted(cx)) {
                Ok(unsent) => unsent,
                Err(failure) => return Poll::Ready(Err(failure)),
            };
            sending.set(Some(unsent.inner.call(unsent.call)));
        }
        let Some(attempt) = sending.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let result = ready!(attempt.poll(cx));
        // What the attempt itself holds goes before its permit.
        sending.set(None);
        Poll::Ready(self.answered(result))
    }

    /// Ready when it has a permit and the layer below is ready for it.
    fn poll_permitted<Res, E>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Unsent<S, R>, Failure<E>>>
    where
        S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
    {
        if let Some(waiting) = &mut self.place {
            let result = ready!(waiting.poll(cx));
            self.queued = clock::now().saturating_duration_since(waiting.since);
            match result {
                Ok(permit) => {
                    event(self.queued);
                    self.permit = Some(permit);
                }
                Err(refusal) => self.refused = Some(refusal),
            }
            self.place = None;
        }
        let Some(unsent) = &mut self.unsent else {
            return Poll::Pending;
        };
        if let Some(refusal) = self.refused {
            let mut failure = Failure::refused(refusal).of(&*unsent.call.request);
            failure.report.notes.queued = self.queued;
            return Poll::Ready(Err(failure));
        }
        if unsent.inner.poll_ready(cx)?.is_pending() {
            ready!(unsent.late.poll(unsent.call.context.deadline, cx));
            let failure = Failure::refused(Refusal::DeadlinePassed);
            return Poll::Ready(Err(failure.of(&*unsent.call.request)));
        }
        match self.unsent.take() {
            Some(unsent) => Poll::Ready(Ok(unsent)),
            None => Poll::Pending,
        }
    }

    /// The permit goes to the body, if there is one.
    fn answered<Res: PeekedResponse, E>(
        &mut self,
        result: Result<Reply<Res>, Failure<E>>,
    ) -> Result<Reply<Res>, Failure<E>> {
        let permit = self.permit.take();
        let mut reply = match result {
            Ok(reply) => reply,
            Err(mut failure) => {
                failure.report.notes.queue_more(self.queued);
                if let Some(permit) = permit {
                    permit.hear(failure.report.judged.outcome);
                }
                return Err(failure);
            }
        };
        if !self.queued.is_zero() {
            reply.report_mut().notes.queue_more(self.queued);
        }
        let Some(permit) = permit else {
            return Ok(reply);
        };
        let status = Outcome::Status(reply.response.status());
        let report = reply.report.as_ref();
        permit.hear(report.map_or(status, |report| report.judged.outcome));
        let Reply {
            response,
            mut report,
        } = reply;
        let (shell, mut body) = response.open();
        if !body.is_end_stream() {
            let (permit, in_body) = permit.into_body();
            body.hold(in_body);
            // Only what is not accepted is kept by the retry layer.
            if let Some(report) = &mut report {
                report.permit = Some(permit);
            }
        }
        let response = Res::close(shell, body);
        Ok(Reply { response, report })
    }
}

// ===== impl Waiting =====

impl Waiting {
    fn new<R>(place: Place, permits: &Arc<Permits>, call: &Call<R>) -> Self {
        let since = clock::now();
        let context = &call.context;
        let max_wait = permits.max_wait().unwrap_or(context.terms().retry_for);
        let ends = [since.checked_add(max_wait), context.latest_start()];
        Self {
            place,
            since,
            until: ends.into_iter().flatten().min(),
            timer: LazySleep::default(),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Permit, Refusal>> {
        if let Poll::Ready(permit) = self.place.poll(cx) {
            return Poll::Ready(Ok(permit));
        }
        ready!(self.timer.poll(self.until, cx));
        let waited = clock::now().saturating_duration_since(self.since);
        Poll::Ready(Err(self.place.refused(waited)))
    }
}

fn event(queued: Duration) {
    tracing::event!(
        target: "steadfast",
        tracing::Level::DEBUG,
        steadfast.queued_ms = signed(queued.as_millis()),
        "waited {} until fewer calls were under way",
        Human(queued)
    );
}
