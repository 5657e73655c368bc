//! What calls share: a policy that was checked, and the state that belongs to it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use steadfast_core::budget::Price;
use steadfast_core::queue::Rank;
use steadfast_core::{Chance, InvalidPolicy, Policy, Prepared};

use crate::budget::{Budget, Token};
use crate::concurrency::{ConcurrencyView, Permits};
use crate::principal::{Fingerprints, Principal};
#[cfg(feature = "throttle")]
use crate::throttle::{Limits, Place};

/// A checked policy with the state of those who share it: retry budget, limits, jitter.
///
/// It travels with each call, in its [`Context`](crate::Context).
pub struct Scope {
    policy: Arc<Prepared>,
    template: Option<Arc<str>>,
    identity: Option<Arc<str>>,
    /// The principal of the identity.
    named: Option<Principal>,
    fingerprints: Fingerprints,
    budget: Option<Arc<Budget>>,
    permits: Option<Arc<Permits>>,
    #[cfg(feature = "throttle")]
    limits: Limits,
    seed: AtomicU64,
}

// ===== impl Scope =====

impl Scope {
    /// A scope of its own for a policy.
    ///
    /// # Errors
    /// A value of the policy that makes no sense.
    pub fn new(policy: &Policy) -> Result<Self, InvalidPolicy> {
        let seed = fastrand::u64(..);
        Ok(Self::with(Self::prepare(policy)?, None, seed))
    }

    /// Checks a policy, and that this build can do what it asks for.
    ///
    /// # Errors
    /// A value that makes no sense, a rate limit without the feature `throttle`, or idempotency keys without the feature
    /// `idempotency`.
    pub fn prepare(policy: &Policy) -> Result<Arc<Prepared>, InvalidPolicy> {
        let prepared = policy.prepare()?;
        #[cfg(not(feature = "throttle"))]
        for (field, set) in [
            ("rate_limit", !prepared.rates().is_empty()),
            ("quota", !prepared.quotas().is_empty()),
        ] {
            if set {
                let expected = "left out, or the feature `throttle` switched on";
                return Err(InvalidPolicy::new(field, "set", expected));
            }
        }
        #[cfg(not(feature = "idempotency"))]
        if prepared.retry().idempotency_key.is_some() {
            let expected = "left out, or the feature `idempotency` switched on";
            return Err(InvalidPolicy::new("idempotency_key", "set", expected));
        }
        Ok(Arc::new(prepared))
    }

    /// A scope for a policy that was checked before. `template` is the endpoint's path for spans, `seed` makes the
    /// jitter repeatable.
    #[must_use]
    pub fn with(policy: Arc<Prepared>, template: Option<Arc<str>>, seed: u64) -> Self {
        let budget = policy.retry().budget.map(Budget::full);
        let permits = policy.limits().concurrency.map(Permits::new);
        Self {
            #[cfg(feature = "throttle")]
            limits: Limits::new(&policy, Place::alone()),
            policy,
            template,
            identity: None,
            named: None,
            fingerprints: Fingerprints::default(),
            budget,
            permits,
            seed: AtomicU64::new(seed),
        }
    }

    /// The same for the calls of one identity. Which of them show the same credential is told by `fingerprints`.
    #[must_use]
    pub fn named(self, identity: Option<Arc<str>>, fingerprints: Fingerprints) -> Self {
        let named = identity.as_deref();
        Self {
            named: named.map(|name| fingerprints.of_name(name)),
            identity,
            fingerprints,
            ..self
        }
    }

