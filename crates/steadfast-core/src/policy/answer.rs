//! What is answered when a call has failed for good.

use super::Policy;
use crate::fallback::{FailedCall, Fallback, FallbackResponse};

/// What is answered when a call has failed for good. Part of a [`Policy`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AnswerPolicy {
    /// What takes the place of a failed call.
    pub fallback: Option<Fallback>,
}

/// Setters for what is answered when a call has failed.
impl Policy {
    /// A response that takes the place of every call that has failed for good: whatever was not accepted, a 404 or a 401
    /// as well as an outage. A call that was accepted, and one that makes no sense in itself, is left as it is. The record
    /// still tells what happened. Default: none.
    #[must_use]
    pub fn fallback(mut self, response: FallbackResponse) -> Self {
        self.answer.fallback = Some(Fallback::always(response));
        self
    }

    /// The same, as a closure says: it sees the request's head, how the call ended, and the record. With `None` the
    /// caller gets what came of the call.
    #[must_use]
    pub fn fallback_with(
        mut self,
        closure: impl Fn(&FailedCall<'_>) -> Option<FallbackResponse> + Send + Sync + 'static,
    ) -> Self {
        self.answer.fallback = Some(Fallback::with(closure));
        self
    }

    /// No fallback, where a policy was copied from one that has one.
    #[must_use]
    pub fn without_fallback(mut self) -> Self {
        self.answer.fallback = None;
        self
    }
}
