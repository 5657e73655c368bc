//! One instant for the whole call.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use steadfast_core::{InvalidPolicy, Policy};
use tower_layer::Layer;
use tower_service::Service;

use crate::call::Call;
use crate::clock;
use crate::entry::{Entry, Transport};
use crate::judge::Judge;
use crate::scope::Scope;
use crate::timeout::Timeout;

/// Ends calls in time.
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    scope: Arc<Scope>,
}

/// Writes the end of the call into its context, where the layers further in read it.
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
}

impl DeadlineLayer {
    /// At most so much time for the whole call, until the response's headers are there.
    ///
    /// # Errors
    /// A time of 0.
    pub fn new(time: Duration) -> Result<Self, InvalidPolicy> {
        let scope = Scope::new(&Policy::standard().deadline(time))?;
        Ok(Self {
            scope: Arc::new(scope),
        })
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Entry<Deadline<Judge<Timeout<Transport<S>>>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let judge = Judge::new(Timeout::new(Transport::new(inner)));
        Entry::new(Arc::clone(&self.scope), Deadline::new(judge))
    }
}

impl<S> Deadline<S> {
    /// Wraps a service of calls.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R> Service<Call<R>> for Deadline<S>
where
    S: Service<Call<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut call: Call<R>) -> Self::Future {
        if let Some(time) = call.context.terms().deadline {
            let own = clock::now().checked_add(time);
            call.context.deadline = match (call.context.deadline, own) {
                (Some(outer), Some(own)) => Some(outer.min(own)),
                (outer, own) => outer.or(own),
            };
        }
        self.inner.call(call)
    }
}
