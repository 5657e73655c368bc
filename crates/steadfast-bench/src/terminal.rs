//! The innermost end of every stack: answers at once, or after one `Pending`, without a network.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue, header};
use http_body_util::Full;
use reqwest_middleware::Next;

/// How the terminal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// With an empty 200, the first time it is polled.
    Ready,
    /// With a 200 that has eight ordinary headers, the second time it is polled.
    Pending,
}

impl Terminal {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Ready, Self::Pending];

    /// The name in tables and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
        }
    }

    fn answer(self) -> Answer {
        Answer {
            terminal: self,
            waited: false,
        }
    }
}

// ===== as a reqwest middleware =====

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Terminal {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let response = match self.answer().await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        drop(request);
        Ok(response.map(|_| Bytes::new()).into())
    }
}

// ===== as a tower service =====

impl tower::Service<http::Request<Bytes>> for Terminal {
    type Response = http::Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Bytes>) -> Answer {
        self.answer()
    }
}

/// The answer of a [`Terminal`], on its way.
#[derive(Debug)]
pub struct Answer {
    terminal: Terminal,
    waited: bool,
}

impl Future for Answer {
    type Output = Result<http::Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = http::Response::new(Full::default());
        if self.terminal == Terminal::Pending {
            if !self.waited {
                self.waited = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            response.headers_mut().clone_from(&ORDINARY);
        }
        Poll::Ready(Ok(response))
    }
}

/// What most APIs send with any answer; nothing about limits.
static ORDINARY: LazyLock<HeaderMap> = LazyLock::new(|| {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_LENGTH, "0"),
        (header::DATE, "Mon, 23 Nov 2026 12:00:00 GMT"),
        (header::SERVER, "nginx"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, "\"5f1c-4a2b\""),
        (header::VARY, "Accept-Encoding"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
});
