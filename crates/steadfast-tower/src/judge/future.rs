//! The future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use steadfast_core::hint::Hints;
use steadfast_core::{Judged, Opinion, Outcome, PEEK_LIMIT, Prepared, Reason, Record, Rule};
use tokio::time::Sleep;

use crate::buffer::PeekedBody;
use crate::clock;
use crate::entry::Unjudged;
use crate::failure::{Cause, Failure};
use crate::head::Head;
use crate::reply::Reply;
use crate::response::PeekedResponse;
use crate::scope::Scope;

/// A body that drips must not hold the decision for longer.
const PEEK_TIME: Duration = Duration::from_secs(1);

pin_project! {
    /// The future of [`Judge`](super::Judge).
    #[must_use = "futures do nothing unless polled"]
    pub struct JudgeFuture<F, Res: PeekedResponse> {
        scope: Arc<Scope>,
        head: Option<Box<Head>>,
        // Whether another attempt could follow; then a refusal is worth a look into its body.
        may_follow: bool,
        // Whether the request carries an idempotency key that its policy asked for.
        keyed: bool,
        #[pin]
        inner: F,
        peek: Option<Box<Peek<Res>>>,
    }
}

/// A body that is being looked into, off the happy path.
struct Peek<Res: PeekedResponse> {
    shell: Res::Shell,
    body: PeekedBody<Res::Body>,
    end: Option<Pin<Box<Sleep>>>,
}

impl<F, Res: PeekedResponse> JudgeFuture<F, Res> {
    #[inline]
    pub(crate) const fn new(
        scope: Arc<Scope>,
        head: Option<Box<Head>>,
        may_follow: bool,
        inner: F,
    ) -> Self {
        Self {
            scope,
            head,
            may_follow,
            keyed: false,
            inner,
            peek: None,
        }
    }

    #[inline]
    pub(crate) fn keyed(mut self, keyed: bool) -> Self {
        self.keyed = keyed;
        self
    }
}

impl<F, Res: PeekedResponse> fmt::Debug for JudgeFuture<F, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgeFuture")
            .field("peeking", &self.peek.is_some())
            .finish_non_exhaustive()
    }
}

impl<F, Res, E> Future for JudgeFuture<F, Res>
where
    F: Future<Output = Result<Res, Unjudged<E>>>,
    Res: PeekedResponse,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let policy = this.scope.policy();
        let head = this.head.as_deref();
        if this.peek.is_none() {
            let response = match ready!(this.inner.poll(cx)) {
                Ok(response) => response,
                Err(error) => return Poll::Ready(Err(error.judged(policy, head))),
            };
            let status = response.status();
            if head.is_none() && policy.retry().statuses.accepts_at_once(status) {
                return Poll::Ready(Ok(Reply::accepted(response)));
            }
            let opinion = ask(policy, head, &response, None);
            if !wants_body(policy, opinion, *this.may_follow, &response) {
                return Poll::Ready(Ok(judge(policy, opinion, response, None, *this.keyed)));
            }
            let (shell, body) = response.open();
            let end = None;
            *this.peek = Some(Box::new(Peek { shell, body, end }));
        }
        match this.peek.take() {
            Some(mut peek) => {
                if peek.poll(cx).is_pending() {
                    *this.peek = Some(peek);
                    return Poll::Pending;
                }
                let start = peek.body.start(PEEK_LIMIT);
                let response = Res::close(peek.shell, peek.body);
                let opinion = ask(policy, head, &response, Some(&start));
                Poll::Ready(Ok(judge(
                    policy,
                    opinion,
                    response,
                    Some(&start),
                    *this.keyed,
                )))
            }
            None => Poll::Pending,
        }
    }
}

impl<Res: PeekedResponse> Peek<Res> {
    /// Ready when there is enough, or when it took long enough.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.body.poll_start(PEEK_LIMIT, cx).is_ready() {
            return Poll::Ready(());
        }
        let end = self
            .end
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(PEEK_TIME)));
        end.as_mut().poll(cx)
    }
}

/// What the user's classifier says.
fn ask<Res: PeekedResponse>(
    policy: &Prepared,
    head: Option<&Head>,
    response: &Res,
    start: Option<&[u8]>,
) -> Opinion {
    let outcome = Outcome::Status(response.status());
    head.map_or(Opinion::Abstain, |head| {
        head.opinion(policy, outcome, Some(response.headers()), start)
    })
}

/// Whether the verdict hangs on the body: the classifier asks for it, or a refusal that would be repeated may be a
/// quota that is used up. A policy that counts quotas or knows words for them wants to hear of it at the last attempt, too.
fn wants_body<Res: PeekedResponse>(
    policy: &Prepared,
    opinion: Opinion,
    may_follow: bool,
    response: &Res,
) -> bool {
    match opinion {
        Opinion::ReadBody => return true,
        Opinion::Abstain => {}
        _ => return false,
    }
    let status = response.status();
    let (rule, own) = policy.retry().statuses.rule(status);
    let marked = !policy.quota_markers().is_empty();
    let matters = may_follow || marked || !policy.quotas().is_empty();
    match status.as_u16() {
        _ if own || !matters => false,
        429 => matches!(rule, Rule::Retry(_)),
        403 => {
            marked || Hints::read_refusal(status, response.headers(), clock::wall).tell_of_a_limit()
        }
        _ => false,
    }
}

fn judge<Res: PeekedResponse>(
    policy: &Prepared,
    opinion: Opinion,
    response: Res,
    start: Option<&[u8]>,
    keyed: bool,
) -> Reply<Res> {
    let status = response.status();
    let headers = response.headers();
    let mut judged = Judged::response(policy, status, headers, clock::wall, opinion, start);
    if keyed {
        judged = judged.of_keyed();
    }
    let inside = response.extensions().get::<Record>();
    if !judged.is_accepted() && inside.is_some_and(Record::is_exhausted) {
        (judged.verdict, judged.reason) = (Rule::FailFast, Reason::Nested);
    }
    Reply::answered(response, judged)
}

impl<E> Unjudged<E> {
    /// The layer below failed before anything was sent: the call ends with it, whatever the policy says.
    pub(crate) fn not_ready(self) -> Failure<E> {
        match self {
            Self::Judged(failure) => failure,
            Self::Refused(refusal) => Failure::refused(refusal),
            Self::Raw(kind, error, _) => {
                let judged = Judged::ended(Outcome::Failed(kind));
                Failure::new(Cause::Transport(error), judged)
            }
        }
    }

    /// Judges an error, unless a layer further in did.
    pub(crate) fn judged(self, policy: &Prepared, head: Option<&Head>) -> Failure<E> {
        match self {
            Self::Judged(mut failure) => {
                if failure.report.record.is_exhausted() {
                    let judged = &mut failure.report.judged;
                    (judged.verdict, judged.reason) = (Rule::FailFast, Reason::Nested);
                }
                failure
            }
            Self::Refused(refusal) => {
                Failure::new(Cause::Refused(refusal), Judged::refused(policy, refusal))
            }
            Self::Raw(kind, error, hops) => {
                let opinion = head.map_or(Opinion::Abstain, |head| {
                    head.opinion(policy, Outcome::Failed(kind), None, None)
                });
                let judged = Judged::failure(policy, kind, opinion);
                let mut failure = Failure::new(Cause::Transport(error), judged);
                failure.report.notes.hops = hops;
                failure
            }
        }
    }
}
