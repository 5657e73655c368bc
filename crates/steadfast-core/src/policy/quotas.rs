//! Setters and checks for quotas, beside the others of [`Policy`].

use std::collections::HashSet;

use super::{InvalidPolicy, Policy};
use crate::hint::{QuotaMarker, Window};
use crate::quota::{PreparedQuota, Quotas};

impl Policy {
    /// What a plan allows per day, week or month: one quota, an array or a `Vec` of them; replaces what was set before.
    /// Every attempt counts. A spent quota is not waited for: a call fails at once and says when to come back.
    /// Default: none.
    ///
    /// ```
    /// use steadfast_core::{Policy, Quota};
    ///
    /// let plan = [Quota::per_day(1000), Quota::per_month(10_000)];
    /// Policy::standard().quota(plan).prepare()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn quota(mut self, quotas: impl Into<Quotas>) -> Self {
        self.limits.quotas = quotas.into();
        self
    }

    /// Words in the body of a 429 or 403 that mean that a quota is used up, beside the codes that are known; in any mix of
    /// upper and lower case, within the first 4 KiB. Such a refusal is not retried. With words of its own, a policy
    /// looks into every 429 and 403 that no rule of its own decides. Default: none.
    #[must_use]
    pub fn quota_marker(mut self, words: impl Into<String>, window: Window) -> Self {
        self.limits.quota_markers.push((words.into(), window));
        self
    }

    pub(super) fn prepare_quotas(&self) -> Result<Vec<PreparedQuota>, InvalidPolicy> {
        let mut known = HashSet::new();
        let quotas = self.limits.quotas.0.iter().map(|quota| {
            let prepared = quota.prepare().map_err(|mistake| {
                let value = format!("{quota} ({mistake})");
                let expected = "at least one request in a second to a year, a share of at most all of them, and a \
                                warning at 0 to 100 %";
                InvalidPolicy::new("quota", &value, expected)
            })?;
            if !known.insert((prepared.window(), prepared.scope())) {
                let expected = "one for each window and scope: which of the two is meant?";
                return Err(InvalidPolicy::new("quota", &format!("{quota} beside another"), expected));
            }
            Ok(prepared)
        });
        quotas.collect()
    }

    pub(super) fn prepare_markers(&self) -> Result<Vec<QuotaMarker>, InvalidPolicy> {
        let markers = self.limits.quota_markers.iter().map(|(words, window)| {
            QuotaMarker::new(words, *window).map_err(|mistake| {
                let expected = format!("1 to {} bytes of words", QuotaMarker::LONGEST);
                InvalidPolicy::new("quota_marker", &mistake, expected)
            })
        });
        markers.collect()
    }
}
