//! The course of one call: what is known of it between its attempts.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::Method;
use steadfast_core::budget::Price;
use steadfast_core::queue::Rank;
use steadfast_core::repeatable::{Repeatable, WhyNot};
use steadfast_core::{
    Judged, Limits, Outcome, Payment, Progress, Reason, Record, Rule, Situation, Step, Stop,
};

use crate::budget::Token;
use crate::call::{Call, ReplaySource};
use crate::clock;
use crate::context::{Context, Resend};
use crate::failure::Failure;
use crate::notes::Notes;
use crate::reply::Reply;
use crate::request::{HttpRequest, Replayer};
use crate::response::HttpResponse;
use crate::retry::event;
use crate::retry::next::{Due, Fee, Next};
use crate::retry::unsent::{Unsent, head_of};

/// A call on its course.
pub(crate) struct Course<R> {
    /// As the call came in.
    context: Context,
    source: Option<ReplaySource<R>>,
    limits: Limits,
    progress: Progress,
    /// Asked when it is needed: of the copy that is kept, or of the request when none is.
    repeatable: Option<Repeatable>,
    /// Whether the budget could pay for a retry when the attempt started.
    funded: bool,
    /// The request that the next attempt sends.
    next: Option<Unsent<R>>,
    /// Method and host for the record, kept only where no copy of the request is.
    head: Option<Box<(Method, String)>>,
    /// What only retries have, while one is under way.
    resend: Option<Arc<Resend>>,
}

impl<R: HttpRequest> Course<R> {
    /// A call that starts now.
    #[inline]
    pub(crate) fn new(call: Call<R>) -> Self {
        let now = clock::now();
        let Call {
            request,
            context,
            replay,
            ..
        } = call;
        let terms = context.terms();
        let mut limits = Limits::new(now, terms);
        limits.deadline = earlier(limits.deadline, context.deadline);
        let funded = context.scope.deposit(now);
        Self {
            context,
            source: replay,
            limits,
            progress: Progress::new(now),
            repeatable: None,
            funded,
            next: Some(Unsent::Own(request)),
            head: None,
            resend: None,
        }
    }

    const fn is_first_try(&self) -> bool {
        self.progress.sent() == 1
    }

    /// The request that the next attempt sends.
    pub(super) fn take(&mut self) -> Option<Box<R>> {
        self.next.take()?.into_request()
    }

    /// A layer further in may still look at the copy. Then another one is made while the last outcome may be returned: what
    /// was copied once may not be copied again.
    fn free<P: Replayer<R>>(&mut self, replayer: &P) {
        let Some(looked_at) = self.next.take_if(|next| !next.is_free()) else {
            return;
        };
        let request = looked_at.request();
        let again = match &self.source {
            Some(source) => source.replay(request),
            None => replayer.replay(request),
        };
        self.next = again.map(Box::new).map(Unsent::Own);
        if self.next.is_none() {
            self.remember(request);
        }
    }

    /// No copy is there to be asked later.
    fn remember(&mut self, request: &R) {
        if self.repeatable.is_none() {
            self.repeatable = Some(repeatable(&self.context, request));
        }
        if !self.progress.has_history() {
            self.head = Some(Box::new(head_of(request)));
        }
    }

    /// The same request, kept for another attempt; `None` when it can be sent only once.
    #[inline]
    fn keep<P: Replayer<R>>(&self, request: &R, replayer: &P) -> Option<Arc<R>> {
        match &self.source {
            Some(source) => source.replay(request).map(Arc::new),
            None => replayer.keep(request),
        }
    }

    /// The copy that the next attempt sends, for layers further in.
    pub(super) fn kept(&self) -> Option<Arc<R>> {
        match &self.next {
            Some(Unsent::Kept(kept)) => Some(Arc::clone(kept)),
            _ => None,
        }
    }

