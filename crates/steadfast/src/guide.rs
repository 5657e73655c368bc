//! The guide: a chapter per topic, from the first call to leaving again.
//!
//! Each chapter is a Markdown file in `crates/steadfast/guide/`, and its Rust code is tested.

#[doc = include_str!("../guide/getting-started.md")]
pub mod getting_started {}

#[doc = include_str!("../guide/statuses.md")]
pub mod statuses {}

#[doc = include_str!("../guide/retries-and-budgets.md")]
pub mod retries_and_budgets {}

#[doc = include_str!("../guide/rate-limits.md")]
pub mod rate_limits {}

#[doc = include_str!("../guide/pacing-and-gates.md")]
pub mod pacing_and_gates {}

#[doc = include_str!("../guide/concurrency-and-priorities.md")]
pub mod concurrency_and_priorities {}

#[doc = include_str!("../guide/quotas.md")]
pub mod quotas {}

#[doc = include_str!("../guide/endpoints.md")]
pub mod endpoints {}

#[doc = include_str!("../guide/policy-files.md")]
pub mod policy_files {}

#[doc = include_str!("../guide/errors-and-advice.md")]
pub mod errors_and_advice {}

#[doc = include_str!("../guide/keys-and-fallbacks.md")]
pub mod keys_and_fallbacks {}

#[doc = include_str!("../guide/tracing.md")]
pub mod tracing {}

#[doc = include_str!("../guide/testing.md")]
pub mod testing {}

#[doc = include_str!("../guide/tenants.md")]
pub mod tenants {}

#[doc = include_str!("../guide/processes.md")]
pub mod processes {}

#[doc = include_str!("../guide/redirects.md")]
pub mod redirects {}

#[doc = include_str!("../guide/tower.md")]
pub mod tower {}

#[doc = include_str!("../guide/other-clients.md")]
pub mod other_clients {}

#[doc = include_str!("../guide/from-reqwest-retry.md")]
pub mod from_reqwest_retry {}

#[doc = include_str!("../guide/command-line.md")]
pub mod command_line {}

#[doc = include_str!("../guide/stability.md")]
pub mod stability {}
