//! The layer.

use std::sync::Arc;

use steadfast_core::{Concurrency, InvalidPolicy, Policy};
use tower_layer::Layer;

use super::{ConcurrencyLimit, ConcurrencyView};
use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;

/// Limits how many requests are under way at once; all services it makes share that limit.
#[derive(Clone, Debug)]
pub struct ConcurrencyLayer {
    scope: Arc<Scope>,
}

impl ConcurrencyLayer {
    /// A number, or a [`Concurrency`] that says more. Without a `max_wait` a request waits at most 30 s (the time for
    /// retrying of [`Policy::standard`]).
    ///
    /// # Errors
    /// A limit of 0.
    pub fn new(concurrency: impl Into<Concurrency>) -> Result<Self, InvalidPolicy> {
        let scope = Scope::new(&Policy::standard().concurrency(concurrency))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }

    /// How it stands at this moment.
    #[must_use]
    pub fn view(&self) -> Option<ConcurrencyView> {
        self.scope.concurrency()
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = Entry<ConcurrencyLimit<Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), ConcurrencyLimit::new(judge))
    }
}