    /// Numbers the attempt that sends this request, and keeps a copy of it if another could follow.
    pub(super) fn depart<P: Replayer<R>>(
        &mut self,
        request: &R,
        replayer: &P,
        token: &mut Option<Token>,
    ) -> Context {
        let (now, resend) = match self.progress.sent() {
            0 => (self.progress.started(), None),
            _ => self.depart_again(token.take()),
        };
        if self.progress.may_follow(&self.limits) && self.funded && !self.context.retried_outside {
            let kept = self.keep(request, replayer);
            self.next = kept.map(Unsent::Kept);
        }
        if self.next.is_none() {
            self.remember(request);
        } else if self.repeatable.is_none() && self.source.is_some() {
            // A copy is asked later, if at all; what a closure makes may differ from what is sent.
            self.repeatable = Some(repeatable(&self.context, request));
        }
        self.progress.on_send(now);
        Context {
            attempt: self.progress.sent(),
            deadline: self.limits.deadline,
            retried_outside: true,
            may_follow: self.next.is_some(),
            resend,
            ..self.context.clone()
        }
    }

    #[cold]
    fn depart_again(&mut self, token: Option<Token>) -> (Instant, Option<Arc<Resend>>) {
        let now = clock::now();
        self.funded = self.context.scope.is_funded(now);
        self.resend = Some(Arc::new(Resend {
            token,
            sent: AtomicBool::new(false),
            latest_start: self.limits.latest_start(),
        }));
        (now, self.resend.clone())
    }

    /// The most of a refused response that is read to keep its connection.
    pub(super) fn drain(&self) -> usize {
        self.context.scope.policy().body().drain
    }

