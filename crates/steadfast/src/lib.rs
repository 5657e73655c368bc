//! Resilient HTTP calls: wraps the `reqwest::Client` you have.
//!
//! ```no_run
//! use steadfast::prelude::*;
//!
//! # async fn first_minute() -> Result<(), steadfast::Error> {
//! let client = steadfast::wrap(reqwest::Client::new());
//! let response = client.get("https://api.example.com/v1/items").send().await?;
//! println!("{}", response.record()); // 3 attempts in 1.4 s: 503 (Retry-After 1 s), 502 (backoff 180 ms), 200
//! let items = response.ensure_success().await?.text().await?;
//! # drop(items);
//! # Ok(())
//! # }
//! ```
//!
//! The type stays `reqwest_middleware::ClientWithMiddleware`, with the builder methods of reqwest. Backoff on 429 and 503,
//! retry on 502 and 504, fail fast on 400, 401, 403 and 404: [`Rule::standard`] has the whole table, [`Policy`] every
//! number and where it comes from, [`Policies`] says what differs per endpoint, and [`RequestBuilderExt::call`] what
//! differs for one call.
//!
//! Nothing is refused, cut or delayed that the bare client would have completed, unless you ask for it by name. There are two
//! exceptions, and both begin with the server:
//!
//! * **A gate that the server closed.** After a 429, or a 503 with `Retry-After`, further calls to the same limit wait for as
//!   long as the server said. Calls that may not wait that long are refused and not sent ([`ErrorKind::GateClosed`]).
//!   [`Policy::without_gate`] switches it off.
//! * **Limits that the server advertises.** Calls are delayed when little is left of a limit that headers advertise, or after
//!   refusals without headers. [`Policy::pacing`] switches it off.
//!
//! Spans and events have the target `steadfast`: `RUST_LOG=steadfast=info` shows one sentence per retry.
//!
//! # Features
//! `throttle` (default): client-side rate limits. `json`: problem details (RFC 9457) in errors, and `.json()`. `form`,
//! `query`, `multipart`, `stream`, `http2`: forwarded to reqwest-middleware and reqwest. `backoff`: schedules from that
//! crate. `config`: policies in a file, TOML or JSON (the module `config`). `time-zone`: quotas that start anew at
//! midnight of a place by its name. No TLS feature of reqwest is switched on: what your own dependency on reqwest says
//! stays in force. Counts of quotas that survive a restart are the crate `steadfast-quota-file`, behind
//! [`PoliciesBuilder::store`].

mod bridge;
mod cause;
#[cfg(feature = "config")]
pub mod config;
mod error;
mod invalid;
mod kind;
mod layer;
mod middleware;
mod mistake;
mod nesting;
mod options;
#[cfg(feature = "throttle")]
mod origins;
mod own_layers;
mod policies;
mod principal;
mod problem;
mod response;
#[cfg(feature = "backoff")]
mod schedule;
mod scopes;
mod sent_before;
mod status_error;
#[cfg(feature = "throttle")]
mod throttle;
mod version;
#[cfg(feature = "config")]
mod watch;
mod wrap;

pub use crate::bridge::{LayerFor, NextFuture, NextService, TowerMiddleware};
pub use crate::error::{Error, ErrorExt};
pub use crate::invalid::InvalidPolicies;
pub use crate::kind::ErrorKind;
pub use crate::layer::{Steadfast, SteadfastLayer, SteadfastLayerWith, SteadfastWith};
pub use crate::middleware::SteadfastMiddleware;
pub use crate::options::{CallOptions, RequestBuilderExt};
pub use crate::own_layers::{LayerOver, OwnLayer, Rest};
pub use crate::policies::{Policies, PoliciesBuilder};
pub use crate::problem::Problem;
pub use crate::response::ResponseExt;
#[cfg(feature = "backoff")]
pub use crate::schedule::{backoff_exponential, backoff_schedule};
pub use crate::status_error::StatusError;
#[cfg(feature = "throttle")]
pub use crate::throttle::Throttle;
#[cfg(feature = "config")]
pub use crate::watch::WatchOptions;
pub use crate::wrap::{wrap, wrap_with};
pub use reqwest_middleware;
pub use steadfast_core::backoff::InvalidBackoff;
pub use steadfast_core::budget::InvalidBudget;
pub use steadfast_core::redirect::{Hops, Redirects};
pub use steadfast_core::{
    Attempt, Backoff, BudgetConfig, BudgetScope, Concurrency, ConcurrencyLimit, Cost, Exchange,
    FailedCall, FailureKind, Fallback, FallbackResponse, Human, IdempotencyKey, InvalidPattern,
    InvalidPolicy, Jitter, KeyForm, LimitScope, Opinion, Outcome, Overlay, PEEK_LIMIT, Pace,
    Pacing, Pattern, Policy, Priority, Quota, Quotas, Rate, Rates, Reach, Reason, Record, Refusal,
    Repeats, RequestHead, Retry, Rule, Spans, StatusClass, Statuses, Stop, UrlParts, Wait,
    WaitSource, advice, hint, quota, redact,
};
pub use steadfast_tower::concurrency::ConcurrencyView;
pub use steadfast_tower::quota::{Counter, QuotaBook};
pub use steadfast_tower::store;
#[cfg(feature = "throttle")]
pub use steadfast_tower::throttle::ScopeView;

/// The traits, for `use steadfast::prelude::*`.
pub mod prelude {
    pub use crate::{ErrorExt as _, RequestBuilderExt as _, ResponseExt as _};
}

/// The README's examples, each of them a test.
#[cfg(all(doctest, feature = "json", feature = "throttle"))]
#[doc = include_str!("../README.md")]
struct Readme;
