//! The course of one call: what is known of it between its attempts.
//!
//! It holds the request while another attempt may follow, and so most of what a call weighs. A [`RetryFuture`] owns its
//! course, or borrows it from a place that holds the request anyway: a copy of a request is a quarter of a kilobyte.
//!
//! [`RetryFuture`]: super::RetryFuture

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use steadfast_core::repeatable::Repeatable;
use steadfast_core::{Judged, Limits, Overlay, Progress, Record, Rule, Situation, Step, Stop};

use crate::budget::Token;
use crate::call::{Begin, Call, Context, Rare, ReplaySource};
use crate::clock;
use crate::fault::{Cause, Failure, Limit, Reply};
use crate::request::{HttpRequest, Replayer};
use crate::response::HttpResponse;
use crate::retry::event;
use crate::scope::Scope;

/// A call on its course.
pub struct Course<R> {
    /// As the call came in.
    context: Context,
    source: Option<ReplaySource<R>>,
    limits: Limits,
    progress: Progress,
    repeatable: Repeatable,
    /// Whether the budget could pay for a retry when the attempt started.
    funded: bool,
    /// The request that the next attempt sends.
    next: Option<R>,
    /// Method and host for the record, kept only where no copy of the request is.
    head: Option<Box<(Method, String)>>,
}

/// What follows an outcome that was not accepted at the first attempt.
pub(super) enum Next {
    /// Hand it back, with this record if there is one.
    HandBack(Option<Record>),
    /// Send again after this wait.
    Wait(Instant, Option<Token>),
}

impl<R: HttpRequest> Course<R> {
    /// A call that starts now, under the policy of a scope; `source` makes the request again when it cannot be copied.
    #[inline(always)]
    pub fn new(scope: &Scope, call: Call<R>, source: Option<ReplaySource<R>>) -> Self {
        let now = clock::now();
        let policy = scope.policy();
        let overlay = call.context.overlay();
        let declared = overlay
            .and_then(Overlay::repeatable_value)
            .or(policy.repeatable);
        let retry_for = overlay
            .and_then(Overlay::retry_for_value)
            .unwrap_or(policy.retry_for);
        let attempts = overlay
            .and_then(Overlay::attempts_value)
            .unwrap_or(policy.attempts.get());
        let deadline = overlay
            .and_then(Overlay::deadline_value)
            .or(policy.deadline);
        let mut limits = Limits::new(now, attempts, retry_for, deadline);
        limits.deadline = earlier(limits.deadline, call.context.deadline);
        let request = &call.request;
        let repeatable = Repeatable::of(request.method(), request.headers(), declared);
        let funded = scope.deposit(now);
        Self {
            context: call.context,
            source,
            limits,
            progress: Progress::new(now),
            repeatable,
            funded,
            next: Some(call.request),
            head: None,
        }
    }

    pub(super) const fn is_first_try(&self) -> bool {
        self.progress.sent() == 1
    }

    /// The request that the next attempt sends.
    #[inline(always)]
    pub(super) const fn take(&mut self) -> Option<R> {
        self.next.take()
    }

    /// Numbers the attempt that sends this request, and keeps a copy of it if another could follow.
    #[inline(always)]
    pub(super) fn depart<P: Replayer<R>>(
        &mut self,
        request: &R,
        scope: &Scope,
        replayer: &P,
        token: &mut Option<Token>,
    ) -> Context {
        let (now, rare) = match self.progress.sent() {
            0 => (self.progress.started(), self.context.rare.clone()),
            _ => self.depart_again(scope, token.take()),
        };
        if self.progress.may_follow(&self.limits) && self.funded && !self.context.retried_outside {
            self.next = match &self.source {
                Some(source) => source.replay(request),
                None => replayer.replay(request),
            };
        }
        if self.next.is_none() && !self.progress.has_history() {
            self.head = Some(Box::new(head_of(request)));
        }
        self.progress.on_send(now);
        Context {
            attempt: self.progress.sent(),
            deadline: self.limits.deadline,
            retried_outside: true,
            may_follow: self.next.is_some(),
            rare,
        }
    }

    #[cold]
    fn depart_again(
        &mut self,
        scope: &Scope,
        token: Option<Token>,
    ) -> (Instant, Option<Arc<Rare>>) {
        let now = clock::now();
        self.funded = scope.is_funded(now);
        let rare = Rare {
            overlay: self.context.shared_overlay(),
            token,
            latest_start: self.limits.latest_start(),
        };
        (now, Some(Arc::new(rare)))
    }

