//! What the layers know of an outcome, beside the outcome itself.

use std::sync::Arc;

use http::StatusCode;
use steadfast_core::redirect::Hops;
use steadfast_core::{Judged, Record};

use crate::concurrency::Permit;
use crate::notes::Notes;

/// What the layers know of an outcome. A [`Reply`](crate::Reply) carries one only where there is something to tell.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What the outcome means.
    pub judged: Judged,
    /// What the layers further in tell of the attempt.
    pub notes: Notes,
    /// What happened before; written by the retry layer.
    pub record: Record,
    /// What the body of a response holds, where the concurrency is limited.
    pub(crate) permit: Option<Arc<Permit>>,
}

impl Report {
    /// A verdict of which nothing more is known.
    #[must_use]
    pub fn new(judged: Judged) -> Self {
        Self {
            judged,
            notes: Notes::default(),
            record: Record::FIRST_TRY,
            permit: None,
        }
    }

    /// The body stays unread: others may be under way meanwhile.
    pub(crate) fn release_permit(&mut self) {
        if let Some(permit) = self.permit.take() {
            permit.release();
        }
    }

    /// A response with this status that was accepted at once.
    pub(crate) fn accepted(status: StatusCode) -> Self {
        Self::new(Judged::accepted(status))
    }

    /// The same behind so many redirects.
    #[cold]
    pub(crate) fn redirected(status: StatusCode, hops: Hops) -> Option<Box<Self>> {
        let mut report = Self::accepted(status);
        report.notes.hops = hops;
        Some(Box::new(report))
    }
}
