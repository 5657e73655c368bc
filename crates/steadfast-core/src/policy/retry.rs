//! What is retried, when, and how much load that may add.

use std::time::Duration;

use http::{HeaderMap, Method};

use super::invalid::{InvalidPolicy, at_least_one};
use super::{BudgetScope, Policy};
use crate::backoff::Backoff;
use crate::budget::BudgetConfig;
use crate::classify::{Classifier, Exchange, Opinion};
use crate::failure_kind::FailureKind;
use crate::idempotency::IdempotencyKey;
use crate::repeatable::{Repeatable, Why, WhyNot};
use crate::rule::{Rule, StatusRules, Statuses};

/// What is retried, when, and how much load that may add. Part of a [`Policy`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most attempts, the first included. At least 1.
    pub attempts: u32,
    /// From the start of the call until then another attempt may start.
    pub retry_for: Duration,
    /// The ordinary schedule of waits.
    pub backoff: Backoff,
    /// The schedule of waits for a server that asks for less.
    pub throttled_backoff: Backoff,
    /// How much load retries may add; `None` is without bound.
    pub budget: Option<BudgetConfig>,
    /// Whether a retry waits when the budget is empty.
    pub waits_for_budget: bool,
    /// Who shares the budget.
    pub budget_scope: BudgetScope,
    /// The rules for statuses.
    pub statuses: StatusRules,
    /// The rules for failures that differ from the standard table; the last one of a kind wins.
    pub failures: Vec<(FailureKind, Rule)>,
    /// The user's own word, asked before the rules.
    pub classifier: Option<Classifier>,
    /// Whether all requests are (`true`) or are not (`false`) safe to send twice; `None` asks method and key.
    pub repeatable: Option<bool>,
    /// Whether a request that is not repeatable may be answered with a redirect that nobody but the client sees.
    pub posts_may_redirect: bool,
    /// That requests which are not idempotent by their method get a key.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl RetryPolicy {
    pub(super) fn standard() -> Self {
        Self {
            attempts: 3,
            retry_for: Duration::from_secs(30),
            backoff: Backoff::default(),
            throttled_backoff: Backoff::throttled(),
            budget: Some(BudgetConfig::STANDARD),
            waits_for_budget: false,
            budget_scope: BudgetScope::Endpoint,
            statuses: StatusRules::default(),
            failures: Vec::new(),
            classifier: None,
            repeatable: None,
            posts_may_redirect: false,
            idempotency_key: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidPolicy> {
        at_least_one("attempts", self.attempts)?;
        match self.statuses.mistake() {
            Some(mistake) => {
                let expected = "a set of statuses within 100..=999";
                Err(InvalidPolicy::new("on", &mistake, expected))
            }
            None => Ok(()),
        }
    }

    /// Whether a request is safe to send twice; `declared` is what the call or the policy said about it, if anything.
    #[must_use]
    pub fn repeatable(
        &self,
        method: &Method,
        headers: &HeaderMap,
        declared: Option<bool>,
    ) -> Repeatable {
        let answer = Repeatable::of(method, headers, declared);
        match &self.idempotency_key {
            Some(key) if answer == Repeatable::No(WhyNot::Method) && key.is_in(headers) => {
                Repeatable::Yes(Why::IdempotencyKey)
            }
            _ => answer,
        }
    }

    /// The rule for a failure, and whether the policy set it itself.
    #[must_use]
    pub fn failure_rule(&self, kind: FailureKind) -> (Rule, bool) {
        match self.failures.iter().rev().find(|(own, _)| *own == kind) {
            Some((_, rule)) => (*rule, true),
            None => (Rule::standard_failure(kind), false),
        }
    }
}

/// Setters for what is retried.
impl Policy {
    /// Gives each call whose method is not idempotent (`POST`, `PATCH`) an idempotency key: one UUID (version 4) per call
    /// from the operating system's randomness, the same on every attempt. That makes the request repeatable, so switch it
    /// on only for servers that honour such keys. A key that the caller set is kept. A 409 to a request with a key means
    /// that the original is still running: it is retried with the slower backoff. A 422 means that the key was used for
    /// another request: it is never retried. Default: none.
    #[must_use]
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.retry.idempotency_key = Some(key);
        self
    }

    /// No idempotency keys, where a policy was copied from one that has them.
    #[must_use]
    pub fn without_idempotency_key(mut self) -> Self {
        self.retry.idempotency_key = None;
        self
    }

    /// The most attempts, the first included. Default 3: in production measurements the first retry saves 26 % of
    /// failures, the second 3 %, the third 2 %.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = attempts;
        self
    }

    /// How long after the start of a call another attempt may start; bounds every wait, never a running attempt. Time
    /// that the first attempt stands in the queue of the rate limit does not count. Default 30 s.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry.retry_for = time;
        self
    }

    /// The schedule of waits. Default: 200 ms, doubled each time, full jitter, at most 20 s.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.retry.backoff = backoff;
        self
    }

    /// The schedule of waits after 429, 503 and 529 without a hint. Default: 1 s, doubled each time, full jitter, at
    /// most 20 s.
    #[must_use]
    pub fn throttled_backoff(mut self, backoff: Backoff) -> Self {
        self.retry.throttled_backoff = backoff;
        self
    }

    /// How much load retries may add. A retry costs one token, a tenth of one after a refused connection; it comes back
    /// when the retry succeeds. Default: 10 % of the calls, a trickle of 0.2 per second, a bucket of 10.
    #[must_use]
    pub fn budget(mut self, budget: BudgetConfig) -> Self {
        self.retry.budget = Some(budget);
        self
    }

    /// No bound on the load that retries add. In a total outage every call then costs all of its attempts.
    #[must_use]
    pub fn without_budget(mut self) -> Self {
        self.retry.budget = None;
        self
    }

    /// Whether a retry waits when the budget is empty, within the [time for retrying](Self::retry_for), instead of
    /// giving up. For batches: many calls that fail together then all go
    /// on when the server is back, and add no more load until then. Default: `false`, in [`patient`](Self::patient)
    /// `true`.
    #[must_use]
    pub fn wait_for_budget(mut self, wait: bool) -> Self {
        self.retry.waits_for_budget = wait;
        self
    }

    /// Who shares the retry budget. Default: [`BudgetScope::Endpoint`].
    #[must_use]
    pub fn budget_scope(mut self, scope: BudgetScope) -> Self {
        self.retry.budget_scope = scope;
        self
    }

    /// What to do about a status, a range or a [`StatusClass`](crate::StatusClass); a later rule for the same status
    /// wins. Every rule that retries honours `Retry-After`.
    #[must_use]
    pub fn on(mut self, statuses: impl Into<Statuses>, rule: impl Into<Rule>) -> Self {
        self.retry.statuses.set(statuses.into(), rule.into());
        self
    }

    /// What to do when the transport fails in this way; a later rule for the same failure wins.
    #[must_use]
    pub fn on_failure(mut self, kind: FailureKind, rule: impl Into<Rule>) -> Self {
        self.retry.failures.push((kind, rule.into()));
        self
    }

    /// A closure that is asked about every outcome before the rules are.
    #[must_use]
    pub fn classify(
        mut self,
        closure: impl Fn(&Exchange<'_>) -> Opinion + Send + Sync + 'static,
    ) -> Self {
        self.retry.classifier = Some(Classifier::new(closure));
        self
    }

    /// Declares that all requests are safe to send twice, or that none is (some `PUT`s and `DELETE`s are not). `false`
    /// wins over [`Rule::RETRY`] and similar rules; what the standard table takes for proof that nothing was processed (421, 425,
    /// 429, no connection) and [`Rule::RETRY_ANY_METHOD`] are retried all the same. Default: idempotent methods, and
    /// requests that carry an `Idempotency-Key`.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.retry.repeatable = Some(repeatable);
        self
    }

    /// Whether a server may answer a `POST` (or another request that is not safe to send twice) with a redirect that only
    /// the client sees. That is so under `wrap(client)`, where reqwest follows redirects itself: a 429 or a refused connection
    /// may then come from where the redirect led, after the `POST` was carried out. With `true` nothing is taken for proof
    /// that such a request was not processed, so it is sent once. Under `wrap_builder` redirects are seen, and this changes
    /// nothing. Default: `false`; an answer from another URL is never taken for proof.
    #[must_use]
    pub fn posts_may_redirect(mut self, redirect: bool) -> Self {
        self.retry.posts_may_redirect = redirect;
        self
    }
}
