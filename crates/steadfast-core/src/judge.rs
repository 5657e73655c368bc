//! What an outcome means under a policy.
//!
//! The order of the voices: the user's classifier, then a rule that the policy sets itself, then what the server says
//! (`x-should-retry` and similar headers, a rate limit in the disguise of a 403, a quota that is used up), then the standard
//! table. Nobody but the user can make a request repeatable or raise attempts, time or budget.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use crate::classify::Opinion;
use crate::failure_kind::FailureKind;
use crate::hint::{Evidence, Hints, QuotaMarker, Window, spent_quota};
use crate::outcome::Outcome;
use crate::policy::Prepared;
use crate::refusal::Refusal;
use crate::rule::{Retry, Rule};

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The standard table.
    Standard,
    /// A rule of the policy.
    Policy,
    /// The classifier.
    Classifier,
    /// The server: `x-should-retry`, `stripe-should-retry`, `grpc-retry-pushback-ms`.
    Server,
    /// A 403 that is a rate limit: it carries a `Retry-After`, readable or not, or a remainder of 0.
    RateLimit,
    /// The quota of a day, week or month is used up: a code or a header of the server, or the user's own words say so.
    QuotaUsedUp,
    /// What a 409 or a 422 means for a request that carries an idempotency key.
    IdempotencyKey,
    /// A steadfast layer further in retried this call already.
    Nested,
    /// A layer of our own refused or cut it.
    Own,
}

/// An outcome with its verdict and what else is known of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Judged {
    /// The verdict.
    pub verdict: Rule,
    /// Who decided.
    pub reason: Reason,
    /// What came back.
    pub outcome: Outcome,
    /// What the server said about time; nothing on an accepted response.
    pub hints: Hints,
    /// The wait that the classifier asked for.
    pub asked: Option<Duration>,
    /// Which quota is used up, when a code or a header of the server or the user's own words say so.
    pub quota: Option<Window>,
    /// Which quota the answer's text says is used up. Sentences prove nothing, so this is only shown.
    pub quota_in_text: Option<Window>,
}

// ===== impl Judged =====

impl Judged {
    /// A response that is returned as a success, unread: the happy path.
    #[must_use]
    pub fn accepted(status: StatusCode) -> Self {
        Self {
            verdict: Rule::Accept,
            reason: Reason::Standard,
            outcome: Outcome::Status(status),
            hints: Hints::default(),
            asked: None,
            quota: None,
            quota_in_text: None,
        }
    }

    /// Judges a failed transport.
    #[must_use]
    pub fn failure(policy: &Prepared, kind: FailureKind, opinion: Opinion) -> Self {
        let (rule, own) = policy.retry().failure_rule(kind);
        let (verdict, reason, asked) = heed(opinion, rule, own);
        Self {
            verdict,
            reason,
            outcome: Outcome::Failed(kind),
            asked,
            ..Self::accepted(StatusCode::OK)
        }
    }

    /// What a limit of this client refused or cut. A cut attempt is judged like a failure of its kind; a refused one
    /// is returned, never retried.
    #[must_use]
    pub fn refused(policy: &Prepared, refusal: Refusal) -> Self {
        match refusal.judged_as() {
            Some(kind) => Self {
                outcome: Outcome::Refused(refusal),
                ..Self::failure(policy, kind, Opinion::Abstain)
            },
            None => Self::refused_for_good(refusal),
        }
    }

    /// A refusal that no rule decides about: the call ends with it.
    #[must_use]
    pub fn refused_for_good(refusal: Refusal) -> Self {
        Self {
            reason: Reason::Own,
            ..Self::ended(Outcome::Refused(refusal))
        }
    }

    /// An outcome that ends the call, whatever the policy says: nothing was sent, or a layer of the user's own decided.
    #[must_use]
    pub fn ended(outcome: Outcome) -> Self {
        Self {
            verdict: Rule::FailFast,
            outcome,
            ..Self::accepted(StatusCode::OK)
        }
    }