    /// The end of the whole call, if there is one.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.limits.deadline
    }

    /// The layer below failed before the attempt was sent, or was not ready by the deadline.
    #[cold]
    pub(super) fn not_ready<E>(&mut self, mut failure: Failure<E>) -> Failure<E> {
        let now = clock::now();
        let stop = match failure.report.judged.outcome {
            Outcome::Refused(refusal) => Stop::Refused(refusal),
            _ => Stop::FailFast(failure.report.judged.reason),
        };
        let record = self.progress.finish(now, stop, None);
        failure.report.record = match record.elapsed() {
            Some(_) => record,
            None => Record::unsent(),
        };
        event::end(&failure.report.record);
        failure
    }

    /// Whether the first attempt was accepted, as nearly every one is. Then there is no record, or one of a wait alone.
    #[inline]
    pub(super) fn is_over_at_once<Res>(&self, reply: &mut Reply<Res>) -> bool {
        if !self.is_first_try() || !reply.is_accepted() {
            return false;
        }
        let Some(report) = &mut reply.report else {
            return true;
        };
        if !report.notes.hops.is_none() {
            return false;
        }
        if !report.notes.is_empty() {
            report.record = Record::after_queue(report.notes.queued);
        }
        true
    }

    /// Decides what follows an outcome that was not accepted at the first attempt.
    #[cold]
    pub(super) fn follow<P: Replayer<R>, Res: HttpResponse, E>(
        &mut self,
        result: &Result<Reply<Res>, Failure<E>>,
        replayer: &P,
    ) -> Next {
        self.free(replayer);
        let now = clock::now();
        let report = match result {
            Ok(reply) => reply.report(),
            Err(failure) => Cow::Borrowed(&*failure.report),
        };
        let (judged, notes) = (&report.judged, &report.notes);
        let (queued, hops) = (notes.queued, notes.hops);
        if self.is_first_try() {
            self.limits.shift(queued);
        }
        let policy = self.context.scope.policy().retry();
        let unseen = policy.posts_may_redirect && !self.context.redirects_seen;
        let redirected = match (result, &self.next) {
            _ if hops.followed > 0 || unseen => true,
            (Ok(reply), Some(next)) => {
                let came_from = reply.response.final_url();
                came_from.is_some_and(|url| url != next.request().url())
            }
            _ => false,
        };
        let resend = self.resend.take();
        let token = resend.as_ref().and_then(|resend| resend.token.as_ref());
        if let Some(token) = token.filter(|_| judged.is_useful()) {
            token.succeeded();
        }
        if let (Outcome::Refused(refusal), Some(resend)) = (judged.outcome, &resend) {
            if judged.reason == Reason::Own && !resend.sent.load(Ordering::Relaxed) {
                self.progress.note_unsent(queued);
                let stop = Stop::Refused(refusal);
                return Next::Refused(self.end(now, stop, resume_at(now, judged)));
            }
        }
        let (step, token) = self.decide(now, judged, redirected, notes);
        let (wait, fee, stop) = match step {
            Step::Again { wait, payment } => {
                let fee = match payment {
                    Payment::Owed(price) => Fee::Owed(price),
                    _ => Fee::Paid(token),
                };
                (Some(wait), fee, Stop::Accepted)
            }
            Step::Return(stop) => (None, Fee::Paid(None), stop),
            _ => (None, Fee::Paid(None), Stop::Nested),
        };
        let (next, kept) = (&self.next, &mut self.head);
        self.progress.note(now, judged, wait, queued, hops, || {
            let kept = || kept.take().map(|head| *head);
            next.as_ref()
                .map(Unsent::request)
                .map(head_of)
                .or_else(kept)
                .unwrap_or_default()
        });
        if let (Some(wait), Some(next)) = (wait, next) {
            event::retry(&self.progress, &self.limits, judged, wait, next.request());
            let until = now.checked_add(wait.time).unwrap_or(now);
            return Next::Wait(until, fee);
        }
        // Again, but there is nothing left to send: the budget was empty when the attempt went out.
        let stop = match wait {
            Some(_) => Stop::Budget,
            None => stop,
        };
        // A layer further in has the record of what it did.
        if stop == Stop::Nested {
            return Next::Return(None);
        }
        let resume_at = resume_at(now, judged);
        Next::Return(Some(self.end(now, stop, resume_at)))
    }

    fn end(&mut self, now: Instant, stop: Stop, resume_at: Option<Instant>) -> Record {
        let record = self.progress.finish(now, stop, resume_at);
        let record = match self.context.keyed {
            true => record.keyed(),
            false => record,
        };
        event::end(&record);
        record
    }

    /// A call that waits for the budget asks for the price of its retry.
    #[cold]
    pub(super) fn pay(&mut self, price: Price) -> Due {
        let now = clock::now();
        let scope = &self.context.scope;
        if let Some(token) = scope.take_token(now, price) {
            return Due::Paid(token);
        }
        let affords_in = scope.affords_in(now, price);
        match self.limits.ask_again(now, affords_in, &mut scope.chance()) {
            Some(at) => Due::Later(at),
            None => Due::Never(self.end(now, Stop::Budget, None)),
        }
    }

    /// Asks core.
    fn decide(
        &mut self,
        now: Instant,
        judged: &Judged,
        redirected: bool,
        notes: &Notes,
    ) -> (Step, Option<Token>) {
        if self.context.retried_outside && matches!(judged.verdict, Rule::Retry(_)) {
            return (Step::Return(Stop::Nested), None);
        }
        let scope = Arc::clone(&self.context.scope);
        let mut chance = scope.chance();
        let mut token = None;
        // Without a copy for want of budget there is nothing to send again, whatever has trickled in since.
        let unfunded = !self.funded && self.next.is_none();
        let take_token = |price| {
            if !unfunded {
                token = scope.take_token(now, price);
            }
            token.is_some()
        };
        let asked = self.next.as_ref().map(Unsent::request);
        let repeatable = match (self.repeatable, asked) {
            (Some(known), _) => known,
            (None, Some(request)) => repeatable(&self.context, request),
            // It was asked when no copy was kept.
            (None, None) => Repeatable::No(WhyNot::Method),
        };
        self.repeatable = Some(repeatable);
        let rank = Rank::new(self.context.terms().priority, self.progress.sent());
        let situation = Situation::new(repeatable, take_token, &mut chance)
            .replayable(self.next.is_some() || unfunded)
            .redirected(redirected)
            .paced_until(scope.paced_until(now, rank))
            .closed_until(notes.closed_until)
            .pace_learned(notes.is_paced);
        let policy = scope.policy();
        let step = self
            .progress
            .on_outcome(now, judged, policy, &self.limits, situation);
        (step, token)
    }
}

impl<R> fmt::Debug for Course<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Course")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// When another try may succeed, if the server or a limit of this client said so.
fn resume_at(now: Instant, judged: &Judged) -> Option<Instant> {
    let wait = match judged.outcome {
        Outcome::Refused(refusal) => refusal.retry_after(),
        _ if judged.is_accepted() => None,
        _ => judged.hints.retry_after.map(|hint| hint.wait),
    };
    now.checked_add(wait?)
}

/// Whichever ends first.
fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn repeatable<R: HttpRequest>(context: &Context, request: &R) -> Repeatable {
    let policy = context.scope.policy().retry();
    let said = context.terms().repeatable;
    policy.repeatable(request.method(), request.headers(), said)
}
