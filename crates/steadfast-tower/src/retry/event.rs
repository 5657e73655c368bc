//! What the log says: one sentence per retry, one when a call is given up.

use steadfast_core::{Human, Judged, Limits, Progress, Record, Stop, Wait};
use tracing::Level;

use crate::request::HttpRequest;
use crate::trace::signed;

/// `503 from api.x.com, attempt 2 of 3 in 1.2 s (Retry-After)`
pub(super) fn retry<R: HttpRequest>(
    progress: &Progress,
    limits: &Limits,
    judged: &Judged,
    wait: Wait,
    request: &R,
) {
    let url = request.url();
    let status = judged.outcome.status();
    tracing::event!(
        target: "steadfast",
        Level::INFO,
        http.response.status_code = status.map(|status| i64::from(status.as_u16())),
        steadfast.attempt = i64::from(progress.sent()),
        steadfast.reason = %judged.reason,
        steadfast.wait_ms = signed(wait.time.as_millis()),
        steadfast.wait_source = %wait.source,
        "{} from {}, attempt {} of {} in {} ({})",
        judged.outcome,
        url.authority(),
        progress.sent() + 1,
        limits.attempts,
        Human(wait.time),
        wait.source
    );
}

/// `gave up GET api.x.com: 3 attempts in 1.4 s: 503 (backoff 180 ms), 503 (backoff 300 ms), 503; ...`
pub(super) fn end(record: &Record) {
    if matches!(
        record.stop(),
        Stop::Accepted | Stop::FailFast(_) | Stop::Nested
    ) {
        return;
    }
    tracing::event!(
        target: "steadfast",
        Level::WARN,
        steadfast.attempts = signed(record.attempt_count()),
        steadfast.stop = %record.stop(),
        "{} {}: {record}",
        record.method().map_or("", |method| method.as_str()),
        record.authority().unwrap_or("")
    );
}
