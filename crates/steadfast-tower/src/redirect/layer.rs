//! The layer.

use std::fmt;
use std::sync::{Arc, OnceLock};

use reqwest::{Request, Response};
use steadfast_core::redirect::Redirects;
use tower_layer::Layer;

use crate::redirect::Redirect;
use crate::redirect::shown::Shown;

/// Follows redirects, and sends requests again that were not processed. Cheap to clone.
///
/// [`take_over`](super::take_over) makes one together with the client that it fits.
#[derive(Clone, Debug)]
pub struct RedirectLayer {
    pub(super) following: Arc<Following>,
}

/// How redirects are followed, and over which client.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) redirects: Redirects,
    pub(super) client: Shown,
    pub(super) arrival: OnceLock<Arrival>,
}

/// Who is told of answers from other origins.
pub(super) struct Arrival(Box<Tell>);

type Tell = dyn Fn(&Request, &Response) + Send + Sync;

impl Arrival {
    pub(super) fn tell(&self, request: &Request, response: &Response) {
        (self.0)(request, response);
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arrival(..)")
    }
}

impl RedirectLayer {
    /// For a service that follows no redirects itself and adds no headers. A redirect too many is returned as the
    /// response, since this layer cannot make an error of the transport.
    #[must_use]
    pub fn new(redirects: Redirects) -> Self {
        Self::over(redirects, Shown::default())
    }

    pub(super) fn over(redirects: Redirects, client: Shown) -> Self {
        let following = Arc::new(Following {
            redirects,
            client,
            arrival: OnceLock::new(),
        });
        Self { following }
    }

    /// Calls this with the last request and its response, when redirects led to another origin. The first of several counts.
    #[must_use]
    pub fn on_arrival(self, tell: impl Fn(&Request, &Response) + Send + Sync + 'static) -> Self {
        self.following
            .arrival
            .get_or_init(|| Arrival(Box::new(tell)));
        self
    }
}

impl<S> Layer<S> for RedirectLayer {
    type Service = Redirect<S>;

    fn layer(&self, inner: S) -> Redirect<S> {
        Redirect::new(Some(self), inner)
    }
}
