//! Any tower layer as a reqwest middleware.
//!
//! Per call the layer is put around [`NextService`], the rest of the chain; a tower service need not be `'static`, so
//! it borrows what the middleware is handed. The first attempt runs on the caller's own extensions and in no extra box;
//! later attempts run on a copy of what the call started with, and those of the last one are returned to the caller.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next};
use steadfast_tower::Failure;
use tower_layer::Layer;
use tower_service::Service;

use crate::nesting::{self, Marked, Marker};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A tower layer as a [`reqwest_middleware::Middleware`].
///
/// ```
/// use steadfast::layers::TowerMiddleware;
/// use tower::util::MapRequestLayer;
///
/// let tag = MapRequestLayer::new(|mut request: reqwest::Request| {
///     request.headers_mut().insert("x-tag", http::HeaderValue::from_static("blue"));
///     request
/// });
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(TowerMiddleware::new(tag))
///     .build();
/// # drop(client);
/// ```
///
/// Errors keep their type where they have one: a `reqwest::Error` stays one, others are found inside
/// [`reqwest_middleware::Error::Middleware`].
#[derive(Clone, Copy, Debug)]
pub struct TowerMiddleware<L> {
    layer: L,
    retries: bool,
}

/// The rest of the chain, as a service.
#[derive(Clone)]
pub struct NextService<'a> {
    next: Next<'a>,
    attempts: &'a Attempts<'a>,
}

/// One run through the rest of the chain.
pub struct NextFuture<'a> {
    inner: BoxFuture<'a, reqwest_middleware::Result<Response>>,
}

/// The extensions of the attempts of one call.
pub(crate) struct Attempts<'a> {
    own: Mutex<Option<&'a mut Extensions>>,
    start: &'a Extensions,
    last: &'a Mutex<Option<Extensions>>,
    /// Whether a steadfast middleware further in passes these attempts through.
    in_charge: bool,
}

/// A layer that can stand around the rest of any chain. Implemented for every layer that can; nobody else needs to.
pub trait LayerFor<'a>: Send + Sync + 'static {
    /// The service it makes.
    type Service: Service<Request, Response = Response, Error = Self::Error, Future: Send> + Send;
    /// Its error.
    type Error: Into<BoxError> + Send;

    /// Makes it.
    fn around(&self, next: NextService<'a>) -> Self::Service;
}

impl<'a, L> LayerFor<'a> for L
where
    L: Layer<NextService<'a>> + Send + Sync + 'static,
    L::Service: Service<Request, Response = Response, Future: Send> + Send,
    <L::Service as Service<Request>>::Error: Into<BoxError> + Send,
{
    type Service = L::Service;
    type Error = <L::Service as Service<Request>>::Error;

    fn around(&self, next: NextService<'a>) -> Self::Service {
        self.layer(next)
    }
}

impl<L> TowerMiddleware<L> {
    /// Wraps a layer that calls the rest of the chain once.
    pub const fn new(layer: L) -> Self {
        let retries = false;
        Self { layer, retries }
    }

    /// Wraps a layer that retries, so that attempts do not multiply: steadfast middlewares further in pass its attempts
    /// through, and where one further out is in charge this layer is left out.
    pub const fn retrying(layer: L) -> Self {
        let retries = true;
        Self { layer, retries }
    }
}

#[async_trait::async_trait]
impl<L> Middleware for TowerMiddleware<L>
where
    L: for<'a> LayerFor<'a>,
{
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let is_inside = nesting::is_inside(extensions);
        if is_inside && self.retries {
            return next.run(request, extensions).await;
        }
        let (start, last) = (extensions.clone(), Mutex::new(None));
        let result = {
            let mut marked = None;
            let own = match self.retries {
                true => &mut *marked.insert(Marked::new(extensions)).extensions,
                false => &mut *extensions,
            };
            let attempts = Attempts::new(own, &start, &last, is_inside || self.retries);
            let mut service = self.layer.around(NextService::new(next, &attempts));
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            let result = match ready.map_err(|error| unboxed(error.into())) {
                Ok(()) => service
                    .call(request)
                    .await
                    .map_err(|error| unboxed(error.into())),
                Err(error) => Err(error),
            };
            drop(service);
            result
        };
        return_last(extensions, last);
        result
    }
}

/// The error as the chain's users know it.
fn unboxed(error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    let error = match error.downcast::<reqwest::Error>() {
        Ok(error) => return Error::Reqwest(*error),
        Err(error) => error,
    };
    match error.downcast::<Failure<Error>>() {
        Ok(failure) => crate::error::from_failure(*failure, None),
        Err(error) => Error::Middleware(anyhow::Error::from_boxed(error)),
    }
}

/// Gives the caller the extensions of the last attempt.
pub(crate) fn return_last(extensions: &mut Extensions, last: Mutex<Option<Extensions>>) {
    if let Some(mut last) = last.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if !nesting::is_inside(extensions) {
            last.remove::<Marker>();
        }
        *extensions = last;
    }
}

// ===== impl Attempts =====

impl<'a> Attempts<'a> {
    pub(crate) const fn new(
        own: &'a mut Extensions,
        start: &'a Extensions,
        last: &'a Mutex<Option<Extensions>>,
        in_charge: bool,
    ) -> Self {
        Self {
            own: Mutex::new(Some(own)),
            start,
            last,
            in_charge,
        }
    }

    #[inline]
    fn first(&self) -> Option<&'a mut Extensions> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.take()
    }
}

// ===== impl NextService =====

impl<'a> NextService<'a> {
    pub(crate) const fn new(next: Next<'a>, attempts: &'a Attempts<'a>) -> Self {
        Self { next, attempts }
    }
}

impl<'a> Service<Request> for NextService<'a> {
    type Response = Response;
    type Error = Error;
    type Future = NextFuture<'a>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request) -> NextFuture<'a> {
        match self.attempts.first() {
            Some(own) => NextFuture {
                inner: self.next.clone().run(request, own),
            },
            None => self.call_again(request),
        }
    }
}

impl<'a> NextService<'a> {
    /// A later attempt, on extensions of its own.
    #[cold]
    fn call_again(&self, request: Request) -> NextFuture<'a> {
        let next = self.next.clone();
        let (mut copy, last) = (self.attempts.start.clone(), self.attempts.last);
        if self.attempts.in_charge {
            copy.insert(Marker);
        }
        let inner = Box::pin(async move {
            let result = next.run(request, &mut copy).await;
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
            result
        });
        NextFuture { inner }
    }
}

impl fmt::Debug for NextService<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextService(..)")
    }
}

impl Future for NextFuture<'_> {
    type Output = reqwest_middleware::Result<Response>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for NextFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextFuture(..)")
    }
}
