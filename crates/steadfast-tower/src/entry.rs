//! The outermost and the innermost adapter: between them travels a [`Call`], outside of them plain requests do.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::redirect::Hops;
use steadfast_core::{FailureKind, Judged};
use tower_service::Service;

use crate::call::{Call, Context};
use crate::fault::{Cause, Failure, Fault, Limit, Reading, Reply};
use crate::given_up::{self, Inside};
use crate::request::HttpRequest;
use crate::response::{HttpResponse, IntoWhole};

/// Makes a [`Call`] of each request, and attaches the record to the response if there is something to tell.
#[derive(Clone, Debug)]
pub struct Entry<S> {
    inner: S,
}

/// Takes the call apart: what stands further in sees the request alone.
#[derive(Clone, Debug)]
pub struct Transport<S> {
    inner: S,
}

pin_project! {
    /// The future of [`Entry`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct EntryFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project! {
    /// The future of [`Transport`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TransportFuture<F> {
        #[pin]
        inner: F,
    }
}

/// An error on its way to the judge: not judged yet, or by a layer of ours further in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unjudged<E> {
    /// The transport failed in this way, after these hops.
    Raw(FailureKind, E, Hops),
    /// A limit of this client refused or cut it.
    Limit(Limit),
    /// A layer of ours further in judged it.
    Judged(Failure<E>),
}

impl<S> Entry<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Transport<S> {
    /// Wraps a service of requests.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<R> for Entry<S>
where
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
    R: HttpRequest,
    Res: HttpResponse,
{
    type Response = Res;
    type Error = Failure<E>;
    type Future = EntryFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let context = request
            .overlay()
            .map(Context::with_overlay)
            .unwrap_or_default();
        EntryFuture {
            inner: self.inner.call(Call::with_context(request, context)),
        }
    }
}

impl<F, Res, E> Future for EntryFuture<F>
where
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
    Res: HttpResponse,
{
    type Output = Result<Res, Failure<E>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(self.project().inner.poll(cx)).map(Reply::into_response))
    }
}

impl<Res: HttpResponse> Reply<Res> {
    /// The response, with its record attached if there is something to tell.
    pub fn into_response(self) -> Res {
        let mut response = self.response;
        if self.record.elapsed().is_some() {
            response.extensions_mut().insert(self.record);
        }
        response
    }
}

impl<S, R> Service<Call<R>> for Transport<S>
where
    S: Service<R>,
    S::Response: IntoWhole,
    S::Error: Fault,
{
    type Response = <S::Response as IntoWhole>::Whole;
    type Error = Unjudged<<S::Error as Fault>::Inner>;
    type Future = TransportFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Unjudged::read)
    }

    #[inline(always)]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        call.context.sent();
        TransportFuture {
            inner: self.inner.call(call.request),
        }
    }
}

impl<F, Res, E> Future for TransportFuture<F>
where
    F: Future<Output = Result<Res, E>>,
    Res: IntoWhole,
    E: Fault,
{
    type Output = Result<Res::Whole, Unjudged<E::Inner>>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let _inside = Inside::enter();
        Poll::Ready(match ready!(self.project().inner.poll(cx)) {
            Ok(response) => Ok(response.into_whole()),
            Err(error) => Err(Unjudged::read(error)),
        })
    }
}

impl<E> Unjudged<E> {
    /// Reads an error.
    pub fn read<F: Fault<Inner = E>>(error: F) -> Self {
        let (given_up, hops) = (given_up::recall(error.source_of()), error.hops());
        match (error.read(), given_up) {
            (Reading::Transport(kind, error), Some(record)) => {
                let mut failure = Failure::new(Cause::Transport(error), Judged::own(kind));
                (failure.record, failure.hops) = (record, hops);
                Self::Judged(failure)
            }
            (Reading::Transport(kind, error), None) => Self::Raw(kind, error, hops),
            (Reading::Judged(failure), _) => Self::Judged(failure),
        }
    }
}

impl<E> From<Limit> for Failure<E> {
    fn from(limit: Limit) -> Self {
        Self::limit(limit)
    }
}
