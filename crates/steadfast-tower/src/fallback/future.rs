//! The future.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use pin_project_lite::pin_project;
use steadfast_core::{FailedCall, FallbackResponse, Judged, Outcome, Record};

use crate::call::Call;
use crate::failure::{Cause, Failure};
use crate::head::Head;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::PeekedResponse;
use crate::scope::Scope;

pin_project! {
    /// The future of [`Fallback`](super::Fallback).
    #[must_use = "futures do nothing unless polled"]
    pub struct FallbackFuture<F> {
        #[pin]
        inner: F,
        // Boxed: it is there only where a policy has a fallback.
        asked: Option<Box<Asked>>,
    }
}

/// What the fallback is shown of the request.
struct Asked {
    scope: Arc<Scope>,
    head: Head,
}

impl<F> FallbackFuture<F> {
    /// One literal: a future that is made in two branches is moved once more.
    #[inline]
    pub(super) fn new<R: HttpRequest>(call: Call<R>, send: impl FnOnce(Call<R>) -> F) -> Self {
        let asked = match call.context.scope.policy().answer().fallback {
            None => None,
            Some(_) => Asked::before(&call),
        };
        Self {
            inner: send(call),
            asked,
        }
    }
}

impl<F, Res, E> Future for FallbackFuture<F>
where
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
    Res: PeekedResponse,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(asked) = this.asked else {
            return this.inner.poll(cx);
        };
        let result = ready!(this.inner.poll(cx));
        Poll::Ready(asked.answer(result))
    }
}

impl Asked {
    #[cold]
    fn before<R: HttpRequest>(call: &Call<R>) -> Option<Box<Self>> {
        let scope = Arc::clone(&call.context.scope);
        let head = Head::of(&*call.request);
        Some(Box::new(Self { scope, head }))
    }

    /// What came of the call, or what takes its place.
    fn answer<Res: PeekedResponse, E>(
        &self,
        result: Result<Reply<Res>, Failure<E>>,
    ) -> Result<Reply<Res>, Failure<E>> {
        let report = match &result {
            Ok(reply) if reply.is_accepted() => return result,
            Ok(reply) => reply.report(),
            Err(failure) if matches!(failure.cause, Cause::InvalidCall(_)) => return result,
            Err(failure) => Cow::Borrowed(&*failure.report),
        };
        let outcome = report.judged.outcome;
        let Some(answer) = self.ask(outcome, &report.record) else {
            return result;
        };
        tracing::event!(
            target: "steadfast",
            tracing::Level::INFO,
            http.response.status_code = i64::from(answer.status().as_u16()),
            "{outcome}: answered by the fallback",
        );
        let mut report = report.into_owned();
        report.judged = Judged::accepted(answer.status());
        report.record = report.record.answered_by_fallback();
        Ok(Reply::with(self.respond(&answer), report))
    }

    fn ask(&self, outcome: Outcome, record: &Record) -> Option<FallbackResponse> {
        let fallback = self.scope.policy().answer().fallback.as_ref()?;
        self.head
            .with(|request| fallback.answer(&FailedCall::new(request, outcome, record)))
    }

    fn respond<Res: PeekedResponse>(&self, answer: &FallbackResponse) -> Res {
        let mut response = http::Response::new(Bytes::copy_from_slice(answer.bytes()));
        *response.status_mut() = answer.status();
        response.headers_mut().clone_from(answer.headers());
        Res::made_up(response, &self.head.with(|request| request.url.full()))
    }
}

impl<F> fmt::Debug for FallbackFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackFuture")
            .field("has_fallback", &self.asked.is_some())
            .finish_non_exhaustive()
    }
}
