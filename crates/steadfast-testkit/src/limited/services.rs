//! The server as what clients call: a tower service, and a middleware that answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

use super::Limited;
use crate::body::Body;

/// One allocation a request is nothing to a test.
type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl<B> Service<http::Request<B>> for Limited {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move { Ok(server.exchange().await.map(|()| Body::empty())) })
    }
}

#[cfg(feature = "reqwest")]
mod reqwest {
    use std::task::{Context, Poll};

    use http::Extensions;
    use reqwest::{Request, Response, ResponseBuilderExt};
    use reqwest_middleware::{Middleware, Next};
    use tokio::time::timeout;
    use tower_service::Service;

    use super::Boxed;
    use crate::limited::Limited;
    use crate::transport::{TransportError, TransportErrorKind};

    impl Limited {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            let answer = match request.timeout() {
                None => self.exchange().await,
                Some(time) => timeout(*time, self.exchange())
                    .await
                    .map_err(|_| TransportErrorKind::TimedOut)?,
            };
            let builder = http::Response::builder()
                .status(answer.status())
                .url(request.url().clone());
            let mut response = builder
                .body(reqwest::Body::default())
                .map_err(|_| TransportErrorKind::Malformed)?;
            *response.headers_mut() = answer.into_parts().0.headers;
            Ok(response.into())
        }
    }

    #[async_trait::async_trait]
    impl Middleware for Limited {
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

    impl Service<Request> for Limited {
        type Response = Response;
        type Error = TransportError;
        type Future = Boxed<Response, TransportError>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request) -> Self::Future {
            let server = self.clone();
            Box::pin(async move { server.send(request).await })
        }
    }
}
