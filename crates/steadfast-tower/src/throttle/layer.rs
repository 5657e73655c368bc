//! The layer.

use std::sync::Arc;
use std::time::Duration;

use steadfast_core::{InvalidPolicy, Policy, Rates};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;
use crate::throttle::Throttle;

/// Paces requests to a rate; all services it makes share that rate.
#[derive(Clone, Debug)]
pub struct ThrottleLayer {
    scope: Arc<Scope>,
}

impl ThrottleLayer {
    /// Waits as long as it takes.
    ///
    /// # Errors
    /// A rate of nothing.
    pub fn new(rates: impl Into<Rates>) -> Result<Self, InvalidPolicy> {
        Self::of(&Policy::standard().rate_limit(rates))
    }

    /// Refuses at once what would wait longer than `max_wait`.
    ///
    /// # Errors
    /// A rate of nothing.
    pub fn with_max_wait(
        rates: impl Into<Rates>,
        max_wait: Duration,
    ) -> Result<Self, InvalidPolicy> {
        Self::of(&Policy::standard().rate_limit(rates).max_wait(max_wait))
    }

    fn of(policy: &Policy) -> Result<Self, InvalidPolicy> {
        Ok(Self {
            scope: Arc::new(Scope::new(policy)?),
        })
    }
}

impl<S> Layer<S> for ThrottleLayer {
    type Service = Entry<Throttle<Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), Throttle::new(judge))
    }
}
