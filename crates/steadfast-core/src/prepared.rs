//! A policy whose values were checked; what the layers read.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::backoff::Backoff;
use crate::budget::BudgetConfig;
use crate::classify::Classifier;
use crate::cost::Cost;
use crate::hint::QuotaMarker;
use crate::outcome::FailureKind;
use crate::policy::{Pacing, Share, Spans};
use crate::quota::PreparedQuota;
use crate::rate::PreparedRate;
use crate::rule::{Rule, StatusRules};

/// A [`Policy`](crate::Policy) whose values were checked; what the layers read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// The most attempts, the first included.
    pub attempts: NonZeroU32,
    /// From the start of the call until then another attempt may start.
    pub retry_for: Duration,
    /// The ordinary schedule of waits.
    pub backoff: Backoff,
    /// The schedule for a server that asks for less.
    pub throttled_backoff: Backoff,
    /// How much load retries may add; `None` is without bound.
    pub budget: Option<BudgetConfig>,
    /// The rules for statuses.
    pub statuses: StatusRules,
    /// The user's own word, asked before the rules.
    pub classifier: Option<Classifier>,
    /// Whether all requests are (`true`) or are not (`false`) safe to send twice; `None` asks method and key.
    pub repeatable: Option<bool>,
    /// The most time of one attempt until its response's headers (with `buffer`: until its body).
    pub attempt_timeout: Option<Duration>,
    /// The most time of the whole call.
    pub deadline: Option<Duration>,
    /// Bodies up to so many bytes are read inside the attempt.
    pub buffer: Option<usize>,
    /// The most bytes of a refused response that are read to keep its connection.
    pub drain: usize,
    /// The client-side rates, all of which hold.
    pub rates: Vec<PreparedRate>,
    /// The longest wait for the client-side rates; `None` is without bound.
    pub max_wait: Option<Duration>,
    /// The most attempts that wait for the client-side rates; `None` is without bound.
    pub max_queue: Option<usize>,
    /// What an attempt takes from rates and quotas.
    pub cost: Cost,
    /// What attempts are paced by, beside the rates.
    pub pacing: Pacing,
    /// Whether a refusal closes its scope for others.
    pub gate: bool,
    /// Whether spans are opened.
    pub spans: Spans,
    /// Who shares the budget.
    pub share: Share,
    /// For whom calls are made that do not say so themselves.
    pub identity: Option<Arc<str>>,
    /// What the user's plan allows; no two have the same window and scope.
    pub quotas: Vec<PreparedQuota>,
    /// The user's own words for a quota that is spent.
    pub quota_markers: Vec<QuotaMarker>,
    pub(crate) failures: Vec<(FailureKind, Rule)>,
}

impl Prepared {
    /// The rule for a failure, and whether the policy set it itself.
    #[must_use]
    pub fn failure_rule(&self, kind: FailureKind) -> (Rule, bool) {
        match self.failures.iter().rev().find(|(own, _)| *own == kind) {
            Some((_, rule)) => (*rule, true),
            None => (Rule::standard_failure(kind), false),
        }
    }
}
