//! A subscriber's layer that keeps what it hears.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};

use steadfast_testkit::virtual_time;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A span, as it was when it closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) id: u64,
    /// The place of its parent among the spans.
    pub(crate) parent: Option<usize>,
    pub(crate) fields: Fields,
    pub(crate) closed: bool,
    /// How many spans there were when it closed.
    pub(crate) closed_before: usize,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) level: Level,
    pub(crate) target: &'static str,
    pub(crate) fields: Fields,
    /// The place of the span it was said in.
    pub(crate) parent: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<&'static str, String>);

/// What was heard, in order.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) spans: Vec<Span>,
    pub(crate) events: Vec<Said>,
    open: HashMap<u64, usize>,
}

#[derive(Clone, Debug, Default)]
struct Capture(Arc<Mutex<Heard>>);

/// Runs a future in virtual time and tells what was heard of it at this level: of steadfast, and of the test.
pub(crate) fn hear<F: Future>(level: LevelFilter, future: F) -> (Heard, F::Output) {
    let capture = Capture::default();
    let targets = Targets::new()
        .with_target("steadfast", level)
        .with_target("spans", LevelFilter::TRACE);
    let layer = capture.clone().with_filter(targets);
    let subscriber = tracing_subscriber::registry().with(layer);
    let output = tracing::subscriber::with_default(subscriber, || virtual_time().block_on(future));
    let heard = std::mem::take(&mut *capture.lock());
    (heard, output)
}

// ===== impl Heard =====

impl Heard {
    pub(crate) fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name == name).collect()
    }

    /// The one span of the call.
    pub(crate) fn call(&self) -> &Span {
        match *self.named("call") {
            [call] => call,
            ref calls => panic!("{calls:#?}"),
        }
    }

    /// The messages at one level.
    pub(crate) fn said(&self, level: Level) -> Vec<&str> {
        let events = self.events.iter().filter(|said| said.level == level);
        events
            .filter_map(|said| said.fields.get("message"))
            .collect()
    }
}

// ===== impl Fields =====

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The fields that hold an unsigned number.
    pub(crate) fn unsigned(&self) -> Vec<&str> {
        let fields = self.0.iter();
        let fields = fields.filter(|(_, value)| value.ends_with("(u64)"));
        fields.map(|(name, _)| *name).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    /// Marked, since tracing-opentelemetry makes a string of such a number.
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), format!("{value} (u64)"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

// ===== impl Capture =====

impl Capture {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut heard = self.lock();
        let parent = context.span(id).and_then(|span| span.parent());
        let parent = parent.and_then(|parent| heard.open.get(&parent.id().into_u64()).copied());
        let mut span = Span {
            name: attributes.metadata().name(),
            id: id.into_u64(),
            parent,
            ..Span::default()
        };
        attributes.record(&mut span.fields);
        let place = heard.spans.len();
        heard.open.insert(id.into_u64(), place);
        heard.spans.push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut heard = self.lock();
        let place = heard.open[&id.into_u64()];
        values.record(&mut heard.spans[place].fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut heard = self.lock();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let parent = context.event_span(event);
        let parent = parent.and_then(|span| heard.open.get(&span.id().into_u64()).copied());
        heard.events.push(Said {
            level: *event.metadata().level(),
            target: event.metadata().target(),
            fields,
            parent,
        });
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut heard = self.lock();
        let count = heard.spans.len();
        if let Some(place) = heard.open.remove(&id.into_u64()) {
            heard.spans[place].closed = true;
            heard.spans[place].closed_before = count;
        }
    }
}
