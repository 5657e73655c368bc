//! Policies in a file: what differs per endpoint, as data that can be reviewed, checked in CI and changed without a
//! rebuild.
//!
//! A file is TOML, or JSON of the same shape. It says what a [`Policy`](crate::Policy) and a call's overlay can say,
//! except closures; `examples/policies.toml` shows every key, and [`Config::schema`] is the JSON Schema for editors.
//! All mistakes are reported at once, each with its place and what would be right: a file that parses builds.
//!
//! Not for policies that need code: a classifier, a schedule of one's own. Those stay with
//! [`Policies::builder`](crate::Policies::builder).
//!
//! Other crates add sections of their own to the format: see [`section`]. A file that has one is read by a [`Reader`].
//!
//! ```
//! use steadfast::config::{Config, Format};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"
//!     [policies.careful]
//!     extends = "standard"
//!     attempts = 2
//!     backoff = { initial = "200ms", max = "5s" }
//!     on.409 = { retry = 2 }
//!
//!     [[endpoints]]
//!     match = "POST https://api.example.com/v1/charges/**"
//!     policy = "careful"
//! "#;
//! let policies = Config::parse(text, Format::Toml, "policies.toml")?.build()?;
//! let client = policies.wrap(reqwest::Client::new());
//! # drop(client);
//!
//! let mistakes = Config::parse("[policies.careful]\natempts = 2", Format::Toml, "policies.toml");
//! assert_eq!(
//!     mistakes.unwrap_err().to_string(),
//!     "policies.toml:2:1: error: unknown key `atempts` in a policy [unknown-key]
//!   |
//! 2 | atempts = 2
//!   | ^^^^^^^
//!   = help: did you mean `attempts`?
//! ",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # Rules of the format
//! * `default = "careful"` names the policy of requests that belong to no endpoint. Without it: `standard`.
//! * `extends` names a preset (`standard`, `guarded`, `interactive`, `patient`) or another policy of the file. What a
//!   policy does not say is its parent's; `backoff`, `throttled_backoff` and `budget` are replaced as a whole, and a
//!   part that they leave out is that of `standard`.
//! * An endpoint may say a policy's keys itself, beside `policy`: they hold for that endpoint alone.
//! * A status has one rule in a policy: two that overlap are a mistake, because a table has no order. A rule of the
//!   parent is overridden.
//! * Times are `"200ms"`, `"1.5s"`, `"2m"`, `"1h30m"`; sizes `"64KiB"`, `"1MB"` or a number of bytes; rates `"5/s"` or
//!   `"100/min burst 20"`, a table or a list of them; quotas `"1000/day"`, `"10000/month rolling"`.
//! * `${NAME}` in a string value is the environment variable `NAME`, `$$` is `$`. A variable that is not set is a mistake.
//!   No message shows the value of a variable.
//!
//! # Limits
//! 16 MiB a file, 100,000 endpoints, 10,000 policies, 2,000,000 rules in all of them together, 32 steps of `extends`, 80
//! levels of nesting in TOML and 127 in JSON. What is beyond is refused with a message. The first 100 mistakes are
//! reported one by one, the rest as a number.

mod answers;
mod concurrency;
mod contradictions;
mod endpoints;
mod file;
mod format;
mod keys;
mod kind;
mod loaded;
mod names;
mod policy;
mod quotas;
mod rates;
mod reader;
mod report;
mod rules;
mod schema;
pub mod section;
mod source;
mod suggest;
mod units;
mod walk;

pub use self::format::Format;
pub use self::loaded::Config;
pub use self::reader::Reader;
pub(crate) use self::reader::{about, read_file};
pub use self::report::{Diagnostic, Diagnostics, Severity};
pub use self::units::rate;
pub use crate::watch::WatchOptions;
