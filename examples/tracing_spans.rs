//! What a subscriber sees: a span per call, below it one per attempt, an event per retry, all with the names of the
//! OpenTelemetry conventions: put an OpenTelemetry layer in place of the printer below, and you are done.
//!
//! `cargo run --example tracing_spans`

use std::error::Error;
use std::fmt;

use steadfast_testkit::{Server, script};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// Prints spans as they end, and events, each below what it belongs to.
struct Printer;

/// The fields that are worth a look here.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.0.push_str(&format!(" {value:?}")),
            "otel.kind" | "server.address" | "server.port" | "steadfast.budget_left" => {}
            name => self.0.push_str(&format!("\n        {name} = {value:?}")),
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Printer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
                values.record(fields);
            }
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let sentence = fields.0.lines().find(|line| !line.starts_with("  "));
        let level = event.metadata().level();
        println!("    {level}{}", sentence.unwrap_or_default());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let indent = if span.parent().is_some() { "    " } else { "" };
        let extensions = span.extensions();
        let fields = extensions.get::<Fields>().map_or("", |fields| &fields.0);
        println!("{indent}{}{fields}", span.name());
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let ours = filter_fn(|metadata| metadata.target() == "steadfast");
    tracing::subscriber::set_global_default(Registry::default().with(Printer.with_filter(ours)))?;
    let server = Server::start(script![503.retry_after(1), 200]).await;
    let client = steadfast::wrap(reqwest::Client::new());
    println!("A call that needs two attempts; spans are printed when they end:\n");
    let url = server.url("/v1/items?signature=a-secret");
    client.get(url).send().await?;
    Ok(())
}
