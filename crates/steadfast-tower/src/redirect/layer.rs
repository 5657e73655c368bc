//! The layer.

use std::sync::Arc;

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
}

impl RedirectLayer {
    /// For a service that follows no redirects itself and adds no headers. A redirect too many is returned as the
    /// response, since this layer cannot make an error of the transport.
    #[must_use]
    pub fn new(redirects: Redirects) -> Self {
        Self::over(redirects, Shown::default())
    }

    pub(super) fn over(redirects: Redirects, client: Shown) -> Self {
        let following = Arc::new(Following { redirects, client });
        Self { following }
    }
}

impl<S> Layer<S> for RedirectLayer {
    type Service = Redirect<S>;

    fn layer(&self, inner: S) -> Redirect<S> {
        Redirect::new(Some(self), inner)
    }
}
