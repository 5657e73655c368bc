//! The deciding half of steadfast: what an HTTP outcome means, whether to send the request again, when, and what to
//! tell the user.
//!
//! Nothing here does I/O, waits, locks or reads a clock. **Time and chance are arguments**: whoever calls decides what
//! `now` is and where randomness comes from, so every hard case is a table test and a simulator runs the shipped code.
//! The layers in `steadfast-tower` do what is decided here; `steadfast` meets the user.
//!
//! | question | answered by |
//! |---|---|
//! | What came back, and how far did the request get? | [`Outcome`], [`FailureKind`], [`Reach`] |
//! | What does the server say about time and quota? | [`hint::Hints`], [`hint::Allowances`] |
//! | What does that mean under a policy? | [`Policy`], [`Rule`], [`Judged`] |
//! | May the request be sent again? | [`repeatable::Repeatable`] |
//! | Again, when, or not: why? | [`Progress`], [`Step`], [`Stop`] |
//! | How much load may that add? | [`budget`] |
//! | How many attempts may be under way at once? | [`Concurrency`], [`concurrency::Adaptive`] |
//! | Who goes next, of those who wait? | [`queue`] |
//! | What is left of the day's or the month's plan? | [`quota`] |
//! | What happened? | [`Record`] |
//! | What should a person do about a status? | [`advice`] |
//! | Which policy is for which request? | [`Pattern`], [`Routes`] |
//! | Which redirects are followed, and how? | [`redirect`] |

pub mod advice;
pub mod backoff;
pub mod budget;
mod chance;
mod classify;
pub mod concurrency;
mod cost;
pub mod credential;
mod endpoint;
mod failure_kind;
mod fallback;
mod harmless;
pub mod hint;
mod human;
mod idempotency;
mod judge;
mod limit_scope;
mod outcome;
mod overlay;
pub mod pacing;
mod policy;
mod priority;
mod progress;
pub mod queue;
pub mod quota;
mod rate;
mod record;
pub mod redact;
pub mod redirect;
mod refusal;
pub mod repeatable;
mod rule;
mod terms;
mod url;

pub use crate::backoff::{Backoff, Jitter};
pub use crate::budget::BudgetConfig;
pub use crate::chance::Chance;
pub use crate::classify::{Classifier, Exchange, Opinion, PEEK_LIMIT};
pub use crate::concurrency::{Concurrency, ConcurrencyLimit};
pub use crate::cost::{Cost, RequestHead};
pub use crate::endpoint::{InvalidPattern, Pattern, Routes};
pub use crate::failure_kind::{FailureKind, Reach};
pub use crate::fallback::{FailedCall, Fallback, FallbackResponse};
pub use crate::harmless::{harmless, one_line};
pub use crate::human::Human;
pub use crate::idempotency::{IdempotencyKey, KeyForm};
pub use crate::judge::{Judged, Reason};
pub use crate::limit_scope::LimitScope;
pub use crate::outcome::Outcome;
pub use crate::overlay::Overlay;
pub use crate::policy::{
    AnswerPolicy, BodyPolicy, BudgetScope, InvalidPolicy, LimitPolicy, ObservePolicy, Pacing,
    Policy, Prepared, RetryPolicy, Spans, TimeoutPolicy,
};
pub use crate::priority::Priority;
pub use crate::progress::{Limits, Payment, Progress, Situation, Step};
pub use crate::quota::{PreparedQuota, Quota, Quotas};
pub use crate::rate::{PreparedRate, Rate, Rates};
pub use crate::record::{Attempt, Record, Stop, Wait, WaitSource};
pub use crate::refusal::Refusal;
pub use crate::rule::{Pace, Repeats, Retry, Rule, StatusClass, StatusRules, Statuses};
pub use crate::terms::Terms;
pub use crate::url::{Authority, UrlParts};

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
