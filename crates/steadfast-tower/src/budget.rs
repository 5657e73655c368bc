//! The retry budget of a scope, in one atomic word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use steadfast_core::budget::{BudgetConfig, BudgetState, Price};

use crate::clock;

/// A budget that many threads draw on.
#[derive(Debug)]
pub(crate) struct Budget {
    config: BudgetConfig,
    state: AtomicU64,
    epoch: Instant,
}

/// What was taken for a retry: it travels inward with the call, is used up when the request is sent, and goes back into
/// the budget when the call is dropped before that, or when the retry succeeds.
#[derive(Debug)]
pub(crate) struct Token {
    budget: Option<Arc<Budget>>,
    price: Price,
    spent: AtomicBool,
}

impl Budget {
    pub(crate) fn full(config: BudgetConfig) -> Arc<Self> {
        Arc::new(Self {
            config,
            state: AtomicU64::new(BudgetState::full(&config).to_bits()),
            epoch: clock::now(),
        })
    }

    /// Pays a call's share; says whether a retry could be paid for.
    pub(crate) fn deposit(&self, now: Instant) -> bool {
        // A full bucket takes nothing: the happy path is one load.
        if self.load().deposit(&self.config).is_none() {
            return true;
        }
        self.update(|state| state.deposit(&self.config));
        self.has_token(now)
    }

    /// Whether it could pay for any retry.
    pub(crate) fn has_token(&self, now: Instant) -> bool {
        self.affords_in(now, Price::Token) == Some(Duration::ZERO)
    }

    /// How long the trickle alone takes to pay a price.
    pub(crate) fn affords_in(&self, now: Instant, price: Price) -> Option<Duration> {
        self.load().affords_in(&self.config, self.at(now), price)
    }

    pub(crate) fn take(self: &Arc<Self>, now: Instant, price: Price) -> Option<Token> {
        let at = self.at(now);
        let taken = self.update(|state| state.withdraw(&self.config, at, price));
        taken.then(|| Token::of(Some(Arc::clone(self)), price))
    }

    fn give_back(&self, price: Price) {
        self.update(|state| Some(state.give_back(&self.config, price)));
    }

    /// What is left, in retries.
    pub(crate) fn left(&self, now: Instant) -> f64 {
        let thousandths = self.load().millis(&self.config, self.at(now));
        u32::try_from(thousandths).map_or(f64::INFINITY, f64::from) / 1000.0
    }

    fn load(&self) -> BudgetState {
        BudgetState::from_bits(self.state.load(Ordering::Relaxed))
    }

    fn at(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.epoch);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Changes the state in one step, however many threads do; false when the change is refused.
    fn update(&self, change: impl Fn(BudgetState) -> Option<BudgetState>) -> bool {
        let change = |bits| change(BudgetState::from_bits(bits)).map(BudgetState::to_bits);
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        self.state.fetch_update(success, failure, change).is_ok()
    }
}

impl Token {
    /// A token of a scope without a budget: nothing to give back.
    pub(crate) const fn free() -> Self {
        Self::of(None, Price::Token)
    }

    const fn of(budget: Option<Arc<Budget>>, price: Price) -> Self {
        Self {
            budget,
            price,
            spent: AtomicBool::new(false),
        }
    }

    /// The retry succeeded. To be called once.
    pub(crate) fn succeeded(&self) {
        if let Some(budget) = self.budget.as_ref().filter(|_| self.is_spent()) {
            budget.give_back(self.price);
        }
    }

    fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }

    /// The retry is sent.
    pub(crate) fn spend(&self) {
        self.spent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(budget) = self.budget.as_ref().filter(|_| !self.is_spent()) {
            budget.give_back(self.price);
        }
    }
}