    /// Where it stands, and with that with whom it shares what servers say, rates and quotas. Without it a scope stands
    /// alone.
    #[cfg(feature = "throttle")]
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        let (identity, fingerprints) = place.principals();
        let limits = Limits::new(&self.policy, place);
        let own = self.named(identity, fingerprints);
        Self { limits, ..own }
    }

    /// Another policy over the budget of this scope.
    #[must_use]
    pub fn sharing_budget(
        &self,
        policy: Arc<Prepared>,
        template: Option<Arc<str>>,
        seed: u64,
    ) -> Self {
        let own = Self::with(policy, template, seed)
            .named(self.identity.clone(), self.fingerprints.clone());
        let budget = match (&self.budget, own.budget) {
            (Some(shared), Some(_)) => Some(Arc::clone(shared)),
            (_, own) => own,
        };
        Self { budget, ..own }
    }

    /// Another policy over all the state of this scope: the same budget, and the same rate and concurrency limits if there
    /// are some.
    #[must_use]
    pub fn sharing(&self, policy: Arc<Prepared>, template: Option<Arc<str>>, seed: u64) -> Self {
        let own = self.sharing_budget(policy, template, seed);
        Self {
            #[cfg(feature = "throttle")]
            limits: self.limits.sharing(&own.policy),
            permits: self.permits.clone().or(own.permits),
            ..own
        }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Prepared {
        &self.policy
    }

    /// For whom the calls of this scope are made, if the user said so.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The principal of the identity, if there is one.
    #[must_use]
    pub const fn named_principal(&self) -> Option<Principal> {
        self.named
    }

    /// The principal of a request with these headers: the identity of this scope, else the credential that they show.
    #[must_use]
    pub fn principal(&self, headers: &http::HeaderMap) -> Principal {
        match self.named {
            Some(principal) => principal,
            None => self.fingerprints.of_credential(headers),
        }
    }

    /// The endpoint's path, for spans.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

    #[cfg(feature = "throttle")]
    #[inline]
    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    #[inline]
    pub(crate) const fn permits(&self) -> Option<&Arc<Permits>> {
        self.permits.as_ref()
    }

    /// How its concurrency limit stands; `None` without one.
    #[must_use]
    pub fn concurrency(&self) -> Option<ConcurrencyView> {
        self.permits.as_deref().map(Permits::view)
    }

    /// The earliest start that the rates allow an attempt of this rank; `None` without one.
    pub(crate) fn paced_until(&self, now: Instant, rank: Rank) -> Option<Instant> {
        #[cfg(feature = "throttle")]
        return self.limits.paced_until(now, rank);
        #[cfg(not(feature = "throttle"))]
        {
            let _ = (now, rank);
            None
        }
    }

    /// Pays a call's share into the budget; says whether a retry could be paid for. Where a rate paces them, retries
    /// after a 429 cost nothing, so there one always could.
    pub(crate) fn deposit(&self, now: Instant) -> bool {
        match &self.budget {
            Some(budget) => budget.deposit(now) || self.retries_unpaid(),
            None => true,
        }
    }

    /// Whether a retry may follow though the budget is empty: it waits, or a rate or a gate may pace attempts, so that one
    /// after a 429 costs nothing.
    fn retries_unpaid(&self) -> bool {
        self.policy.retry().waits_for_budget || self.is_paced()
    }

    #[inline]
    fn is_paced(&self) -> bool {
        #[cfg(feature = "throttle")]
        return self.limits.has_rates() || self.limits.pacers().refuses();
        #[cfg(not(feature = "throttle"))]
        false
    }

    /// Whether a retry could be paid for now.
    pub(crate) fn is_funded(&self, now: Instant) -> bool {
        match &self.budget {
            Some(budget) => budget.has_token(now) || self.retries_unpaid(),
            None => true,
        }
    }

    /// Takes the price of one retry; `None` when there is less.
    pub(crate) fn take_token(&self, now: Instant, price: Price) -> Option<Token> {
        match &self.budget {
            Some(budget) => budget.take(now, price),
            None => Some(Token::free()),
        }
    }

    /// How long the trickle alone takes to pay a price; `None` where there is none.
    pub(crate) fn affords_in(&self, now: Instant, price: Price) -> Option<Duration> {
        let budget = self.budget.as_ref()?;
        budget.affords_in(now, price)
    }

    /// What is left of the budget, in retries; `None` without one.
    #[must_use]
    pub fn budget_left(&self, now: Instant) -> Option<f64> {
        self.budget.as_ref().map(|budget| budget.left(now))
    }

    /// A source of chance for one decision, each from another point of the seed's sequence.
    pub(crate) fn chance(&self) -> Chance {
        // The step of splitmix64: neighbouring seeds give unrelated sequences.
        Chance::with_seed(
            self.seed
                .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed),
        )
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("template", &self.template)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
