//! The layer.

use std::sync::Arc;

use steadfast_core::{InvalidPolicy, Policy};
use tower_layer::Layer;

use crate::buffer::Buffer;
use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;

/// Reads bodies of up to so many bytes inside the attempt.
#[derive(Clone, Debug)]
pub struct BufferLayer {
    scope: Arc<Scope>,
}

impl BufferLayer {
    /// Bodies of up to `bytes` bytes are read whole; longer ones stream through.
    ///
    /// # Errors
    /// None at the moment; the policy behind it is checked like others.
    pub fn new(bytes: usize) -> Result<Self, InvalidPolicy> {
        let scope = Scope::new(&Policy::standard().buffer(bytes))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }
}

impl<S> Layer<S> for BufferLayer {
    type Service = Entry<Judge<Buffer<Transport<S>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let buffer = Buffer::new(Transport::new(inner));
        Entry::new(Arc::clone(&self.scope), Judge::new(buffer))
    }
}
