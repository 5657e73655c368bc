//! What is to be said about a status by itself.

use std::fmt;

use http::StatusCode;

use super::facts::Facts;
use super::report::AdviceReport;
use super::texts::{self, Text};
use crate::hint::{Evidence, UsedUpQuota};

/// What a status means, whose side it is usually on, and what to do.
///
/// Displayed as a few readable lines; [`summary`](Self::summary) is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// The status.
    pub status: StatusCode,
    /// Its name.
    pub title: &'static str,
    /// What it means, in a sentence that begins in lower case and has no full stop.
    pub meaning: &'static str,
    /// Where the cause usually is.
    pub side: Side,
    /// What usually causes it, the most likely first.
    pub causes: &'static [&'static str],
    /// What to do next, in this order.
    pub next: &'static [&'static str],
    /// Is it over by itself after a while?
    pub waiting_helps: Helps,
    /// Can the same request succeed when it is sent again soon?
    pub repeating_helps: Helps,
}

/// Where the cause of an error usually is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// In the request, or in what the caller may do.
    Caller,
    /// In the server.
    Server,
    /// On the way: a proxy, gateway or network.
    Between,
    /// In either.
    Either,
}

/// Does something help?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Helps {
    /// Usually.
    Yes,
    /// It depends.
    Sometimes,
    /// No: something has to change first.
    No,
}

// ===== impl Advice =====

impl Advice {
    /// The advice for this status, or for its class when it is not a known one. Static: nothing is
    /// allocated. A status that is no error gets an advice without causes, and one above 599 counts as an error.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        Self::from_text(status, texts::find(status.as_u16()))
    }

    /// The advice for this very exchange, with what can be found in it.
    ///
    /// Two statuses have more than one answer: a 429 that says by a code or a header that a quota is
    /// used up, and a 403 that is a rate limit or such a quota. A sentence about a quota is a finding and no more.
    #[must_use]
    pub fn about(facts: &Facts<'_>) -> AdviceReport {
        AdviceReport::new(Self::for_facts(facts), facts)
    }

    fn for_facts(facts: &Facts<'_>) -> Self {
        let limits = matches!(facts.status.as_u16(), 403 | 429);
        let is_proof = |quota: UsedUpQuota| quota.evidence == Evidence::Structured;
        let text = if limits && facts.quota.is_some_and(is_proof) {
            texts::QUOTA_SPENT
        } else if facts.status == StatusCode::FORBIDDEN && facts.hints.tell_of_a_limit() {
            texts::LIMIT_IN_DISGUISE
        } else {
            return Self::of(facts.status);
        };
        Self::from_text(facts.status, text)
    }

    fn from_text(status: StatusCode, text: &'static Text) -> Self {
        // A status that is no error has no text of its own, but perhaps a name.
        let named = status.canonical_reason().filter(|_| text.causes.is_empty());
        Self {
            status,
            title: named.unwrap_or(text.title),
            meaning: text.meaning,
            side: text.side,
            causes: text.causes,
            next: text.next,
            waiting_helps: text.waiting_helps,
            repeating_helps: text.repeating_helps,
        }
    }

    /// Whether the status means that something went wrong: 400 and above.
    #[must_use]
    pub fn is_of_an_error(&self) -> bool {
        self.status.as_u16() >= 400
    }

    /// One line: `404 Not Found: nothing is at this address, or nothing that this caller may see`.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} {}: {}", self.status.as_str(), self.title, self.meaning)
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.status.as_str(),
            self.title,
            self.meaning
        )?;
        if !self.is_of_an_error() {
            return Ok(());
        }
        write!(
            f,
            "\n  usually on the side of {}; waiting helps: {}; repeating helps: {}",
            self.side, self.waiting_helps, self.repeating_helps
        )?;
        for cause in self.causes {
            write!(f, "\n  likely: {cause}")?;
        }
        for step in self.next {
            write!(f, "\n  next: {step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "the caller",
            Self::Server => "the server",
            Self::Between => "something in between",
            Self::Either => "either",
        })
    }
}

impl fmt::Display for Helps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::Sometimes => "sometimes",
            Self::No => "no",
        })
    }
}
