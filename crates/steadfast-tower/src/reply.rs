//! An answer on its way outward, beside its verdict.

#[cfg(feature = "throttle")]
use std::any::Any;
use std::borrow::Cow;

#[cfg(feature = "throttle")]
use http_body::Body as _;
use steadfast_core::redirect::Hops;
use steadfast_core::{Judged, Record};

use crate::report::Report;
use crate::response::HttpResponse;
#[cfg(feature = "throttle")]
use crate::response::PeekedResponse;

/// A response with its verdict. An outcome is judged once, where it arises; the layers further out read the verdict.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<Res> {
    /// The response.
    pub response: Res,
    /// `None` where it was accepted at once and there is nothing to tell: every layer moves a reply, and nearly every
    /// one is like that.
    pub(crate) report: Option<Box<Report>>,
}

impl<Res> Reply<Res> {
    /// A response with its verdict.
    #[must_use]
    pub fn new(response: Res, judged: Judged) -> Self {
        Self::with(response, Report::new(judged))
    }

    /// A response with what is known of it.
    #[must_use]
    pub fn with(response: Res, report: Report) -> Self {
        let report = Some(Box::new(report));
        Self { response, report }
    }

    /// Whether the response was accepted.
    #[must_use]
    #[inline]
    pub fn is_accepted(&self) -> bool {
        let report = self.report.as_ref();
        report.is_none_or(|report| report.judged.is_accepted())
    }
}

#[cfg(feature = "throttle")]
impl<Res: PeekedResponse> Reply<Res> {
    /// The body holds this until nothing more can come of it.
    #[cold]
    pub(crate) fn hold(self, held: impl Any + Send + Sync) -> Self {
        let (shell, mut body) = self.response.open();
        if !body.is_end_stream() {
            body.hold(held);
        }
        Self {
            response: Res::close(shell, body),
            report: self.report,
        }
    }
}

impl<Res: HttpResponse> Reply<Res> {
    /// A response that was accepted at once. One literal: a reply that is made in two branches is moved once more.
    #[inline]
    pub(crate) fn accepted(response: Res) -> Self {
        let report = match response.extensions().get::<Hops>() {
            None => None,
            Some(hops) => Report::redirected(response.status(), *hops),
        };
        Self { response, report }
    }

    /// A response of the transport with its verdict.
    pub(crate) fn answered(response: Res, judged: Judged) -> Self {
        let hops = response.extensions().get::<Hops>().copied();
        let mut report = Report::new(judged);
        report.notes.hops = hops.unwrap_or_default();
        Self::with(response, report)
    }

    /// What is known of the response.
    #[must_use]
    pub fn report(&self) -> Cow<'_, Report> {
        match &self.report {
            Some(report) => Cow::Borrowed(report),
            None => Cow::Owned(Report::accepted(self.response.status())),
        }
    }

    /// What is known of the response, to add to it.
    pub fn report_mut(&mut self) -> &mut Report {
        let status = self.response.status();
        let report = || Box::new(Report::accepted(status));
        self.report.get_or_insert_with(report)
    }

    /// Takes what layers further in told, if they did.
    #[cfg(feature = "throttle")]
    pub(crate) fn note(&mut self, notes: crate::notes::Notes) {
        if self.report.is_some() || !notes.is_empty() {
            self.report_mut().notes = notes;
        }
    }

    /// Response and report.
    pub(crate) fn into_parts(self) -> (Res, Report) {
        let report = match self.report {
            Some(report) => *report,
            None => Report::accepted(self.response.status()),
        };
        (self.response, report)
    }

    /// The response, with its record attached if there is something to tell.
    pub fn into_response(self) -> Res {
        let mut response = self.response;
        let Some(report) = self.report else {
            return response;
        };
        if report.record.elapsed().is_some() {
            response.extensions_mut().insert(report.record);
        } else if !report.notes.queued.is_zero() {
            // No retry layer stands around the one that waited.
            let record = Record::after_queue(report.notes.queued);
            response.extensions_mut().insert(record);
        }
        response
    }
}
