//! The span of one attempt.

use std::task::{Context, Poll};

use tower_service::Service;
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::trace::SpanFuture;
use crate::trace::future::SpanKind;
use crate::trace::name::{Method, Name};

/// Opens a CLIENT span around each attempt.
#[derive(Clone, Debug)]
pub struct AttemptSpan<S> {
    inner: S,
}

impl<S> AttemptSpan<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<Call<R>> for AttemptSpan<S>
where
    R: HttpRequest,
    Res: HttpResponse,
    S: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Response = Reply<Res>;
    type Error = Failure<E>;
    type Future = SpanFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, call: Call<R>) -> Self::Future {
        if !super::is_listened_to(call.context.scope.policy().observe().spans) {
            return SpanFuture::unseen(self.inner.call(call), SpanKind::Attempt);
        }
        let span = open(&call);
        let future = span.in_scope(|| self.inner.call(call));
        SpanFuture::new(future, span, SpanKind::Attempt)
    }
}

fn open<R: HttpRequest>(call: &Call<R>) -> Span {
    let (request, scope) = (&call.request, &call.context.scope);
    let (method, url) = (Method(request.method()), request.url());
    let span = tracing::span!(
        target: "steadfast",
        Level::INFO,
        "attempt",
        otel.name = %Name(method, scope.template()),
        otel.kind = "client",
        http.request.method = method.known(),
        http.request.method_original = Empty,
        http.request.resend_count = Empty,
        url.full = %url,
        url.template = scope.template(),
        server.address = url.host,
        server.port = url.port.map(i64::from),
        http.response.status_code = Empty,
        network.protocol.version = Empty,
        error.type = Empty,
        otel.status_code = Empty,
        steadfast.keyed = call.context.keyed.then_some(true),
        steadfast.verdict = Empty,
        steadfast.reason = Empty,
    );
    if let Some(original) = method.original() {
        span.record("http.request.method_original", original);
    }
    if call.context.attempt > 1 {
        let resends = i64::from(call.context.attempt - 1);
        span.record("http.request.resend_count", resends);
    }
    span
}
