//! The request's head, kept for the classifier while the request itself is on its way.

use http::{HeaderMap, Method};
use steadfast_core::{Exchange, Opinion, Outcome, Prepared, UrlParts};

use crate::request::HttpRequest;

/// A copy of what a classifier is shown of the request.
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
        let query = self.query.as_deref();
        let url = UrlParts::new(&self.scheme, &self.host, self.port, &self.path, query);
        let exchange = Exchange::new(
            &self.method,
            url,
            &self.headers,
            outcome,
            headers,
            body_start,
        );
        classifier.opinion(&exchange)
    }
}
