//! The layer.

use std::sync::Arc;

use steadfast_core::{InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::request::{BodyWith, CloneReplay};
use crate::retry::Retry;
use crate::scope::Scope;

/// Sends calls again; all services it makes share one budget.
#[derive(Clone, Debug)]
pub struct RetryLayer<P = CloneReplay> {
    scope: Arc<Scope>,
    replayer: P,
}

impl RetryLayer {
    /// Retries as the policy says. Of the policy, this layer reads what is about retrying; for rate limits and
    /// timeouts there are layers of their own.
    ///
    /// # Errors
    /// A value of the policy that makes no sense.
    pub fn new(policy: &Policy) -> Result<Self, InvalidPolicy> {
        Ok(Self {
            scope: Arc::new(Scope::new(policy)?),
            replayer: CloneReplay,
        })
    }

    /// For bodies that this crate does not know: a closure that makes the same body once more, or answers `None` when
    /// it can be sent only once. A shallow `Clone` is not enough where clones share what is read.
    #[must_use]
    pub fn replay_with<B, F>(self, again: F) -> RetryLayer<BodyWith<F>>
    where
        F: Fn(&B) -> Option<B> + Clone,
    {
        RetryLayer {
            scope: self.scope,
            replayer: BodyWith(again),
        }
    }
}

impl<S, P: Clone> Layer<S> for RetryLayer<P> {
    type Service = Entry<Retry<P, Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        let retry = Retry::new(self.replayer.clone(), judge);
        Entry::new(Arc::clone(&self.scope), retry)
    }
}
