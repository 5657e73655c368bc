//! A middleware that puts trace context into requests, as far as a test needs it.

use std::sync::{Arc, Mutex};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use tracing::info;

/// Notes the span that is the current one where headers like `traceparent` are put in.
#[derive(Clone, Default)]
pub(crate) struct Injector(Arc<Mutex<Vec<Option<u64>>>>);

impl Injector {
    pub(crate) fn spans(&self) -> Vec<Option<u64>> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Middleware for Injector {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let id = tracing::Span::current().id();
        self.0.lock().unwrap().push(id.map(|id| id.into_u64()));
        info!("sending");
        next.run(request, extensions).await
    }
}
