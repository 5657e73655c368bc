//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;
use steadfast_core::{Judged, Opinion, Refusal};
use tower_service::Service;

use super::admission::Admission;
use super::gate::Unread;
use super::known::LimitKey;
use crate::call::Call;
use crate::failure::Failure;
use crate::lazy_sleep::LazySleep;
use crate::notes::Notes;
use crate::principal::Principal;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, PeekedResponse};
use crate::scope::Scope;

pin_project! {
    /// The future of [`Throttle`](super::Throttle).
    #[must_use = "futures do nothing unless polled"]
    pub struct ThrottleFuture<S, R>
    where
        S: Service<Call<R>>,
    {
        scope: Arc<Scope>,
        // Whether a layer further in counts redirects.
        redirects_seen: bool,
        admitted: Admitted<R>,
        // Boxed: it is there only where something has to be waited for.
        held: Option<Box<Held<S, R>>>,
        #[pin]
        sending: Option<S::Future>,
    }
}

/// What the attempt needs before it may go.
enum Admitted<R> {
    /// Nothing so far: no limit is known that holds it back. If its answer speaks of one, it is heard all the same.
    Free {
        origin: Origin<R>,
        is_repeated: bool,
    },
    /// Its share of what limits it.
    Admission(Box<Admission>),
}

/// What tells where an attempt belonged, once that matters.
enum Origin<R> {
    /// The request as it is kept: most are never looked at again.
    Kept(Arc<R>, Option<Principal>),
    /// What was found out before it was sent, since nobody keeps it.
    Known(LimitKey),
}

/// An attempt that was not sent yet.
pub(super) struct Held<S, R> {
    inner: S,
    call: Call<R>,
    late: LazySleep,
}

impl<S: Service<Call<R>> + Clone, R: HttpRequest> ThrottleFuture<S, R> {
    #[inline]
    pub(crate) fn new(inner: &S, mut call: Call<R>) -> Self {
        let scope = Arc::clone(&call.context.scope);
        let redirects_seen = call.context.redirects_seen;
        let limits = scope.limits();
        if limits.is_involved() {
            let admitted = Admitted::admission(&call);
            return Self::hold(inner.clone(), call, scope, admitted);
        }
        let mut asked = inner.clone();
        // Nobody is woken: where the layer below is not ready it is asked again, by the task that waits for it.
        let ready = asked.poll_ready(&mut Context::from_waker(Waker::noop()));
        // Only who is sent at once takes cells here: whoever waits has to be able to give them back.
        if matches!(ready, Poll::Ready(Ok(()))) && limits.takes_at_once(&call) {
            return Self {
                admitted: Admitted::free(&mut call),
                redirects_seen,
                scope,
                held: None,
                sending: Some(asked.call(call)),
            };
        }
        match limits.has_rates() {
            // Whoever waits for a rate holds nothing below: what was made ready is given up.
            true => {
                let admitted = Admitted::admission(&call);
                Self::hold(inner.clone(), call, scope, admitted)
            }
            false => {
                let admitted = Admitted::free(&mut call);
                Self::hold(asked, call, scope, admitted)
            }
        }
    }

