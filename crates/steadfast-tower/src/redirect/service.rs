//! The service.

use std::task::{Context, Poll};

use reqwest::{Request, Response};
use steadfast_core::redirect::Hops;
use tower_service::Service;

use crate::failure::Fault;
use crate::redirect::chain::Chain;
use crate::redirect::{Hopped, RedirectFuture, RedirectLayer};

/// Follows redirects, and sends requests again that were not processed.
#[derive(Clone, Debug)]
pub struct Redirect<S> {
    layer: Option<RedirectLayer>,
    inner: S,
}

impl<S> Redirect<S> {
    /// Wraps a service; without a layer requests pass through.
    pub fn new(layer: Option<&RedirectLayer>, inner: S) -> Self {
        let layer = layer.cloned();
        Self { layer, inner }
    }
}

impl<S> Service<Request> for Redirect<S>
where
    S: Service<Request, Response = Response> + Clone,
    S::Error: Fault,
{
    type Response = Response;
    type Error = Hopped<S::Error>;
    type Future = RedirectFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let error = |error| Hopped::new(error, Hops::NONE);
        self.inner.poll_ready(cx).map_err(error)
    }

    #[inline]
    fn call(&mut self, request: Request) -> RedirectFuture<S> {
        let layer = self.layer.as_ref();
        let chain = layer.and_then(|layer| Chain::of(&layer.following, &request));
        // The instance that was asked makes the call, and is asked again before each further one.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let future = inner.call(request);
        RedirectFuture::new(inner, chain, future)
    }
}
