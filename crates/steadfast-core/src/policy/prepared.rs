//! A policy whose values were checked; what the layers read.

use super::{
    AnswerPolicy, BodyPolicy, InvalidPolicy, LimitPolicy, ObservePolicy, Policy, RetryPolicy,
    TimeoutPolicy,
};
use crate::hint::QuotaMarker;
use crate::quota::PreparedQuota;
use crate::rate::PreparedRate;
use crate::terms::Terms;

/// A [`Policy`] whose values were checked; what the layers read.
#[derive(Clone, Debug)]
pub struct Prepared {
    policy: Policy,
    terms: Terms,
    rates: Vec<PreparedRate>,
    quotas: Vec<PreparedQuota>,
    quota_markers: Vec<QuotaMarker>,
}

impl Prepared {
    pub(super) fn check(policy: Policy) -> Result<Self, InvalidPolicy> {
        policy.retry.check()?;
        policy.timeouts.check()?;
        if let Some(concurrency) = &policy.limits.concurrency {
            concurrency.check()?;
        }
        Ok(Self {
            terms: Terms::of(&policy),
            rates: policy.prepare_rates()?,
            quotas: policy.prepare_quotas()?,
            quota_markers: policy.prepare_markers()?,
            policy,
        })
    }

    /// What holds for a call that says nothing else.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What is retried, when, and how much load that may add.
    #[must_use]
    pub const fn retry(&self) -> &RetryPolicy {
        &self.policy.retry
    }

    /// What ends attempts and calls in time.
    #[must_use]
    pub const fn timeouts(&self) -> &TimeoutPolicy {
        &self.policy.timeouts
    }

    /// What limits attempts before they are sent.
    #[must_use]
    pub const fn limits(&self) -> &LimitPolicy {
        &self.policy.limits
    }

    /// How much of a body is read.
    #[must_use]
    pub const fn body(&self) -> &BodyPolicy {
        &self.policy.body
    }

    /// What is answered when a call has failed for good.
    #[must_use]
    pub const fn answer(&self) -> &AnswerPolicy {
        &self.policy.answer
    }

    /// What calls show of themselves.
    #[must_use]
    pub const fn observe(&self) -> &ObservePolicy {
        &self.policy.observe
    }

    /// The rates of [`limits`](Self::limits), calculated.
    #[must_use]
    pub fn rates(&self) -> &[PreparedRate] {
        &self.rates
    }

    /// The quotas of [`limits`](Self::limits), calculated.
    #[must_use]
    pub fn quotas(&self) -> &[PreparedQuota] {
        &self.quotas
    }

    /// The quota markers of [`limits`](Self::limits), ready to look for.
    #[must_use]
    pub fn quota_markers(&self) -> &[QuotaMarker] {
        &self.quota_markers
    }
}
