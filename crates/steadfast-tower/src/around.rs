//! A layer of the user's own between layers of ours.
//!
//! Layers of the user's know requests and responses; between ours travels a [`Call`], and back come a [`Reply`] or a
//! [`Failure`]. [`Around`] stands outside of such a layer and [`Inner`] inside of it: they carry across what the layer does
//! not know. Context, verdict and record survive, and the layer may change the request, send it more than once, or answer
//! by itself. An answer of its own is judged like one of the server; an error of its own is [`FailureKind::Foreign`],
//! unless a failed transport can be found inside of it.
//!
//! # Cancel safety
//! That of the layer in between.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use pin_project_lite::pin_project;
use steadfast_core::{Judged, Opinion};
use tower_layer::Layer;
use tower_service::Service;

use crate::call::{Call, ReplaySource};
use crate::clock;
use crate::context::Context;
use crate::failure::{BoxError, Cause, Failure};
use crate::read;
use crate::reply::Reply;
use crate::report::Report;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::scope::Scope;

/// A layer of the user's own, as a layer over services of calls.
#[derive(Clone, Copy, Debug)]
pub struct OwnLayer<L>(pub L);

/// No layer of the user's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLayer;

/// Puts a layer of the user's own around a service of calls.
#[derive(Clone, Debug)]
pub struct Around<L, S> {
    layer: L,
    inner: S,
}

/// The layers further in, as the user's layer sees them.
#[derive(Debug)]
pub struct Inner<S, R> {
    inner: S,
    context: Context,
    replay: Option<ReplaySource<R>>,
}

pin_project! {
    /// The future of [`Around`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AroundFuture<S, R, E>
    where
        S: Service<R>,
    {
        scope: Arc<Scope>,
        service: S,
        request: Option<Box<R>>,
        #[pin]
        future: Option<S::Future>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    /// The future of [`Inner`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InnerFuture<F> {
        #[pin]
        inner: F,
    }
}

/// What a response carries through the user's layer.
#[derive(Clone)]
struct Carried(Report);

// ===== impl OwnLayer =====

impl<L: Clone, S> Layer<S> for OwnLayer<L> {
    type Service = Around<L, S>;

    fn layer(&self, inner: S) -> Around<L, S> {
        let layer = self.0.clone();
        Around { layer, inner }
    }
}

impl<S> Layer<S> for NoLayer {
    type Service = S;

    fn layer(&self, inner: S) -> S {
        inner
    }
}

// ===== impl Around =====

impl<L, S, R, Res, E> Service<Call<R>> for Around<L, S>
where
    R: HttpRequest,
    Res: HttpResponse,
    E: 'static,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>> + Clone,
    L: Layer<Inner<S, R>>,
    L::Service: Service<R, Response = Res, Error: Into<BoxError>>,
    Failure<E>: StdError + Send + Sync,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = AroundFuture<L::Service, R, E>;

    /// Ready at once: the layer is asked right before the call, on the instance that is called.
    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<R>) -> Self::Future {
        let Call {
            request,
            context,
            replay,
            ..
        } = call;
        let scope = Arc::clone(&context.scope);
        let inner = self.inner.clone();
        let service = self.layer.layer(Inner {
            inner,
            context,
            replay,
        });
        AroundFuture {
            scope,
            service,
            request: Some(request),
            future: None,
            error: PhantomData,
        }
    }
}

impl<S, R, Res, E> Future for AroundFuture<S, R, E>
where
    R: HttpRequest,
    Res: HttpResponse,
    E: 'static,
    S: Service<R, Response = Res, Error: Into<BoxError>>,
    Failure<E>: StdError + Send + Sync,
{
    type Output = Result<Reply<Res>, Failure<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.request.is_some() {
            if let Err(error) = ready!(this.service.poll_ready(cx)) {
                return Poll::Ready(Err(failed(this.scope, error.into())));
            }
            if let Some(request) = this.request.take() {
                let future = this.service.call(*request);
                this.future.set(Some(future));
            }
        }
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Pending;
        };
        Poll::Ready(match ready!(future.poll(cx)) {
            Ok(response) => Ok(reply(this.scope, response)),
            Err(error) => Err(failed(this.scope, error.into())),
        })
    }
}

impl<S: Service<R>, R, E> fmt::Debug for AroundFuture<S, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AroundFuture")
            .field("asked", &self.request.is_none())
            .finish_non_exhaustive()
    }
}

/// What was carried, or the verdict about an answer of the layer's own.
fn reply<Res: HttpResponse>(scope: &Scope, mut response: Res) -> Reply<Res> {
    match response.extensions_mut().remove::<Carried>() {
        Some(Carried(report)) => Reply::with(response, report),
        None => {
            let (status, headers) = (response.status(), response.headers());
            let policy = scope.policy();
            let opinion = Opinion::Abstain;
            let judged = Judged::response(policy, status, headers, clock::wall, opinion, None);
            Reply::new(response, judged)
        }
    }
}

/// The failure that passed through, or one of the layer's own.
fn failed<E>(scope: &Scope, error: BoxError) -> Failure<E>
where
    E: 'static,
    Failure<E>: StdError + Send + Sync,
{
    match error.downcast::<Failure<E>>() {
        Ok(failure) => *failure,
        Err(error) => {
            let kind = read::foreign(&*error);
            let judged = Judged::failure(scope.policy(), kind, Opinion::Abstain);
            Failure::new(Cause::Foreign(error), judged)
        }
    }
}

// ===== impl Inner =====

impl<S: Clone, R> Clone for Inner<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            context: self.context.clone(),
            replay: self.replay.clone(),
        }
    }
}

impl<S, R, Res, E> Service<R> for Inner<S, R>
where
    R: HttpRequest,
    Res: HttpResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
    E: 'static,
    Failure<E>: StdError + Send + Sync,
{
    type Response = Res;
    type Error = BoxError;
    type Future = InnerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let call = Call::new(request, self.context.clone()).replayed_by(self.replay.clone());
        InnerFuture {
            inner: self.inner.call(call),
        }
    }
}

impl<F, Res, E> Future for InnerFuture<F>
where
    F: Future<Output = Result<Reply<Res>, Failure<E>>>,
    Res: HttpResponse,
    E: 'static,
    Failure<E>: StdError + Send + Sync,
{
    type Output = Result<Res, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.project().inner.poll(cx)) {
            Ok(reply) => {
                let (mut response, report) = reply.into_parts();
                response.extensions_mut().insert(Carried(report));
                Ok(response)
            }
            Err(failure) => Err(failure.into()),
        })
    }
}
