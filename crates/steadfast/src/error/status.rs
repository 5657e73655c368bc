//! An error status with everything one needs to know about it.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use steadfast_core::advice::{Advice, AdviceReport, Facts, Finding};
use steadfast_core::hint::{Hints, spent_quota};
use steadfast_core::{Record, Stop};
use steadfast_tower::clock;

use super::problem::Problem;

/// What a server said with an error status, and what to do about it.
#[derive(Clone)]
pub struct StatusError {
    status: StatusCode,
    headers: HeaderMap,
    body_start: Vec<u8>,
    problem: Option<Problem>,
    advice: AdviceReport,
    retry_after: Option<Duration>,
}

impl StatusError {
    pub(crate) fn new(
        status: StatusCode,
        headers: HeaderMap,
        path: &str,
        body_start: Vec<u8>,
        record: &Record,
    ) -> Self {
        let hints = Hints::read_refusal(status, &headers, clock::wall);
        let mut facts = Facts::new(status, &headers)
            .path(path)
            .body_start(&body_start)
            .hints(hints)
            .quota(spent_quota(&body_start, &headers));
        if let Some(method) = record.method() {
            facts = facts.method(method);
        }
        if matches!(record.stop(), Stop::NotRepeatable(_)) {
            facts = facts.held_back();
        }
        let advice = Advice::about(&facts);
        Self {
            status,
            problem: Problem::read(&headers, &body_start),
            retry_after: hints.retry_after.map(|hint| hint.wait),
            headers,
            body_start,
            advice,
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The response's headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The start of the body, at most 16 KiB, as far as it came within 5 s.
    #[must_use]
    pub fn body_start(&self) -> &[u8] {
        &self.body_start
    }

    /// What the server itself says about the problem (RFC 9457), if it does. Read with the feature `json`.
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// What the status means, what was found in this exchange, and what to do next. Shown, it is several lines.
    #[must_use]
    pub const fn advice(&self) -> &AdviceReport {
        &self.advice
    }

    /// The provider's id of the request, to quote to its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.advice
            .findings()
            .iter()
            .find_map(|finding| match finding {
                Finding::RequestId { value, .. } => Some(value.as_str()),
                _ => None,
            })
    }

    /// The wait that the server asked for, from the moment of its answer.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// `404 Not Found from https://…: …`
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>, place: Option<&str>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(place) = place {
            write!(f, " from {place}")?;
        }
        match self.problem.as_ref().filter(|problem| !problem.is_empty()) {
            Some(problem) => write!(f, ": {problem}")?,
            None => {
                write!(f, ": {}", self.advice.advice().meaning)?;
                let mut found = self.advice.findings().iter();
                let found = found.find(|finding| !matches!(finding, Finding::RequestId { .. }));
                found.map_or(Ok(()), |finding| write!(f, "; {finding}"))?;
            }
        }
        match self.request_id() {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

/// Without headers and body: cookies and personal data are in there.
impl fmt::Debug for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusError")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, None)
    }
}
