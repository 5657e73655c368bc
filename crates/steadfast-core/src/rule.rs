//! What a status or a failure means: the table that every policy starts from.
//!
//! 400, 401, 403, 404 and 501 say that something must change before another try makes sense; 429 and 503 say: wait,
//! and send less; 502 and 504 pass by themselves; 500 may be either. The table is a total function, so every status
//! has exactly one rule, and a policy overrides single rows of it with [`StatusRules`].

use std::ops::{RangeFrom, RangeInclusive};

use http::StatusCode;

use crate::failure_kind::FailureKind;

/// What to do about an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Returned as a success: the record says so. `ensure_success` still makes an error of a 4xx or 5xx.
    Accept,
    /// Returned at once: the same request would bring the same answer.
    FailFast,
    /// Send it again, within the policy's attempts, time and budget.
    Retry(Retry),
}

/// How to send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    limit: u32,
    repeats: Repeats,
    pace: Pace,
}

/// Which requests a rule repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeats {
    /// Those that are safe to send twice (idempotent, keyed, or declared so), and those that were provably not processed
    /// (429, 425, no connection) unless they are declared not to be repeatable.
    Repeatable,
    /// Every request whose body can be sent again, also one that is declared not to be repeatable. In the standard table:
    /// where the server did not process it.
    Any,
}

/// Which schedule of waits a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pace {
    /// The ordinary one: 200 ms, doubled each time, in `standard()`.
    Backoff,
    /// The slower one for a server that asks for less: 1 s, doubled each time, in `standard()`.
    Throttled,
}

/// A class of statuses, for [`Policy::on`](crate::Policy::on).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusClass {
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirection,
    /// 400 to 499.
    ClientError,
    /// 500 to 599.
    ServerError,
}

/// One status or several: `404`, `500..=599`, `600..`, [`StatusCode::NOT_FOUND`], [`StatusClass::ServerError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Statuses {
    first: u16,
    last: u16,
}

/// The standard table with the rows that a policy overrides; the last override of a status wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusRules {
    overrides: Vec<(Statuses, Rule)>,
    touches_success: bool,
}

// ===== impl Rule =====

impl Rule {
    /// Retry with the ordinary backoff, if the request is repeatable or was provably not processed (429, 425, no
    /// connection). [`repeatable(false)`](crate::Policy::repeatable) wins over this rule.
    pub const RETRY: Self = Self::Retry(Retry::BACKOFF);
    /// Retry with the ordinary backoff whatever the method is, also a `POST` that may have been processed, and one that is
    /// declared not to be repeatable. Only what a redirect answered is not retried for it.
    pub const RETRY_ANY_METHOD: Self = Self::Retry(Retry::BACKOFF.any_method());
    /// [`RETRY`](Self::RETRY) with the slower backoff.
    pub const RETRY_THROTTLED: Self = Self::Retry(Retry::THROTTLED);

    /// [`RETRY`](Self::RETRY) at most `times`. 0 is [`FailFast`](Self::FailFast).
    #[must_use]
    pub const fn retry(times: u32) -> Self {
        match times {
            0 => Self::FailFast,
            _ => Self::Retry(Retry::BACKOFF.at_most(times)),
        }
    }

    /// The rule of the standard table for a status: a total function.
    #[must_use]
    pub const fn standard(status: StatusCode) -> Self {
        match status.as_u16() {
            408 => Self::RETRY,
            421 => Self::Retry(Retry::BACKOFF.at_most(1).any_method()),
            425 => Self::Retry(Retry::BACKOFF.any_method()),
            429 => Self::Retry(Retry::THROTTLED.any_method()),
            400..=499 => Self::FailFast,
            501 | 505..=508 | 510 | 511 | 526 => Self::FailFast,
            502 | 504 | 509 | 520..=525 | 527 | 530 => Self::RETRY,
            503 | 529 => Self::RETRY_THROTTLED,
            500..=599 => Self::Retry(Retry::BACKOFF.at_most(1)),
            _ => Self::Accept,
        }
    }

