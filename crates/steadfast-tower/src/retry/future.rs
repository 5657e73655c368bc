//! The future: send, judge, wait, send again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Instant;

use http::Method;
use pin_project_lite::pin_project;
use steadfast_core::repeatable::Repeatable;
use steadfast_core::{Judged, Limits, Overlay, Progress, Rule, Situation, Step, Stop, Wait};
use tokio::time::Sleep;
use tower_service::Service;

use crate::buffer::Whole;
use crate::call::{Call, Context, ReplaySource};
use crate::clock;
use crate::fault::{Cause, Failure, Limit, Reply};
use crate::request::{HttpRequest, Replayer};
use crate::response::WholeResponse;
use crate::retry::event;
use crate::scope::{Handle, Token};

pin_project! {
    /// The future of [`Retry`](super::Retry).
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<H, P, S, R, Res>
    where
        H: Handle,
        S: Service<Call<R>>,
        Res: WholeResponse,
    {
        course: Course<H, P, R>,
        inner: S,
        #[pin]
        stage: Stage<H, S::Future, Res>,
    }
}

/// What is known of the call between its attempts.
struct Course<H, P, R> {
    scope: H,
    replayer: P,
    overlay: Option<Arc<Overlay>>,
    retried_outside: bool,
    source: Option<ReplaySource<R>>,
    limits: Limits,
    progress: Progress,
    repeatable: Repeatable,
    /// Whether the budget could pay for a retry when the call started.
    funded: bool,
    /// The request that the next attempt sends.
    next: Option<R>,
    /// Method and host for the record, kept only where no copy of the request is.
    head: Option<Box<(Method, String)>>,
}

pin_project! {
    #[project = StageProjection]
    enum Stage<H, F, Res: WholeResponse>
    where
        H: Handle,
    {
        /// The next attempt waits for the layer below to be ready.
        Ready { token: Option<Token<H>> },
        /// An attempt is under way.
        Sending { #[pin] future: F },
        /// Between two attempts. Boxed: no call that succeeds at once has one, and each would carry its size.
        Waiting { wait: Box<Waiting<H, Res>> },
    }
}

/// A wait between two attempts.
struct Waiting<H: Handle, Res: WholeResponse> {
    sleep: Pin<Box<Sleep>>,
    drain: Option<Drain<Res>>,
    token: Option<Token<H>>,
}

/// A refused response on its way out.
struct Drain<Res: WholeResponse> {
    body: Whole<Res::Body>,
    left: usize,
}

impl<H, P, S, R, Res> RetryFuture<H, P, S, R, Res>
where
    H: Handle,
    R: HttpRequest,
    S: Service<Call<R>>,
    Res: WholeResponse,
{
    #[inline(always)]
    pub(crate) fn new(scope: H, replayer: P, inner: S, call: Call<R>) -> Self {
        Self {
            course: Course::new(scope, replayer, call),
            inner,
            stage: Stage::Ready { token: None },
        }
    }
}

impl<H, P, S, R, Res> fmt::Debug for RetryFuture<H, P, S, R, Res>
where
    H: Handle,
    S: Service<Call<R>>,
    Res: WholeResponse,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture")
            .field("progress", &self.course.progress)
            .finish_non_exhaustive()
    }
}

impl<H, P, S, R, Res, E> Future for RetryFuture<H, P, S, R, Res>
where
    H: Handle,
    P: Replayer<R>,
    R: HttpRequest,
    Res: WholeResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    let result = ready!(future.poll(cx));
                    if let Ok(reply) = &result {
                        if reply.judged.is_accepted() && this.course.is_first_try() {
                            return Poll::Ready(result);
                        }
                    }
                    match this.course.follow(result) {
                        Next::Done(result) => return Poll::Ready(result),
                        Next::Wait(stage) => this.stage.set(stage),
                    }
                }
                StageProjection::Ready { token } => {
                    ready!(this.inner.poll_ready(cx))?;
                    if let Some(token) = token.take() {
                        token.spend();
                    }
                    let Some(call) = this.course.send() else {
                        return Poll::Pending;
                    };
                    let future = this.inner.call(call);
                    this.stage.set(Stage::Sending { future });
                }
                StageProjection::Waiting { wait } => {
                    let drain = wait.drain.as_mut();
                    if drain.is_some_and(|drain| drain.poll(cx).is_ready()) {
                        wait.drain = None;
                    }
                    ready!(wait.sleep.as_mut().poll(cx));
                    let token = wait.token.take();
                    this.stage.set(Stage::Ready { token });
                }
            }
        }
    }
}

/// What follows an outcome.
enum Next<H: Handle, F, Res: WholeResponse, E> {
    Done(Result<Reply<Res>, Failure<E>>),
    Wait(Stage<H, F, Res>),
}

// ===== impl Course =====

impl<H: Handle, P, R: HttpRequest> Course<H, P, R> {
    #[inline(always)]
    fn new(scope: H, replayer: P, call: Call<R>) -> Self {
        let now = clock::now();
        let policy = scope.policy();
        let overlay = call.context.overlay.as_deref();
        let declared = overlay
            .and_then(Overlay::repeatable_value)
            .or(policy.repeatable);
        let retry_for = overlay
            .and_then(Overlay::retry_for_value)
            .unwrap_or(policy.retry_for);
        let attempts = overlay
            .and_then(Overlay::attempts_value)
            .unwrap_or(policy.attempts.get());
        let deadline = overlay.and_then(Overlay::deadline_value).or(policy.deadline);
        let mut limits = Limits::new(now, attempts, retry_for, deadline);
        limits.deadline = earlier(limits.deadline, call.context.deadline);
        let request = &call.request;
        let repeatable = Repeatable::of(request.method(), request.headers(), declared);
        let funded = scope.deposit(now);
        Self {
            scope,
            replayer,
            overlay: call.context.overlay,
            retried_outside: call.context.retried_outside,
            source: call.source,
            limits,
            progress: Progress::new(now),
            repeatable,
            funded,
            next: Some(call.request),
            head: None,
        }
    }

