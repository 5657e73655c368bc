//! What limits attempts before they are sent: rates, quotas, how many are under way, and what servers say.

use std::sync::Arc;
use std::time::Duration;

use super::{InvalidPolicy, Pacing, Policy};
use crate::concurrency::Concurrency;
use crate::cost::{Cost, RequestHead};
use crate::hint::Window;
use crate::priority::Priority;
use crate::quota::Quotas;
use crate::rate::{PreparedRate, Rates};

/// What limits attempts before they are sent. Part of a [`Policy`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitPolicy {
    /// The client-side rates, all of which hold.
    pub rates: Rates,
    /// The longest wait for the client-side rates; `None` is without bound.
    pub max_wait: Option<Duration>,
    /// The most attempts that wait for the client-side rates; `None` is without bound.
    pub max_queue: Option<usize>,
    /// What an attempt takes from rates and quotas.
    pub cost: Cost,
    /// Whose calls go first where several wait.
    pub priority: Priority,
    /// What attempts are paced by, beside the rates.
    pub pacing: Pacing,
    /// Whether a refusal closes its scope for others.
    pub gate: bool,
    /// How many attempts may be under way at once; `None` is without limit.
    pub concurrency: Option<Concurrency>,
    /// For whom calls are made that set no identity.
    pub identity: Option<Arc<str>>,
    /// What the user's plan allows; no two have the same window and scope.
    pub quotas: Quotas,
    /// The user's own words for a quota that is used up.
    pub quota_markers: Vec<(String, Window)>,
}

impl Default for LimitPolicy {
    fn default() -> Self {
        Self {
            rates: Rates::default(),
            max_wait: None,
            max_queue: None,
            cost: Cost::One,
            priority: Priority::Normal,
            pacing: Pacing::Learned,
            gate: true,
            concurrency: None,
            identity: None,
            quotas: Quotas::default(),
            quota_markers: Vec::new(),
        }
    }
}

/// The most rates of one policy: each attempt asks all of them.
const MOST_RATES: usize = 16;

