//! An answer on its way outward, beside its verdict.

use steadfast_core::redirect::Hops;
use steadfast_core::{Judged, Record};

use crate::notes::Notes;
use crate::response::HttpResponse;

/// A response with its verdict. An outcome is judged once, where it arises; the layers further out read the verdict.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<Res> {
    /// The response.
    pub response: Res,
    /// What it means.
    pub judged: Judged,
    /// What the layers further in tell of the attempt.
    pub notes: Notes,
    /// What happened before it came; written by the retry layer.
    pub record: Record,
}

impl<Res> Reply<Res> {
    /// A response with its verdict.
    #[must_use]
    pub fn new(response: Res, judged: Judged) -> Self {
        Self {
            response,
            judged,
            notes: Notes::default(),
            record: Record::FIRST_TRY,
        }
    }
}

impl<Res: HttpResponse> Reply<Res> {
    /// A response of the transport with its verdict.
    #[inline(always)]
    pub(crate) fn answered(response: Res, judged: Judged) -> Self {
        let hops = response.extensions().get::<Hops>().copied();
        let notes = Notes {
            hops: hops.unwrap_or_default(),
            ..Notes::default()
        };
        Self {
            response,
            judged,
            notes,
            record: Record::FIRST_TRY,
        }
    }

    /// The response, with its record attached if there is something to tell.
    pub fn into_response(self) -> Res {
        let mut response = self.response;
        if self.record.elapsed().is_some() {
            response.extensions_mut().insert(self.record);
        } else if !self.notes.queued.is_zero() {
            // No retry layer stands around the one that waited.
            let record = Record::after_queue(self.notes.queued);
            response.extensions_mut().insert(record);
        }
        response
    }
}
