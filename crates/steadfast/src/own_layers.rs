//! Layers of the user's own, at their places in the stack of a reqwest client.
//!
//! The stack is put together per call and borrows the rest of the chain, so its layers have types that no builder can name.
//! A layer of the user's is therefore kept behind [`OwnLayer`], and sees the layers further in as a [`Rest`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use reqwest::{Request, Response};
use steadfast_tower::{BoxError, Own};
use tower_layer::Layer;
use tower_service::Service;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is further in than a layer of the user's own: a service of `reqwest::Request`. Its error is a boxed one that the
/// layer should return as it is.
pub struct Rest<'a>(Box<dyn AnyService<'a> + 'a>);

/// A layer that can stand at a place for the user's own. Implemented for every layer that can; nobody else needs to.
pub trait OwnLayer: Send + Sync + 'static {
    /// Puts the layer around what is further in.
    fn around<'a>(&self, rest: Rest<'a>) -> Rest<'a>;
}

/// A layer whose service lives as long as what it is put around.
pub trait LayerOver<'a>: Send + Sync + 'static {
    /// Puts the layer around what is further in.
    fn over(&self, rest: Rest<'a>) -> Rest<'a>;
}

/// The user's own layers; the last one is outermost.
#[derive(Clone, Default)]
pub(crate) struct OwnLayers(Vec<Arc<dyn OwnLayer>>);

/// The user's own layers for one call.
#[derive(Clone, Copy)]
pub(crate) struct Borrowed<'a> {
    layers: &'a OwnLayers,
}

trait AnyService<'a>: Send {
    fn clone_boxed(&self) -> Box<dyn AnyService<'a> + 'a>;
    fn poll_ready_boxed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>>;
    fn call_boxed(&mut self, request: Request) -> BoxFuture<'a, Result<Response, BoxError>>;
}

impl<'a, S> AnyService<'a> for S
where
    S: Service<Request, Response = Response, Error: Into<BoxError>, Future: Send + 'a>
        + Clone
        + Send
        + 'a,
{
    fn clone_boxed(&self) -> Box<dyn AnyService<'a> + 'a> {
        Box::new(self.clone())
    }

    fn poll_ready_boxed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.poll_ready(cx).map_err(Into::into)
    }

    fn call_boxed(&mut self, request: Request) -> BoxFuture<'a, Result<Response, BoxError>> {
        let future = self.call(request);
        Box::pin(async move { future.await.map_err(Into::into) })
    }
}

// ===== impl Rest =====

impl<'a> Rest<'a> {
    fn of<S>(service: S) -> Self
    where
        S: Service<Request, Response = Response, Error: Into<BoxError>, Future: Send + 'a>
            + Clone
            + Send
            + 'a,
    {
        Self(Box::new(service))
    }
}

impl Clone for Rest<'_> {
    fn clone(&self) -> Self {
        Self(self.0.clone_boxed())
    }
}

impl<'a> Service<Request> for Rest<'a> {
    type Response = Response;
    type Error = BoxError;
    type Future = BoxFuture<'a, Result<Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready_boxed(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.call_boxed(request)
    }
}

impl fmt::Debug for Rest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest(..)")
    }
}

// ===== impl OwnLayer =====

impl<'a, L> LayerOver<'a> for L
where
    L: Layer<Rest<'a>> + Send + Sync + 'static,
    L::Service: Service<Request, Response = Response> + Clone + Send + 'a,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send + 'a,
{
    fn over(&self, rest: Rest<'a>) -> Rest<'a> {
        Rest::of(self.layer(rest))
    }
}

impl<L> OwnLayer for L
where
    L: for<'a> LayerOver<'a>,
{
    fn around<'a>(&self, rest: Rest<'a>) -> Rest<'a> {
        self.over(rest)
    }
}

// ===== impl OwnLayers =====

impl OwnLayers {
    pub(crate) fn push(&mut self, layer: impl OwnLayer) {
        self.0.push(Arc::new(layer));
    }

    /// For one call.
    fn borrow(&self) -> steadfast_tower::OwnLayer<Borrowed<'_>> {
        steadfast_tower::OwnLayer(Borrowed { layers: self })
    }
}

impl fmt::Debug for OwnLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnLayers({})", self.0.len())
    }
}

impl<'a, S> Layer<S> for Borrowed<'a>
where
    S: Service<Request, Response = Response, Error: Into<BoxError>, Future: Send + 'a>
        + Clone
        + Send
        + 'a,
{
    type Service = Rest<'a>;

    fn layer(&self, inner: S) -> Rest<'a> {
        let layers = self.layers.0.iter();
        layers.fold(Rest::of(inner), |rest, layer| layer.around(rest))
    }
}

/// The user's own layers of both places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) around_call: OwnLayers,
    pub(crate) around_attempt: OwnLayers,
}

impl Places {
    pub(crate) fn is_empty(&self) -> bool {
        self.around_call.0.is_empty() && self.around_attempt.0.is_empty()
    }

    pub(crate) fn borrow(
        &self,
    ) -> Own<steadfast_tower::OwnLayer<Borrowed<'_>>, steadfast_tower::OwnLayer<Borrowed<'_>>> {
        Own {
            around_call: self.around_call.borrow(),
            around_attempt: self.around_attempt.borrow(),
        }
    }
}
