//! The user's own word on whose request it is.

use std::fmt;
use std::sync::Arc;

use steadfast_core::RequestHead;
use steadfast_tower::HttpRequest;

/// A closure that names the principal of a request.
#[derive(Clone)]
pub(crate) struct PrincipalOf(Arc<Closure>);

type Closure = dyn Fn(&RequestHead<'_>) -> Option<Arc<str>> + Send + Sync;

impl PrincipalOf {
    pub(crate) fn new<I: Into<Arc<str>>>(
        closure: impl Fn(&RequestHead<'_>) -> Option<I> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |request| closure(request).map(Into::into)))
    }

    pub(crate) fn ask<R: HttpRequest>(&self, request: &R) -> Option<Arc<str>> {
        let head = RequestHead::new(request.method(), request.url(), request.headers());
        (self.0)(&head)
    }
}

impl fmt::Debug for PrincipalOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrincipalOf(..)")
    }
}