    /// The end of the whole call, if there is one.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.limits.deadline
    }

    /// The layer below failed before the attempt was sent, or was not ready by the deadline.
    #[cold]
    pub(super) fn not_ready<E>(&mut self, mut failure: Failure<E>) -> Failure<E> {
        let now = clock::now();
        let stop = match failure.cause {
            Cause::Limit(Limit::Deadline) => Stop::Deadline,
            _ => Stop::FailFast(failure.judged.reason),
        };
        let record = self.progress.finish(now, stop, None);
        failure.record = match record.elapsed() {
            Some(_) => record,
            None => Record::unsent(),
        };
        event::end(&failure.record);
        failure
    }

    /// Decides what follows an outcome that was not accepted at the first attempt.
    #[cold]
    pub(super) fn follow<Res: HttpResponse, E>(
        &mut self,
        scope: &Scope,
        result: &Result<Reply<Res>, Failure<E>>,
    ) -> Next {
        let now = clock::now();
        let judged = match result {
            Ok(reply) => &reply.judged,
            Err(failure) => &failure.judged,
        };
        let told = match result {
            Ok(reply) => &reply.record,
            Err(failure) => &failure.record,
        };
        let (queued, paced_until) = (told.queued(), told.paced_until());
        if self.is_first_try() {
            self.limits.shift(queued);
        }
        let hops = match result {
            Ok(reply) => reply.hops(),
            Err(failure) => failure.hops,
        };
        let redirected = match (result, &self.next) {
            _ if hops.followed > 0 => true,
            (Ok(reply), Some(next)) => {
                let came_from = reply.response.final_url();
                came_from.is_some_and(|url| url != next.url())
            }
            _ => false,
        };
        let (step, token) = self.decide(scope, now, judged, redirected, paced_until);
        let (wait, stop) = match step {
            Step::Again { wait, .. } => (Some(wait), Stop::Accepted),
            Step::HandBack(stop) => (None, stop),
            _ => (None, Stop::Nested),
        };
        let (next, kept) = (&self.next, &mut self.head);
        self.progress.note(now, judged, wait, queued, hops, || {
            let kept = || kept.take().map(|head| *head);
            next.as_ref().map(head_of).or_else(kept).unwrap_or_default()
        });
        if let (Some(wait), Some(next)) = (wait, next) {
            event::retry(&self.progress, &self.limits, judged, wait, next);
            let until = now.checked_add(wait.time).unwrap_or(now);
            return Next::Wait(until, token);
        }
        // Again, but there is nothing left to send: the budget was empty when the attempt went out.
        let stop = match wait {
            Some(_) => Stop::Budget,
            None => stop,
        };
        // A layer further in has the record of what it did.
        if stop == Stop::Nested {
            return Next::HandBack(None);
        }
        let record = self
            .progress
            .finish(now, stop, resume_at(now, judged, result));
        event::end(&record);
        Next::HandBack(Some(record))
    }

    /// Asks core.
    fn decide(
        &mut self,
        scope: &Scope,
        now: Instant,
        judged: &Judged,
        redirected: bool,
        paced_until: Option<Instant>,
    ) -> (Step, Option<Token>) {
        if self.context.retried_outside && matches!(judged.verdict, Rule::Retry(_)) {
            return (Step::HandBack(Stop::Nested), None);
        }
        let mut rng = scope.rng();
        let mut token = None;
        // Without a copy for want of budget there is nothing to send again, whatever has trickled in since.
        let unfunded = !self.funded && self.next.is_none();
        let situation = Situation {
            repeatable: self.repeatable,
            replayable: self.next.is_some() || unfunded,
            redirected,
            paced_until: paced_until.max(scope.paced_until(now)),
            take_token: || {
                token = if unfunded {
                    None
                } else {
                    scope.take_token(now)
                };
                token.is_some()
            },
            rng: &mut rng,
        };
        let policy = scope.policy();
        let step = self
            .progress
            .on_outcome(now, judged, policy, &self.limits, situation);
        (step, token)
    }
}

impl<R: HttpRequest> Begin for &mut Course<R> {
    type Request = R;

    fn request(&self) -> Option<&R> {
        self.next.as_ref()
    }

    fn overlay(&self) -> Option<&Overlay> {
        self.context.overlay()
    }

    fn is_retried_outside(&self) -> bool {
        self.context.retried_outside
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
fn resume_at<Res, E>(
    now: Instant,
    judged: &Judged,
    result: &Result<Reply<Res>, Failure<E>>,
) -> Option<Instant> {
    match result {
        Err(Failure {
            cause: Cause::Limit(limit),
            ..
        }) => limit.resume_at(),
        _ if judged.is_accepted() => None,
        _ => judged
            .hints
            .retry_after
            .and_then(|hint| now.checked_add(hint.wait)),
    }
}

/// Whichever ends first.
fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn head_of<R: HttpRequest>(request: &R) -> (Method, String) {
    (
        request.method().clone(),
        request.url().authority().to_string(),
    )
}
