//! How much of a body is read.

use super::Policy;

/// How much of a body is read. Part of a [`Policy`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BodyPolicy {
    /// Bodies of up to so many bytes are read inside the attempt.
    pub buffer: Option<usize>,
    /// The most bytes of a refused response that are read to keep its connection.
    pub drain: usize,
}

impl Default for BodyPolicy {
    fn default() -> Self {
        Self {
            buffer: None,
            drain: 64 * 1024,
        }
    }
}

/// Setters for how much of a body is read.
impl Policy {
    /// Reads bodies of up to so many bytes inside the attempt, so that a truncated, reset or stalled body is retried.
    /// A longer body streams through. Default: none.
    #[must_use]
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.body.buffer = Some(bytes);
        self
    }

    /// The most bytes of a refused response that are read, inside the wait, to keep its connection. Default 64 KiB.
    ///
    /// At most 16 KiB of them stay in memory. Only where a retry [waits for the budget](Self::wait_for_budget) all of them
    /// do, since the response is returned if the budget never pays; a longer one keeps its connection until then.
    #[must_use]
    pub fn drain(mut self, bytes: usize) -> Self {
        self.body.drain = bytes;
        self
    }
}
