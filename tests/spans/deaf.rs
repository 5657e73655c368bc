//! A subscriber that does not listen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A subscriber that wants to hear everything but steadfast, and counts what it hears of it all the same.
#[derive(Clone, Default)]
pub(crate) struct Deaf(Arc<AtomicUsize>);

impl Deaf {
    pub(crate) fn heard(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Subscriber for Deaf {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() != "steadfast"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        if attributes.metadata().target() == "steadfast" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "steadfast" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn exit(&self, _: &Id) {}
}