    /// Judges a response. `wall` is asked for the time of day when a date in a header needs it; `body_start` is what
    /// was read of the body, if anything was.
    #[must_use]
    pub fn response(
        policy: &Prepared,
        status: StatusCode,
        headers: &HeaderMap,
        wall: impl FnOnce() -> SystemTime,
        opinion: Opinion,
        body_start: Option<&[u8]>,
    ) -> Self {
        let hints = Hints::read_refusal(status, headers, wall);
        let (rule, own) = policy.retry().statuses.rule(status);
        let (mut verdict, mut reason, asked) = heed(opinion, rule, own);
        let (mut quota, mut quota_in_text) = (None, None);
        if reason == Reason::Standard {
            (verdict, reason) = listen(status, verdict, &hints);
        }
        if matches!(status.as_u16(), 403 | 429) {
            let body = body_start.unwrap_or_default();
            let own = QuotaMarker::find(policy.quota_markers(), body);
            let said = spent_quota(body, headers);
            let is_proof = said.is_some_and(|said| said.evidence == Evidence::Structured);
            let said = said.map(|said| said.window);
            match is_proof {
                true => quota = own.or(said),
                false => (quota, quota_in_text) = (own, said),
            }
            // The user's own words stand above a server that asks to try again, the others do not.
            let beaten = match reason {
                Reason::Server => own.is_some(),
                reason => matches!(reason, Reason::Standard | Reason::RateLimit),
            };
            if quota.is_some() && beaten {
                (verdict, reason) = (Rule::FailFast, Reason::QuotaUsedUp);
            }
        }
        Self {
            verdict,
            reason,
            outcome: Outcome::Status(status),
            hints,
            asked,
            quota,
            quota_in_text,
        }
    }

    /// The same outcome of a request that carries an idempotency key, under a policy that asked for keys: a 409 means that
    /// the original is still running, a 422 that the key was used for another request. What the user decided stays.
    #[must_use]
    pub fn of_keyed(mut self) -> Self {
        let by_user = matches!(self.reason, Reason::Policy | Reason::Classifier);
        let status = self.outcome.status().map(|status| status.as_u16());
        match (status, self.verdict) {
            (Some(409), Rule::FailFast) if self.reason == Reason::Standard => {
                self.verdict = Rule::Retry(Retry::THROTTLED);
                self.reason = Reason::IdempotencyKey;
            }
            (Some(422), Rule::Retry(_)) if !by_user => {
                self.verdict = Rule::FailFast;
                self.reason = Reason::IdempotencyKey;
            }
            _ => {}
        }
        self
    }

    /// Whether the attempt was of use: it was accepted, or the server gave the answer that the request deserves (404).
    /// Then the budget gets back what it cost.
    #[must_use]
    pub fn is_useful(&self) -> bool {
        let answered = self
            .outcome
            .status()
            .is_some_and(|status| status.is_client_error());
        match self.verdict {
            Rule::Accept => true,
            Rule::FailFast => answered && self.reason == Reason::Standard,
            Rule::Retry(_) => false,
        }
    }

    /// Whether the response or error is returned as a success.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self.verdict, Rule::Accept)
    }
}

/// The voices of the user.
fn heed(opinion: Opinion, rule: Rule, own: bool) -> (Rule, Reason, Option<Duration>) {
    match opinion {
        Opinion::Retry => (Rule::RETRY, Reason::Classifier, None),
        Opinion::RetryAfter(wait) => (Rule::RETRY, Reason::Classifier, Some(wait)),
        Opinion::Forbid => (Rule::FailFast, Reason::Classifier, None),
        Opinion::Abstain | Opinion::ReadBody if own => (rule, Reason::Policy, None),
        Opinion::Abstain | Opinion::ReadBody => (rule, Reason::Standard, None),
    }
}

/// The voice of the server, on a row of the standard table.
fn listen(status: StatusCode, rule: Rule, hints: &Hints) -> (Rule, Reason) {
    match (hints.should_retry, rule) {
        (Some(false), Rule::Retry(_)) => return (Rule::FailFast, Reason::Server),
        (Some(true), Rule::FailFast) => return (Rule::RETRY, Reason::Server),
        _ => {}
    }
    match status.as_u16() {
        403 if hints.tell_of_a_limit() => (Retry::THROTTLED.any_method().into(), Reason::RateLimit),
        413 if hints.retry_after.is_some() || hints.has_unknown_length() => {
            (Rule::RETRY, Reason::Standard)
        }
        _ => (rule, Reason::Standard),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard rule",
            Self::Policy => "rule of the policy",
            Self::Classifier => "classifier",
            Self::Server => "the server said so",
            Self::RateLimit => "a rate limit",
            Self::QuotaUsedUp => "the quota is used up",
            Self::IdempotencyKey => "idempotency key",
            Self::Nested => "retried further in",
            Self::Own => "refused by a layer of ours",
        })
    }
}

#[cfg(test)]
mod tests;