    fn is_first_try(&self) -> bool {
        self.progress.sent() == 1
    }

    /// Numbers the next attempt, keeps a copy of the request if another attempt could follow, and lets it go.
    #[inline(always)]
    fn send(&mut self) -> Option<Call<R>>
    where
        P: Replayer<R>,
    {
        let request = self.next.take()?;
        let first = self.progress.sent() == 0;
        let now = match first {
            true => self.progress.started(),
            false => clock::now(),
        };
        if !first {
            self.funded = self.scope.is_funded(now);
        }
        let may_follow =
            self.progress.may_follow(&self.limits) && self.funded && !self.retried_outside;
        if may_follow {
            self.next = match &self.source {
                Some(source) => source.replay(&request),
                None => self.replayer.replay(&request),
            };
        }
        if self.next.is_none() && !self.progress.has_history() {
            self.head = Some(Box::new(head_of(&request)));
        }
        self.progress.on_send(now);
        let context = Context {
            attempt: self.progress.sent(),
            retried_outside: true,
            deadline: self.limits.deadline,
            latest_start: match first {
                true => None,
                false => self.limits.latest_start(),
            },
            overlay: self.overlay.clone(),
        };
        Some(Call {
            request,
            context,
            source: None,
        })
    }

    /// Decides what follows an outcome that was not accepted at the first attempt.
    #[cold]
    fn follow<F, Res, E>(&mut self, result: Result<Reply<Res>, Failure<E>>) -> Next<H, F, Res, E>
    where
        Res: WholeResponse,
    {
        let now = clock::now();
        let judged = match &result {
            Ok(reply) => reply.judged,
            Err(failure) => failure.judged,
        };
        let (step, token) = self.decide(now, &judged);
        let wait = match step {
            Step::Again { wait, .. } => Some(wait),
            _ => None,
        };
        let (next, kept) = (&self.next, &mut self.head);
        self.progress.note(now, &judged, wait, || {
            next.as_ref()
                .map(head_of)
                .or_else(|| kept.take().map(|head| *head))
                .unwrap_or_default()
        });
        match (step, wait, next) {
            (_, Some(wait), Some(next)) => {
                event::retry(&self.progress, &self.limits, &judged, wait, next);
                Next::Wait(self.wait(now, wait, token, result))
            }
            (Step::HandBack(stop), ..) => Next::Done(self.end(now, &judged, stop, result)),
            _ => Next::Done(result),
        }
    }

    /// Asks core.
    fn decide(&mut self, now: Instant, judged: &Judged) -> (Step, Option<Token<H>>) {
        if self.retried_outside && matches!(judged.verdict, Rule::Retry(_)) {
            return (Step::HandBack(Stop::Nested), None);
        }
        let scope = &self.scope;
        let mut rng = scope.rng();
        let mut token = None;
        // Without a copy for want of budget there is nothing to send again, whatever has trickled in since.
        let unfunded = !self.funded && self.next.is_none();
        let situation = Situation {
            repeatable: self.repeatable,
            replayable: self.next.is_some() || unfunded,
            paced_until: scope.paced_until(now),
            take_token: || {
                token = if unfunded {
                    None
                } else {
                    Token::take(scope, now)
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

    /// The wait before the next attempt, with the refused response on its way out.
    fn wait<F, Res, E>(
        &self,
        now: Instant,
        wait: Wait,
        token: Option<Token<H>>,
        result: Result<Reply<Res>, Failure<E>>,
    ) -> Stage<H, F, Res>
    where
        Res: WholeResponse,
    {
        let most = self.scope.policy().drain;
        let drain = result
            .ok()
            .and_then(|reply| Drain::of(reply.response, most));
        let until = now.checked_add(wait.time).unwrap_or(now);
        let wait = Box::new(Waiting {
            sleep: Box::pin(tokio::time::sleep_until(until.into())),
            drain,
            token,
        });
        Stage::Waiting { wait }
    }

    /// Ends the call with its record.
    fn end<Res, E>(
        &mut self,
        now: Instant,
        judged: &Judged,
        stop: Stop,
        mut result: Result<Reply<Res>, Failure<E>>,
    ) -> Result<Reply<Res>, Failure<E>> {
        if stop == Stop::Nested {
            return result;
        }
        let hint = judged
            .hints
            .retry_after
            .and_then(|hint| now.checked_add(hint.wait));
        let resume_at = match &result {
            Err(Failure {
                cause: Cause::Limit(Limit::RateLimit { at, .. }),
                ..
            }) => Some(*at),
            _ if judged.is_accepted() => None,
            _ => hint,
        };
        let record = self.progress.finish(now, stop, resume_at);
        event::end(&record);
        match &mut result {
            Ok(reply) => reply.record = record,
            Err(failure) => failure.record = record,
        }
        result
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

// ===== impl Drain =====

impl<Res: WholeResponse> Drain<Res> {
    /// `None` when its connection is better given up: it is misdirected (421), or too long to be read.
    fn of(response: Res, most: usize) -> Option<Self> {
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if response.status().as_u16() == 421 || length.is_some_and(|length| length > most as u64) {
            return None;
        }
        let (_, body) = response.open();
        Some(Self { body, left: most })
    }

    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        self.body.poll_drain(&mut self.left, cx)
    }
}
