//! The layer.

use std::sync::Arc;

use steadfast_core::{FailedCall, FallbackResponse, InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::fallback::Fallback;
use crate::judge::Judge;
use crate::scope::Scope;

/// Answers for calls that have failed for good.
#[derive(Clone, Debug)]
pub struct FallbackLayer {
    scope: Arc<Scope>,
}

impl FallbackLayer {
    /// With this answer.
    ///
    /// # Errors
    /// None at the moment; the policy behind it is checked like others.
    pub fn new(fallback: steadfast_core::Fallback) -> Result<Self, InvalidPolicy> {
        let answer =
            move |call: &FailedCall<'_>| -> Option<FallbackResponse> { fallback.answer(call) };
        let scope = Scope::new(&Policy::standard().fallback_with(answer))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }
}

impl<S> Layer<S> for FallbackLayer {
    type Service = Entry<Fallback<Judge<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), Fallback::new(judge))
    }
}
