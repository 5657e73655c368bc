//! What a [`Policy`] is made of: schedules, budgets, rules, rates, and what its closures are shown.

#[cfg(feature = "backoff")]
pub use crate::schedule::{backoff_exponential, backoff_schedule};
pub use steadfast_core::backoff::InvalidBackoff;
pub use steadfast_core::budget::InvalidBudget;
pub use steadfast_core::redirect::Redirects;
pub use steadfast_core::{
    Backoff, BudgetConfig, BudgetScope, Concurrency, ConcurrencyLimit, Cost, Exchange, FailedCall,
    Fallback, FallbackResponse, IdempotencyKey, InvalidPattern, InvalidPolicy, Jitter, KeyForm,
    LimitScope, Opinion, Overlay, PEEK_LIMIT, Pace, Pacing, Pattern, Policy, Priority, Quota,
    Quotas, Rate, Rates, RequestHead, Retry, Rule, Spans, StatusClass, Statuses, UrlParts,
};
