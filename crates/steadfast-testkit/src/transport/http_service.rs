//! The transport as a tower service over the types of `http`.

use std::task::{Context, Poll};

use tower_service::Service;

use super::{Arrived, Boxed, Transport, TransportError, read};
use crate::body::Body;
use crate::clock::now;

impl<B> Service<http::Request<B>> for Transport
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Send,
{
    type Response = http::Response<Body>;
    type Error = TransportError;
    type Future = Boxed<http::Response<Body>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let transport = self.clone();
        let at = now();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let path = parts
                .uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned();
            let body = read(body).await?;
            let (method, headers) = (parts.method, parts.headers);
            transport
                .exchange(Arrived {
                    method,
                    path,
                    headers,
                    body,
                    at,
                })
                .await
        })
    }
}
