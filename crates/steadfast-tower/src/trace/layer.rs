//! The layer.

use std::sync::Arc;

use steadfast_core::{InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;
use crate::trace::AttemptSpan;

/// Opens a CLIENT span around each request; inside of a retry, that is one per attempt.
#[derive(Clone, Debug)]
pub struct TraceLayer {
    scope: Arc<Scope>,
}

impl TraceLayer {
    /// Spans with the verdicts of a policy.
    ///
    /// # Errors
    /// A value of the policy that makes no sense.
    pub fn new(policy: &Policy) -> Result<Self, InvalidPolicy> {
        Ok(Self {
            scope: Arc::new(Scope::new(policy)?),
        })
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Entry<AttemptSpan<Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), AttemptSpan::new(judge))
    }
}
