//! The layer.

use std::sync::Arc;

use steadfast_core::{IdempotencyKey, InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::idempotency::Idempotency;
use crate::judge::Judge;
use crate::scope::Scope;

/// Gives each call a key.
#[derive(Clone, Debug)]
pub struct IdempotencyLayer {
    scope: Arc<Scope>,
}

impl IdempotencyLayer {
    /// In this header and form. Put it above a [`RetryLayer`](crate::retry::RetryLayer), which then retries what has a key.
    ///
    /// # Errors
    /// None at the moment; the policy behind it is checked like others.
    pub fn new(key: IdempotencyKey) -> Result<Self, InvalidPolicy> {
        let scope = Scope::new(&Policy::standard().idempotency_key(key))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }
}

impl<S> Layer<S> for IdempotencyLayer {
    type Service = Entry<Idempotency<Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), Idempotency::new(judge))
    }
}
