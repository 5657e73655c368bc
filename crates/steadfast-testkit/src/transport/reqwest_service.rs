//! The transport for reqwest: as a middleware that answers, and as a tower service.

use std::task::{Context, Poll};

use http::Extensions;
use reqwest::{Request, Response, ResponseBuilderExt};
use reqwest_middleware::{Middleware, Next};
use tokio::time::timeout_at;
use tower_service::Service;

use crate::clock::now;

use super::{Arrived, Boxed, Transport, TransportError, TransportErrorKind, read};

impl Transport {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let at = now();
        let deadline = request.timeout().map(|timeout| at + *timeout);
        let exchange = async {
            let body = match request.body_mut().take() {
                Some(body) => read(body).await?,
                None => bytes::Bytes::new(),
            };
            let url = request.url();
            let path = match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            };
            let (method, headers) = (request.method().clone(), request.headers().clone());
            self.exchange(Arrived {
                method,
                path,
                headers,
                body,
                at,
            })
            .await
        };
        let answer = match deadline {
            None => exchange.await?,
            Some(at) => timeout_at(at, exchange)
                .await
                .map_err(|_| TransportErrorKind::TimedOut)??,
        };
        let (parts, body) = answer.into_parts();
        let malformed = |_| TransportErrorKind::Malformed;
        let builder = http::Response::builder()
            .status(parts.status)
            .url(request.url().clone());
        let mut response = builder
            .body(reqwest::Body::wrap(body.until(deadline)))
            .map_err(malformed)?;
        *response.headers_mut() = parts.headers;
        Ok(response.into())
    }
}

#[async_trait::async_trait]
impl Middleware for Transport {
    async fn handle(
        &self,
        request: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.send(request)
            .await
            .map_err(reqwest_middleware::Error::middleware)
    }
}

impl Service<Request> for Transport {
    type Response = Response;
    type Error = TransportError;
    type Future = Boxed<Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move { transport.send(request).await })
    }
}