/// Setters for rates and pacing.
impl Policy {
    /// For whom calls are made that do not say so themselves: calls of one identity share budget and rate limit, and no
    /// others do. It is shown in spans and in warnings of quotas, so give a name, never a credential. Default: none.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.limits.identity = Some(identity.into());
        self
    }

    /// Client-side rates: one, an array or a `Vec` of them, all of which hold; replaces what was set before. Every
    /// attempt pays. Default: none.
    #[must_use]
    pub fn rate_limit(mut self, rates: impl Into<Rates>) -> Self {
        self.limits.rates = rates.into();
        self
    }

    /// The longest wait for the client-side rates: an attempt that would wait longer is refused at once, with the time
    /// when it could be served. Default: none; then a first attempt waits until its deadline, if it has one, and a retry
    /// for the [time for retrying](Self::retry_for).
    #[must_use]
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.limits.max_wait = Some(time);
        self
    }

    /// The most attempts that wait for the client-side rates at a time: one more is refused at once, with the time when
    /// it could be served. Those of a lower priority do not count. Default: none.
    #[must_use]
    pub fn max_queue(mut self, attempts: usize) -> Self {
        self.limits.max_queue = Some(attempts);
        self
    }

    /// How many attempts may be under way at once, per endpoint, origin and identity (as the retry budget): a number, or a
    /// [`Concurrency`] that says more. An attempt counts until the body of its response has been read or dropped. Whoever
    /// has to wait does so by priority, then first come, first served, for as long as another attempt may start. Default: no limit.
    ///
    /// ```
    /// use steadfast_core::{Concurrency, Policy};
    ///
    /// let fixed = Policy::standard().concurrency(8);
    /// let found_out = Policy::standard().concurrency(Concurrency::adaptive());
    /// # fixed.prepare()?;
    /// # found_out.prepare()?;
    /// # Ok::<(), steadfast_core::InvalidPolicy>(())
    /// ```
    ///
    /// A caller that keeps more responses unread than there are places waits for itself, and is refused after the wait: read
    /// or drop the responses first.
    #[must_use]
    pub fn concurrency(mut self, concurrency: impl Into<Concurrency>) -> Self {
        self.limits.concurrency = Some(concurrency.into());
        self
    }

    /// Any number of attempts may be under way, as in `standard`: for a policy that extends one with a limit.
    #[must_use]
    pub fn without_concurrency(mut self) -> Self {
        self.limits.concurrency = None;
        self
    }

    /// What each attempt takes from rates and quotas, in their units. Default: 1.
    #[must_use]
    pub fn cost(mut self, cost: u32) -> Self {
        self.limits.cost = Cost::Fixed(cost);
        self
    }

    /// The same, as a closure on the request says; 0 waits for no rate. A request that costs more than the burst of a
    /// rate could never go: it fails at once and says so.
    ///
    /// ```
    /// use steadfast_core::{Policy, Rate};
    ///
    /// let policy = Policy::standard()
    ///     .rate_limit(Rate::per_minute(600))
    ///     .cost_of(|request| if request.url.path.ends_with("/batch") { 50 } else { 1 });
    /// # policy.prepare()?;
    /// # Ok::<(), steadfast_core::InvalidPolicy>(())
    /// ```
    #[must_use]
    pub fn cost_of(
        mut self,
        closure: impl Fn(&RequestHead<'_>) -> u32 + Send + Sync + 'static,
    ) -> Self {
        self.limits.cost = Cost::Of(Arc::new(closure));
        self
    }

    /// Whose calls go first where several wait: for a rate, a gate that a server closed, a pace, or a turn under
    /// [`concurrency`](Self::concurrency). Calls of a lower priority count neither for [`max_wait`](Self::max_wait) nor for
    /// [`max_queue`](Self::max_queue), since they wait behind.
    /// Default: [`Priority::Normal`].
    ///
    /// ```
    /// use steadfast_core::{Policy, Priority};
    ///
    /// let batch = Policy::patient().priority(Priority::Low);
    /// # drop(batch);
    /// ```
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.limits.priority = priority;
        self
    }

    /// What attempts are paced by, beside the rates that are configured. Default: [`Pacing::Learned`].
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.limits.pacing = pacing;
        self
    }

    /// Nobody waits because somebody else was refused: a 429 or a 503 concerns the call that got it, and no other.
    /// Without a gate nothing is learned from refusals; rate limit headers still pace. Default: the scope of the refusal is closed for as long as the
    /// server says, at most an hour (429) or a minute (503).
    #[must_use]
    pub fn without_gate(mut self) -> Self {
        self.limits.gate = false;
        self
    }

    pub(super) fn prepare_rates(&self) -> Result<Vec<PreparedRate>, InvalidPolicy> {
        let rates = &self.limits.rates.0;
        let bounded = [
            ("max_wait", self.limits.max_wait.is_some()),
            ("max_queue", self.limits.max_queue.is_some()),
        ];
        for (field, set) in bounded {
            if set && rates.is_empty() {
                let expected = "set together with `rate_limit`, the wait for which it bounds";
                return Err(InvalidPolicy::new(field, "alone", expected));
            }
        }
        if rates.len() > MOST_RATES {
            let expected = format!("at most {MOST_RATES} rates");
            return Err(InvalidPolicy::new("rate_limit", &rates.len(), expected));
        }
        let prepared = rates.iter().map(|rate| {
            let prepared = rate.prepare().map_err(|mistake| {
                let value = format!("{rate} ({mistake})");
                InvalidPolicy::new("rate_limit", &value, "at least one attempt per period")
            })?;
            match self.limits.cost.fixed() {
                Some(cost) if cost > prepared.burst().get() => {
                    let value = format!("{cost}, with a rate of {rate}");
                    let most = prepared.burst();
                    let expected = format!("at most {most}, the burst: no request could ever go");
                    Err(InvalidPolicy::new("cost", &value, expected))
                }
                _ => Ok(prepared),
            }
        });
        prepared.collect()
    }
}
