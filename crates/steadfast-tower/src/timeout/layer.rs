//! The layer.

use std::sync::Arc;
use std::time::Duration;

use steadfast_core::{InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;
use crate::timeout::Timeout;

/// Ends attempts in time.
#[derive(Clone, Debug)]
pub struct TimeoutLayer {
    scope: Arc<Scope>,
}

impl TimeoutLayer {
    /// At most so much time until the response's headers are there.
    ///
    /// # Errors
    /// A time of 0.
    pub fn attempt(time: Duration) -> Result<Self, InvalidPolicy> {
        let scope = Scope::new(&Policy::standard().attempt_timeout(time))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Entry<Judge<Timeout<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let timeout = Timeout::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), Judge::new(timeout))
    }
}
