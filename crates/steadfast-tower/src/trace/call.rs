//! The span of a call.

use std::task::{Context, Poll};

use tower_service::Service;
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::call::Call;
use crate::clock;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::request::HttpRequest;
use crate::response::HttpResponse;
use crate::trace::SpanFuture;
use crate::trace::future::SpanKind;
use crate::trace::name::{Method, Name};

/// Opens an INTERNAL span around each call.
#[derive(Clone, Debug)]
pub struct CallSpan<S> {
    inner: S,
}

impl<S> CallSpan<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R, Res, E> Service<Call<R>> for CallSpan<S>
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
            return SpanFuture::unseen(self.inner.call(call), SpanKind::Call);
        }
        let span = open(&call);
        let future = span.in_scope(|| self.inner.call(call));
        SpanFuture::new(future, span, SpanKind::Call)
    }
}

fn open<R: HttpRequest>(call: &Call<R>) -> Span {
    let (request, scope) = (&call.request, &call.context.scope);
    let (method, url) = (Method(request.method()), request.url());
    tracing::span!(
        target: "steadfast",
        Level::INFO,
        "call",
        otel.name = %Name(method, scope.template()),
        otel.kind = "internal",
        http.request.method = method.known(),
        url.template = scope.template(),
        server.address = url.host,
        server.port = url.port.map(i64::from),
        http.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
        steadfast.identity = scope.identity(),
        steadfast.nested = call.context.retried_outside.then_some(true),
        steadfast.budget_left = scope.budget_left(clock::now()),
        steadfast.attempts = Empty,
        steadfast.waited_ms = Empty,
        steadfast.queued_ms = Empty,
        steadfast.stop = Empty,
        steadfast.keyed = Empty,
        steadfast.fallback = Empty,
    )
}