    /// The rule of the standard table for a failed transport.
    #[must_use]
    pub const fn standard_failure(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Connect | FailureKind::ConnectTimeout | FailureKind::Unprocessed => {
                Self::Retry(Retry::BACKOFF.any_method())
            }
            FailureKind::Dns => Self::Retry(Retry::BACKOFF.at_most(1).any_method()),
            FailureKind::Timeout
            | FailureKind::Reset
            | FailureKind::Truncated
            | FailureKind::Other => Self::RETRY,
            FailureKind::Tls
            | FailureKind::InvalidRequest
            | FailureKind::Redirect
            | FailureKind::Decode
            | FailureKind::Foreign => Self::FailFast,
        }
    }
}

impl From<Retry> for Rule {
    fn from(retry: Retry) -> Self {
        Self::Retry(retry)
    }
}

// ===== impl Retry =====

impl Retry {
    /// With the ordinary backoff, as [`Rule::RETRY`], as often as the policy's attempts allow.
    pub const BACKOFF: Self = Self {
        limit: u32::MAX,
        repeats: Repeats::Repeatable,
        pace: Pace::Backoff,
    };
    /// The same with the slower backoff.
    pub const THROTTLED: Self = Self {
        pace: Pace::Throttled,
        ..Self::BACKOFF
    };

    /// At most this many retries for outcomes of this rule, whatever the policy's attempts.
    #[must_use]
    pub const fn at_most(mut self, times: u32) -> Self {
        self.limit = times;
        self
    }

    /// For every method, as [`Rule::RETRY_ANY_METHOD`]: right where the answer proves that nothing was processed.
    #[must_use]
    pub const fn any_method(mut self) -> Self {
        self.repeats = Repeats::Any;
        self
    }

    /// The most retries for outcomes of this rule; `u32::MAX` leaves it to the policy.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// Which requests are repeated.
    #[must_use]
    pub const fn repeats(self) -> Repeats {
        self.repeats
    }

    /// Which schedule of waits.
    #[must_use]
    pub const fn pace(self) -> Pace {
        self.pace
    }
}

// ===== impl Statuses =====

impl Statuses {
    pub(crate) const fn contains(self, status: u16) -> bool {
        self.first <= status && status <= self.last
    }

    /// `None` when the set is a non-empty part of 100 to 999; else what is wrong with it.
    pub(crate) fn mistake(self) -> Option<String> {
        let Self { first, last } = self;
        if first > last {
            Some(format!("{first}..={last} is empty"))
        } else if first < 100 || last > 999 {
            Some(format!("{first}..={last} leaves 100..=999"))
        } else {
            None
        }
    }
}

impl From<u16> for Statuses {
    fn from(status: u16) -> Self {
        Self {
            first: status,
            last: status,
        }
    }
}

impl From<StatusCode> for Statuses {
    fn from(status: StatusCode) -> Self {
        status.as_u16().into()
    }
}

impl From<RangeInclusive<u16>> for Statuses {
    fn from(range: RangeInclusive<u16>) -> Self {
        Self {
            first: *range.start(),
            last: *range.end(),
        }
    }
}

impl From<RangeFrom<u16>> for Statuses {
    fn from(range: RangeFrom<u16>) -> Self {
        Self {
            first: range.start,
            last: 999,
        }
    }
}

impl From<StatusClass> for Statuses {
    fn from(class: StatusClass) -> Self {
        match class {
            StatusClass::Success => (200..=299).into(),
            StatusClass::Redirection => (300..=399).into(),
            StatusClass::ClientError => (400..=499).into(),
            StatusClass::ServerError => (500..=599).into(),
        }
    }
}

// ===== impl StatusRules =====

impl StatusRules {
    pub(crate) fn set(&mut self, statuses: Statuses, rule: Rule) {
        self.touches_success |= statuses.first < 400 || statuses.last > 599;
        self.overrides.push((statuses, rule));
    }

    pub(crate) fn mistake(&self) -> Option<String> {
        self.overrides.iter().find_map(|(set, _)| set.mistake())
    }

    /// Whether a status is accepted without a look at any row: the happy path.
    #[must_use]
    pub fn accepts_at_once(&self, status: StatusCode) -> bool {
        !self.touches_success && !matches!(status.as_u16(), 400..=599)
    }

    /// The rule for a status, and whether the policy set it itself.
    #[must_use]
    pub fn rule(&self, status: StatusCode) -> (Rule, bool) {
        let own = self
            .overrides
            .iter()
            .rev()
            .find(|(set, _)| set.contains(status.as_u16()));
        match own {
            Some((_, rule)) => (*rule, true),
            None => (Rule::standard(status), false),
        }
    }
}

#[cfg(test)]
mod tests;
