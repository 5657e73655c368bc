//! The request's head, kept for the user's closures while the request itself is on its way.

use http::{HeaderMap, Method};
use steadfast_core::{Exchange, Opinion, Outcome, Prepared, RequestHead, UrlParts};

use crate::request::HttpRequest;

/// A copy of what closures are shown of a request.
#[derive(Debug)]
pub(crate) struct Head {
    method: Method,
    scheme: String,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
}

impl Head {
    pub(crate) fn of<R: HttpRequest>(request: &R) -> Self {
        let url = request.url();
        Self {
            method: request.method().clone(),
            scheme: url.scheme.to_owned(),
            host: url.host.to_owned(),
            port: url.port,
            path: url.path.to_owned(),
            query: url.query.map(str::to_owned),
            headers: request.headers().clone(),
        }
    }

    /// Shows it.
    pub(crate) fn with<T>(&self, show: impl FnOnce(RequestHead<'_>) -> T) -> T {
        let query = self.query.as_deref();
        let url = UrlParts::new(&self.scheme, &self.host, self.port, &self.path, query);
        show(RequestHead::new(&self.method, url, &self.headers))
    }

    /// What the user's classifier says.
    pub(crate) fn opinion(
        &self,
        policy: &Prepared,
        outcome: Outcome,
        headers: Option<&HeaderMap>,
        body_start: Option<&[u8]>,
    ) -> Opinion {
        let Some(classifier) = &policy.retry().classifier else {
            return Opinion::Abstain;
        };
        self.with(|request| {
            let (method, url) = (request.method, request.url);
            let exchange =
                Exchange::new(method, url, request.headers, outcome, headers, body_start);
            classifier.opinion(&exchange)
        })
    }
}
