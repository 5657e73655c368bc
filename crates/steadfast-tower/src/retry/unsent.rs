//! The request that the next attempt sends.

use std::sync::Arc;

/// A request that was not sent yet.
pub(super) enum Unsent<R> {
    /// The call's own, before the first attempt.
    First(Box<R>),
    /// A copy, which layers further in may look at while the attempt before is under way.
    Kept(Arc<R>),
}

impl<R> Unsent<R> {
    pub(super) fn request(&self) -> &R {
        match self {
            Self::First(request) => request,
            Self::Kept(kept) => kept,
        }
    }
}
