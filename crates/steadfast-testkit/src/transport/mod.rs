//! A script without a socket, as the last link of a chain.
//!
//! Where no socket is needed, none is better: nothing is in flight that a paused clock could
//! overtake, and ten thousand calls take milliseconds. What a real connection adds (its pool, its
//! errors, its bytes) is tested with a [`Server`](crate::Server).

mod error;
mod http_service;
#[cfg(feature = "reqwest")]
mod reqwest_service;

use std::future::{Future, pending};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::{Instant, sleep};

use crate::body::Body;
use crate::log::{Log, Received};
use crate::routes::Routes;
use crate::script::Script;
use crate::step::{Act, Answer, Step};

pub use error::{TransportError, TransportErrorKind};

/// A transport that plays scripts and keeps a log. A cheap handle: clones share both.
///
/// It is a [`tower_service::Service`] over `http::Request<B>` with `http::Response<`[`Body`]`>`, and,
/// with the default feature `reqwest`, over `reqwest::Request`, and a
/// `reqwest_middleware::Middleware` that answers without calling what comes after it. Request
/// bodies are read to their end before a step is played. Waits are on tokio's clock: use it with
/// `#[tokio::test(start_paused = true)]` or in [`virtual_time`](crate::virtual_time()).
///
/// # What it can express
/// Everything up to the head of an answer that a [`Server`](crate::Server) can, except that there are
/// no connections: [`Received::connection`](crate::Received::connection) is 0, and what a step does to the
/// connection after a whole answer has no effect. Failures are a [`TransportError`]: as the error of
/// the tower service, as `reqwest_middleware::Error::Middleware` of the middleware. Nobody but
/// reqwest can make a `reqwest::Error`, so `is_connect()` and the like do not answer there; for
/// those use a server. A failure *inside* a body does reach the reader of a `reqwest::Response` as a
/// `reqwest::Error`, with the [`TransportError`] among its sources. The timeout of a
/// `reqwest::Request` is kept, body included ([`TimedOut`](TransportErrorKind::TimedOut)); the one of
/// the client is not known here.
///
/// ```
/// use steadfast_testkit::{Transport, script, virtual_time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// virtual_time().block_on(async {
///     let transport = Transport::new(script![503, reset, 200.body("ok")]);
///     let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///         .with(transport.clone())
///         .build();
///
///     assert_eq!(client.get("http://a.test/x").send().await?.status(), 503);
///     assert!(client.get("http://a.test/x").send().await.is_err());
///     assert_eq!(client.get("http://a.test/x").send().await?.text().await?, "ok");
///     assert_eq!(transport.requests_to("GET /x"), 3);
///     Ok(())
/// })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Transport {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    routes: Routes,
    log: Log,
}

/// A [`Transport`] with a script for each path; patterns as for a
/// [`ServerBuilder`](crate::ServerBuilder).
#[derive(Debug, Default)]
#[must_use]
pub struct TransportBuilder {
    routes: Routes,
}

// ===== impl Transport =====

impl Transport {
    /// A transport that plays this script, whatever the path.
    #[must_use]
    pub fn new(script: impl Into<Script>) -> Self {
        Self::builder().fallback(script).build()
    }

    /// A transport with a script for each path.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::default()
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.log.clone()
    }

    /// How many requests arrived.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.log.len()
    }

    /// How many requests arrived at one route: `"/a"`, or `"POST /a"`.
    #[must_use]
    pub fn requests_to(&self, route: &str) -> usize {
        self.shared.log.to(route).len()
    }

    /// Plays the step for one request.
    async fn exchange(&self, arrived: Arrived) -> Result<http::Response<Body>, TransportError> {
        let received = Received {
            method: arrived.method,
            path: arrived.path,
            headers: arrived.headers,
            body: arrived.body,
            at: arrived.at,
            answered_at: None,
            left_at: None,
            connection: 0,
            n: 0,
        };
        let step = self
            .shared
            .routes
            .next(&received.method, received.path_only());
        let mut received = received;
        received.n = self.shared.log.push(received.clone());
        let result = play(step, &received).await;
        self.shared.log.answered(received.n);
        result
    }
}

// ===== impl TransportBuilder =====

impl TransportBuilder {
    /// Plays a script for the requests that match the pattern.
    pub fn on(mut self, pattern: &str, script: impl Into<Script>) -> Self {
        self.routes.on(pattern, script.into());
        self
    }

    /// Plays a script for the requests that match no pattern.
    pub fn fallback(mut self, script: impl Into<Script>) -> Self {
        self.routes.fallback(script.into());
        self
    }

    /// The transport.
    #[must_use]
    pub fn build(self) -> Transport {
        Transport {
            shared: Arc::new(Shared {
                routes: self.routes,
                ..Shared::default()
            }),
        }
    }
}

/// A request, read whole.
struct Arrived {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    at: Instant,
}

async fn play(step: Step, received: &Received) -> Result<http::Response<Body>, TransportError> {
    let mut step = step;
    loop {
        if !step.delay.is_zero() {
            sleep(step.delay).await;
        }
        match step.act {
            Act::Dynamic(choose) => step = choose(received),
            Act::Answer(answer) => return respond(&answer, &received.method),
            Act::Reset => return Err(TransportErrorKind::Reset.into()),
            Act::Fin => return Err(TransportErrorKind::Closed.into()),
            Act::Refuse => return Err(TransportErrorKind::Refused.into()),
            Act::Silence | Act::Hang => pending().await,
        }
    }
}

fn respond(answer: &Answer, method: &Method) -> Result<http::Response<Body>, TransportError> {
    let malformed = || TransportError::from(TransportErrorKind::Malformed);
    let body = if answer.has_body(method) {
        Body::of(answer)
    } else {
        Body::empty()
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| malformed())?;
    for (name, value) in answer.lines() {
        let name = HeaderName::from_bytes(&name).map_err(|_| malformed())?;
        let value = HeaderValue::from_bytes(&value).map_err(|_| malformed())?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Reads a request body to its end.
async fn read<B: http_body::Body>(body: B) -> Result<Bytes, TransportError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| TransportErrorKind::RequestBody)?;
        if let Ok(data) = frame.into_data() {
            use bytes::{Buf, BufMut};
            let mut data = data;
            while data.has_remaining() {
                bytes.put_slice(data.chunk());
                let read = data.chunk().len();
                data.advance(read);
            }
        }
    }
    Ok(bytes.freeze())
}

/// The future of a transport; one allocation a request is nothing to a test.
type Boxed<T> = std::pin::Pin<Box<dyn Future<Output = Result<T, TransportError>> + Send>>;
