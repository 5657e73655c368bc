//! The advice for one exchange.

use std::fmt;

use http::HeaderMap;

use super::facts::Facts;
use super::finding::Finding;
use super::status::Advice;
use super::{headers, path};

/// What a status means, and what was found in the exchange that ended with it.
///
/// Displayed as a few readable lines, the findings first; [`summary`](Self::summary) is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviceReport {
    advice: Advice,
    findings: Vec<Finding>,
}

// ===== impl AdviceReport =====

impl AdviceReport {
    pub(super) fn new(advice: Advice, facts: &Facts<'_>) -> Self {
        let mut findings = Vec::new();
        look(facts, &mut findings);
        Self { advice, findings }
    }

    /// What the status means.
    #[must_use]
    pub const fn advice(&self) -> &Advice {
        &self.advice
    }

    /// What was found in this exchange, the most telling first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// One line: the advice's own, and the first finding.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = self.advice.summary();
        if let Some(first) = self.findings.first() {
            line.push_str("; ");
            line.push_str(&first.to_string());
        }
        line
    }
}

impl fmt::Display for AdviceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.advice.summary())?;
        for finding in &self.findings {
            write!(f, "\n  here: {finding}")?;
        }
        let advice = self.advice.to_string();
        match advice.split_once('\n') {
            Some((_, rest)) => write!(f, "\n{rest}"),
            None => Ok(()),
        }
    }
}

/// What is to be found depends on the status; the request id always is.
fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let code = facts.status.as_u16();
    if code < 400 {
        return;
    }
    if facts.held_back {
        findings.push(Finding::HeldBack);
    }
    if matches!(code, 400 | 404 | 405 | 410 | 422) {
        path::look(facts.path, matches!(code, 404 | 405), findings);
    }
    match code {
        401 => unauthorized(facts, findings),
        405 | 501 => allowed(facts, findings),
        406 => sent(facts, "accept", findings),
        407 => findings.extend(headers::challenges(facts.headers, "proxy-authenticate")),
        411 => sent(facts, "content-length", findings),
        415 => {
            sent(facts, "content-type", findings);
            wanted(
                facts.headers,
                &["accept-post", "accept-patch", "accept"],
                findings,
            );
        }
        416 => {
            sent(facts, "range", findings);
            wanted(facts.headers, &["content-range"], findings);
        }
        417 => sent(facts, "expect", findings),
        426 => wanted(facts.headers, &["upgrade"], findings),
        451 => wanted(facts.headers, &["link"], findings),
        _ => {}
    }
    limits(facts, findings);
    findings.extend(headers::message(facts.body_start).map(Finding::Says));
    if matches!(code, 403 | 404 | 500..) && headers::is_web_page(facts.headers) {
        let server = headers::text(facts.headers, "server");
        findings.push(Finding::WebPage { server });
    }
    findings.extend(headers::request_id(facts.headers));
}

fn unauthorized(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let sent = facts.request_headers;
    if sent.is_some_and(|headers| !headers::has_credential(headers)) {
        findings.push(Finding::NoCredential);
    }
    findings.extend(headers::challenges(facts.headers, "www-authenticate"));
}

fn allowed(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if let Some(allowed) = headers::allow(facts.headers) {
        let sent = facts.method.map(|method| method.as_str());
        let sent = sent.and_then(|method| headers::printable(method.as_bytes()));
        findings.push(Finding::Allow { allowed, sent });
    }
}

/// A header of the request, or that it was missing.
fn sent(facts: &Facts<'_>, name: &'static str, findings: &mut Vec<Finding>) {
    if let Some(headers) = facts.request_headers {
        let value = headers::text(headers, name);
        findings.push(Finding::Sent { name, value });
    }
}

fn wanted(headers: &HeaderMap, names: &[&'static str], findings: &mut Vec<Finding>) {
    findings.extend(names.iter().filter_map(|name| {
        let value = headers::text(headers, name)?;
        Some(Finding::Wanted { name, value })
    }));
}

/// What is said about time and quota, where it matters: it does for 403, 413, 425, 429 and 5xx.
fn limits(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let code = facts.status.as_u16();
    if !matches!(code, 403 | 408 | 409 | 413 | 423 | 425 | 429 | 500..) {
        return;
    }
    findings.extend(facts.quota.map(Finding::QuotaUsedUp));
    match facts.hints.retry_after {
        Some(asked) => findings.push(Finding::Wait(asked)),
        None => {
            findings.extend(headers::text(facts.headers, "retry-after").map(Finding::RetryAfter))
        }
    }
    if facts.hints.remaining_zero && facts.quota.is_none() && matches!(code, 403 | 429) {
        findings.push(Finding::LimitSpent);
    }
}
