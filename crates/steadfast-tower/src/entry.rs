//! The outermost and the innermost adapter: between them travels a [`Call`], outside of them plain requests do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::redirect::Hops;
use steadfast_core::{FailureKind, Refusal};
use tower_service::Service;

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Failure, Fault, Reading};
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, IntoPeeked};
use crate::scope::Scope;

/// Makes a [`Call`] of each request, and attaches the record to the response if there is something to tell. An overlay
/// that the request carries is checked here.
#[derive(Clone, Debug)]
pub struct Entry<S> {
    scope: Arc<Scope>,
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
    pub struct EntryFuture<F, E> {
        #[pin]
        stage: Stage<F, E>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StageProjection]
    enum Stage<F, E> {
        Sent { #[pin] inner: F },
        // What was said about the call makes no sense.
        Invalid { failure: Option<Box<Failure<E>>> },
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
    Refused(Refusal),
    /// A layer of ours further in judged it.
    Judged(Failure<E>),
}

// ===== impl Entry =====

impl<S> Entry<S> {
    /// Wraps a service of calls.
    pub const fn new(scope: Arc<Scope>, inner: S) -> Self {
        Self { scope, inner }
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
    type Future = EntryFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let overlay = request.overlay();
        let overlay = overlay.as_deref();
        if let Some(Err(mistake)) = overlay.map(steadfast_core::Overlay::check) {
            let failure = Some(Box::new(Failure::invalid_call(mistake)));
            let stage = Stage::Invalid { failure };
            return EntryFuture { stage };
        }
        let context = Context::new(Arc::clone(&self.scope), overlay);
        let inner = self.inner.call(Call::new(request, context));
        let stage = Stage::Sent { inner };
        EntryFuture { stage }
    }
}

impl<F, Res, E> Future for EntryFuture<F, E>
where
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
    Res: HttpResponse,
{
    type Output = Result<Res, Failure<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageProjection::Sent { inner } => inner.poll(cx).map_ok(Reply::into_response),
            StageProjection::Invalid { failure } => match failure.take() {
                Some(failure) => Poll::Ready(Err(*failure)),
                None => Poll::Pending,
            },
        }
    }
}

// ===== impl Transport =====

impl<S> Transport<S> {
    /// Wraps a service of requests.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R> Service<Call<R>> for Transport<S>
where
    S: Service<R>,
    S::Response: IntoPeeked,
    S::Error: Fault,
{
    type Response = <S::Response as IntoPeeked>::Peeked;
    type Error = Unjudged<<S::Error as Fault>::Inner>;
    type Future = TransportFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Unjudged::read)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        call.context.sent();
        TransportFuture {
            inner: self.inner.call(*call.request),
        }
    }
}

impl<F, Res, E> Future for TransportFuture<F>
where
    F: Future<Output = Result<Res, E>>,
    Res: IntoPeeked,
    E: Fault,
{
    type Output = Result<Res::Peeked, Unjudged<E::Inner>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.project().inner.poll(cx)) {
            Ok(response) => Ok(response.into_peeked()),
            Err(error) => Err(Unjudged::read(error)),
        })
    }
}

// ===== impl Unjudged =====

impl<E> Unjudged<E> {
    /// Reads an error.
    pub fn read<F: Fault<Inner = E>>(error: F) -> Self {
        let hops = error.hops();
        match error.read() {
            Reading::Transport(kind, error) => Self::Raw(kind, error, hops),
            Reading::Judged(failure) => Self::Judged(failure),
        }
    }
}
