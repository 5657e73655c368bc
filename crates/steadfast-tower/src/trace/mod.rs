//! Spans: one per call, and below it one per attempt, so that retries are visible.
//!
//! Names and attributes are those of the OpenTelemetry semantic conventions for HTTP clients: the span of an attempt
//! is a CLIENT span named after the method (and the endpoint's template), never after the path; the span of the call
//! around it is INTERNAL. What is steadfast's own is under `steadfast.*`. URLs are shown without userinfo and without
//! the values of secret query parameters.
//!
//! Nothing is built when nobody listens to the target `steadfast` at `INFO`, or when the policy says
//! [`Spans::Off`].
//!
//! # Cancel safety
//! A call that is dropped leaves its span without an outcome: that is not an error.

mod attempt;
mod call;
mod ended;
mod future;
mod layer;
mod name;

use steadfast_core::Spans;
use tracing::Level;

pub use self::attempt::AttemptSpan;
pub use self::call::CallSpan;
pub use self::future::SpanFuture;
pub use self::layer::TraceLayer;

/// A number as spans and events record it: tracing-opentelemetry makes a string of an unsigned one.
pub(crate) fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Whether spans are to be built: one atomic load when there is no subscriber.
fn is_listened_to(spans: Spans) -> bool {
    spans == Spans::On && tracing::span_enabled!(target: "steadfast", Level::INFO)
}
