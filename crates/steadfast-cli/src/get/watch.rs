//! Attempts as they happen: what anybody sees who subscribes to the target `steadfast`.

use std::fmt;

use serde_json::json;
use steadfast::record::Human;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::progress::Progress;
use crate::output::{Colour, Output};
use crate::{clock, time};

/// Tells attempts and waits.
#[derive(Debug)]
pub(super) struct Watch {
    output: Output,
    progress: Progress,
    /// Whether calls are told apart by their number.
    numbered: bool,
}

/// The number of a call, kept in its span.
struct Number(u64);

/// An attempt in flight, kept in its span.
struct Attempt {
    started: Instant,
    fields: Fields,
}

/// What spans and events say about themselves.
#[derive(Default)]
struct Fields {
    n: Option<u64>,
    method: String,
    url: String,
    resends: u64,
    status: Option<u64>,
    error: Option<String>,
    reason: Option<String>,
    wait_ms: Option<u64>,
    message: String,
}

impl Watch {
    pub(super) fn new(output: Output, progress: Progress, numbered: bool) -> Self {
        Self {
            output,
            progress,
            numbered,
        }
    }

    /// An attempt is over.
    fn attempt(&self, attempt: &Attempt, n: Option<u64>) {
        let took = clock::now().duration_since(attempt.started);
        let fields = &attempt.fields;
        let number = fields.resends + 1;
        if self.output.json {
            self.progress.tell(&self.output, json!({
                "event": "attempt",
                "call": n,
                "attempt": number,
                "method": fields.method,
                "url": fields.url,
                "status": fields.status,
                "error": fields.status.is_none().then_some(&fields.error).and_then(Option::as_ref),
                "took_ms": time::millis(took),
            }));
            return;
        }
        let outcome = match (fields.status, &fields.error) {
            (Some(status), _) => {
                let colour = if status < 400 {
                    Colour::Good
                } else {
                    Colour::Bad
                };
                self.output.beside(status, colour)
            }
            (None, Some(error)) => self.output.beside(error, Colour::Bad),
            (None, None) => String::new(),
        };
        let Fields { method, url, .. } = fields;
        let call = self.call(n);
        self.progress.tell(
            &self.output,
            format_args!(
                "{call}attempt {number}: {method} {url} -> {outcome} ({})",
                Human(took)
            ),
        );
    }

    fn call(&self, n: Option<u64>) -> String {
        match n.filter(|_| self.numbered) {
            Some(n) => format!("#{n} "),
            None => String::new(),
        }
    }
}

fn number<S>(span: Option<tracing_subscriber::registry::Scope<'_, S>>) -> Option<u64>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    span?.find_map(|span| span.extensions().get::<Number>().map(|number| number.0))
}

impl<S> Layer<S> for Watch
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        matches!(metadata.target(), "steadfast" | "steadfast_cli")
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        match (span.metadata().target(), span.name()) {
            ("steadfast", "attempt") => span.extensions_mut().insert(Attempt {
                started: clock::now(),
                fields,
            }),
            ("steadfast_cli", _) => {
                if let Some(n) = fields.n {
                    span.extensions_mut().insert(Number(n));
                }
            }
            _ => {}
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let over = {
            let mut extensions = span.extensions_mut();
            let Some(attempt) = extensions.get_mut::<Attempt>() else {
                return;
            };
            values.record(&mut attempt.fields);
            // The reason for the verdict is the last thing that is known of an attempt.
            attempt.fields.reason.is_some()
        };
        if over {
            let attempt = span.extensions_mut().remove::<Attempt>();
            if let Some(attempt) = attempt {
                self.attempt(&attempt, number(context.span_scope(id)));
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "steadfast" || *event.metadata().level() != Level::INFO {
            // That a call was given up is told with its end.
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let n = number(context.event_scope(event));
        if self.output.json {
            self.progress.tell(
                &self.output,
                json!({
                    "event": "retry",
                    "call": n,
                    "wait_ms": fields.wait_ms,
                    "message": fields.message,
                }),
            );
        } else {
            let call = self.call(n);
            let message = self.output.beside(&fields.message, Colour::Quiet);
            self.progress
                .tell(&self.output, format_args!("{call}{message}"));
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "n" => self.n = Some(value),
            "http.request.resend_count" => self.resends = value,
            "http.response.status_code" => self.status = Some(value),
            "steadfast.wait_ms" => self.wait_ms = Some(value),
            _ => {}
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_u64(field, value.unsigned_abs());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "http.request.method" | "http.request.method_original" => {
                value.clone_into(&mut self.method)
            }
            "error.type" => self.error = Some(value.to_owned()),
            _ => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "url.full" => self.url = format!("{value:?}"),
            "error.type" => self.error = Some(format!("{value:?}")),
            "steadfast.reason" => self.reason = Some(format!("{value:?}")),
            "message" => self.message = format!("{value:?}"),
            _ => {}
        }
    }
}