    #[cold]
    fn hold(inner: S, call: Call<R>, scope: Arc<Scope>, admitted: Admitted<R>) -> Self {
        let late = LazySleep::default();
        Self {
            scope,
            redirects_seen: call.context.redirects_seen,
            admitted,
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
    Res: PeekedResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(held) = this.held {
            if let Err(failure) = ready!(held.poll_admitted(this.admitted, cx)) {
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
        // It stays where it was written: a reply is large.
        let mut polled = sending.poll(cx);
        if let Poll::Ready(result) = &mut polled {
            if this.admitted.is_concerned(this.scope, result) {
                let unread = this.admitted.hear(this.scope, *this.redirects_seen, result);
                return match unread {
                    Some(unread) => polled.map_ok(|reply| reply.hold(unread)),
                    None => polled,
                };
            }
        }
        polled
    }
}

impl<S, R> Held<S, R> {
    /// Ready when the attempt is admitted and the layer below is ready for it.
    fn poll_admitted<Res, E>(
        &mut self,
        admitted: &mut Admitted<R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure<E>>>
    where
        R: HttpRequest,
        S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
    {
        if let Admitted::Admission(admission) = admitted {
            if let Err(refusal) = ready!(admission.poll(cx)) {
                return Poll::Ready(Err(Failure::refused(refusal).of(&*self.call.request)));
            }
        }
        if self.inner.poll_ready(cx)?.is_pending() {
            ready!(self.late.poll(self.call.context.deadline, cx));
            let refusal = Refusal::DeadlinePassed;
            return Poll::Ready(Err(Failure::refused(refusal).of(&*self.call.request)));
        }
        if let Admitted::Admission(admission) = admitted {
            admission.spend();
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: HttpRequest> Admitted<R> {
    fn admission(call: &Call<R>) -> Self {
        Self::Admission(Box::new(Admission::of(call)))
    }

    #[inline]
    fn free(call: &mut Call<R>) -> Self {
        let context = &call.context;
        let origin = match call.kept.take() {
            Some(kept) => Origin::Kept(kept, context.principal),
            None => Origin::Known(limit_key(&context.scope, context.principal, &*call.request)),
        };
        Self::Free {
            origin,
            is_repeated: context.retried_outside,
        }
    }

    /// Whether the answer says something to anybody. Most speak of no limit.
    #[inline]
    fn is_concerned<Res: HttpResponse, E>(
        &self,
        scope: &Scope,
        result: &Result<Reply<Res>, Failure<E>>,
    ) -> bool {
        match (self, result) {
            (Self::Free { .. }, Ok(reply)) => {
                let judged = reply.report.as_deref().map(|report| &report.judged);
                scope.limits().is_told(judged, reply.response.headers())
            }
            (Self::Free { .. }, Err(_)) => false,
            (Self::Admission(_), _) => true,
        }
    }

    /// Tells all whom it concerns what the answer says. What is returned belongs to the body of the answer.
    #[cold]
    fn hear<Res: HttpResponse, E>(
        &mut self,
        scope: &Scope,
        redirects_seen: bool,
        result: &mut Result<Reply<Res>, Failure<E>>,
    ) -> Option<Unread> {
        match result {
            Ok(reply) => self.hear_answer(scope, redirects_seen, reply),
            Err(failure) => {
                if let Self::Admission(admission) = self {
                    admission.failed(&mut failure.report.notes);
                }
                None
            }
        }
    }

    fn hear_answer<Res: HttpResponse>(
        &mut self,
        scope: &Scope,
        redirects_seen: bool,
        reply: &mut Reply<Res>,
    ) -> Option<Unread> {
        let headers = reply.response.headers();
        let is_from_elsewhere = is_from_elsewhere(scope, redirects_seen, reply);
        let mut late;
        let admission = match self {
            Self::Admission(admission) => &mut **admission,
            Self::Free { .. } if is_from_elsewhere => return None,
            // The first sign of one: from here on attempts are counted.
            Self::Free {
                origin,
                is_repeated,
            } => {
                let limit_key = match origin {
                    Origin::Kept(kept, principal) => limit_key(scope, *principal, &**kept),
                    Origin::Known(limit_key) => *limit_key,
                };
                late = Admission::late(scope, limit_key, *is_repeated);
                &mut late
            }
        };
        let report = reply.report();
        let mut notes = report.notes;
        let unread = if is_from_elsewhere {
            admission.failed(&mut notes);
            None
        } else {
            admission.answered(scope, &report.judged, headers, &mut notes)
        };
        reply.note(notes);
        unread
    }
}

/// Whether an answer came from another origin, where a redirect led: it says nothing of the origin that was asked.
fn is_from_elsewhere<Res: HttpResponse>(
    scope: &Scope,
    redirects_seen: bool,
    reply: &Reply<Res>,
) -> bool {
    let report = reply.report.as_deref();
    let hops = report.map_or(0, |report| report.notes.hops.followed);
    if redirects_seen && hops == 0 {
        return false;
    }
    let asked = scope.limits().place().origin();
    let answered = reply.response.final_url();
    answered.is_some_and(|url| !asked.is_empty() && !url.is_at(asked))
}

/// Tells a scope what the answer to a request says of its limits, where the request was none of its calls: the last of a
/// chain of redirects.
pub fn teach<R: HttpRequest, Res: HttpResponse>(scope: &Scope, request: &R, response: &Res) {
    let (status, headers) = (response.status(), response.headers());
    let (wall, opinion) = (crate::clock::wall, Opinion::Abstain);
    let judged = Judged::response(scope.policy(), status, headers, wall, opinion, None);
    if scope.limits().is_told(Some(&judged), headers) {
        let limit_key = limit_key(scope, scope.named_principal(), request);
        let mut admission = Admission::late(scope, limit_key, false);
        admission.answered(scope, &judged, headers, &mut Notes::default());
    }
}

/// Where an attempt belongs.
fn limit_key<R: HttpRequest>(scope: &Scope, principal: Option<Principal>, request: &R) -> LimitKey {
    let principal = principal.unwrap_or_else(|| scope.principal(request.headers()));
    let limits = scope.limits();
    limits.limit_key(request.method(), request.path(), principal)
}
