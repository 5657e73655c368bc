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
//! differs for one call. Nothing is refused, cut or delayed that the bare client would have completed, unless you ask
//! for it by name.
//!
//! Spans and events have the target `steadfast`: `RUST_LOG=steadfast=info` shows one sentence per retry.
//!
//! # Features
//! `throttle` (default): client-side rate limits. `json`: problem details (RFC 9457) in errors, and `.json()`. `form`,
//! `query`, `multipart`, `stream`, `http2`: forwarded to reqwest-middleware and reqwest. `backoff`: schedules from that
//! crate. `config`: policies in a file, TOML or JSON (the module `config`). `quota-file`: counts of
//! quotas in a file. `time-zone`: quotas that start anew at midnight of a place by its name. No TLS feature of reqwest is switched on: what
//! your own dependency on reqwest says stays in force.

mod bridge;
#[cfg(feature = "config")]
pub mod config;
mod error;
mod invalid;
mod kind;
mod layer;
mod middleware;
mod nesting;
mod options;
#[cfg(feature = "throttle")]
mod origins;
mod policies;
mod principal;
mod problem;
#[cfg(feature = "quota-file")]
mod quota_file;
mod response;
#[cfg(feature = "backoff")]
mod schedule;
mod scopes;
mod status_error;
#[cfg(feature = "throttle")]
mod throttle;
mod version;
#[cfg(feature = "config")]
mod watch;

pub use crate::bridge::{LayerFor, NextFuture, NextService, TowerMiddleware};
pub use crate::error::{Error, ErrorExt};
pub use crate::invalid::InvalidPolicies;
pub use crate::kind::Kind;
pub use crate::layer::{Steadfast, SteadfastLayer};
pub use crate::middleware::SteadfastMiddleware;
pub use crate::options::{CallOptions, RequestBuilderExt};
pub use crate::policies::{Policies, PoliciesBuilder};
pub use crate::problem::Problem;
#[cfg(feature = "quota-file")]
pub use crate::quota_file::QuotaFileError;
pub use crate::response::ResponseExt;
#[cfg(feature = "backoff")]
pub use crate::schedule::{backoff_exponential, backoff_schedule};
pub use crate::status_error::StatusError;
#[cfg(feature = "throttle")]
pub use crate::throttle::Throttle;
#[cfg(feature = "config")]
pub use crate::watch::WatchOptions;
pub use reqwest_middleware;
pub use steadfast_core::backoff::InvalidBackoff;
pub use steadfast_core::budget::InvalidBudget;
pub use steadfast_core::{
    Attempt, Backoff, BudgetConfig, Cost, Exchange, FailureKind, InvalidPattern, InvalidPolicy,
    Jitter, LimitScope, Opinion, Outcome, Overlay, PEEK_LIMIT, Pace, Pacing, Pattern, Policy,
    Quota, Quotas, Rate, Rates, Reach, Reason, Record, Refusal, Repeats, RequestHead, Retry, Rule,
    Share, Short, Spans, StatusClass, Statuses, Stop, UrlParts, Wait, WaitSource, advice, hint,
    quota, redact,
};
pub use steadfast_tower::quota::QuotaBook;
#[cfg(feature = "throttle")]
pub use steadfast_tower::throttle::ScopeView;

/// The traits, for `use steadfast::prelude::*`.
pub mod prelude {
    pub use crate::{ErrorExt as _, RequestBuilderExt as _, ResponseExt as _};
}

/// Puts [`Policy::standard`] around a client.
///
/// Everything else about the client stays as it is, its timeouts too: they hold per attempt. The returned type has the
/// methods of a `reqwest::Client`; errors are `reqwest_middleware::Error`s, and a transport error is the very
/// `reqwest::Error` it was.
#[must_use]
pub fn wrap(client: reqwest::Client) -> reqwest_middleware::ClientWithMiddleware {
    Policies::standard().wrap(client)
}

/// The README's examples, each of them a test.
#[cfg(all(doctest, feature = "json", feature = "throttle"))]
#[doc = include_str!("../README.md")]
struct Readme;
