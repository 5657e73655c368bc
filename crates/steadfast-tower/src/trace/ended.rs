//! What spans tell when the call or the attempt is over.

use steadfast_core::{Rule, Stop};
use tracing::Span;

use super::signed;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::response::HttpResponse;

/// The call is over.
pub(super) fn call<Res: HttpResponse, E>(span: &Span, result: &Result<Reply<Res>, Failure<E>>) {
    outcome(span, result);
    let record = match result {
        Ok(reply) => &reply.report().record.clone(),
        Err(failure) => &failure.report.record,
    };
    span.record("steadfast.attempts", signed(record.attempt_count()));
    let waited = record.waited().as_millis();
    span.record("steadfast.waited_ms", signed(waited));
    if !record.queued().is_zero() {
        let queued = record.queued().as_millis();
        span.record("steadfast.queued_ms", signed(queued));
    }
    if record.is_keyed() {
        span.record("steadfast.keyed", true);
    }
    if record.is_fallback() {
        span.record("steadfast.fallback", true);
    }
    if record.stop() != Stop::Accepted {
        span.record("steadfast.stop", tracing::field::display(record.stop()));
    }
}

/// The attempt is over.
pub(super) fn attempt<Res: HttpResponse, E>(span: &Span, result: &Result<Reply<Res>, Failure<E>>) {
    outcome(span, result);
    let judged = match result {
        Ok(reply) => {
            span.record(
                "network.protocol.version",
                version(reply.response.version()),
            );
            reply.report().judged
        }
        Err(failure) => failure.report.judged,
    };
    span.record(
        "steadfast.verdict",
        match judged.verdict {
            Rule::Accept => "accept",
            Rule::Retry(_) => "retry",
            _ => "fail_fast",
        },
    );
    span.record("steadfast.reason", tracing::field::display(judged.reason));
}

fn version(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_09 => "0.9",
        http::Version::HTTP_10 => "1.0",
        http::Version::HTTP_2 => "2",
        http::Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// What both spans tell of an outcome.
fn outcome<Res: HttpResponse, E>(span: &Span, result: &Result<Reply<Res>, Failure<E>>) {
    match result {
        Ok(reply) => {
            let status = reply.response.status();
            span.record("http.response.status_code", i64::from(status.as_u16()));
            if status.is_client_error() || status.is_server_error() {
                span.record("error.type", status.as_str());
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(failure) => {
            if let Some(name) = failure.report.judged.outcome.error_type() {
                span.record("error.type", name);
            }
            span.record("otel.status_code", "ERROR");
        }
    }
}
