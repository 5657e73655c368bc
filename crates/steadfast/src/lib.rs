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
//! # Where things are
//! What every user needs is here: [`wrap`], [`Policies`], [`Policy`], [`Error`], [`Record`] and the [`prelude`]. The rest stands
//! by topic: [`policy`] (what policies are made of), [`error`](mod@error), [`record`], [`advice`], [`limits`] and [`quota`] (how
//! they stand), [`layers`] (tower), [`hint`] (headers), [`store`], [`redact`] and, with its feature, `config` (policy files). The
//! guide, a chapter per topic, is the module `guide`.
//!
//! # Features
//! `throttle` (default): client-side rate limits. `json`: problem details (RFC 9457) in errors, and `.json()`. `form`,
//! `query`, `multipart`, `stream`, `http2`: forwarded to reqwest-middleware and reqwest. `backoff`: schedules from that
//! crate. `config`: policies in a file, TOML or JSON (the module `config`). `time-zone`: quotas that reset at
//! midnight of a place by its name. No TLS feature of reqwest is switched on: what your own dependency on reqwest says
//! stays in force. Counts of quotas that survive a restart are the crate `steadfast-quota-file`, behind
//! [`PoliciesBuilder::store`].

mod bridge;
mod cause;
#[cfg(feature = "config")]
pub mod config;
pub mod error;
#[cfg(any(
    doc,
    all(
        doctest,
        feature = "config",
        feature = "json",
        feature = "throttle",
        feature = "time-zone"
    )
))]
pub mod guide;
mod invalid;
mod layer;
pub mod layers;
pub mod limits;
mod middleware;
mod mistake;
mod nesting;
mod options;
#[cfg(feature = "throttle")]
mod origins;
mod own_layers;
mod policies;
pub mod policy;
mod principal;
pub mod quota;
pub mod record;
mod response;
#[cfg(feature = "backoff")]
mod schedule;
mod scopes;
mod sent_before;
#[cfg(feature = "throttle")]
mod throttle;
mod version;
#[cfg(feature = "config")]
mod watch;
mod wrap;

pub use crate::error::{Error, ErrorExt, ErrorKind};
pub use crate::invalid::InvalidPolicies;
pub use crate::options::{CallOptions, RequestBuilderExt};
pub use crate::policies::{Policies, PoliciesBuilder};
pub use crate::response::ResponseExt;
pub use crate::wrap::{wrap, wrap_with};
pub use reqwest_middleware;
pub use steadfast_core::{
    Backoff, Concurrency, LimitScope, Policy, Priority, Quota, Rate, Record, Rule, advice, hint,
    redact,
};
pub use steadfast_tower::store;

/// The traits, for `use steadfast::prelude::*`.
pub mod prelude {
    pub use crate::{ErrorExt as _, RequestBuilderExt as _, ResponseExt as _};
}

/// The README's examples, each of them a test.
#[cfg(all(doctest, feature = "json", feature = "throttle"))]
#[doc = include_str!("../README.md")]
struct Readme;
