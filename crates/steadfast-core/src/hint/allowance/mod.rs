//! What a server says of its limits while it still answers.
//!
//! `Retry-After` comes when it is too late. Many servers tell before: how many requests, tokens or
//! bytes are left, and when there will be more. Whoever paces by that never sees the 429. But there
//! are three generations of one draft and a dialect per vendor, and one response may speak several
//! of them about several limits. [`Allowances`] reads them all into one form, so that a throttle
//! needs to know none.
//!
//! * **Each piece stands or falls alone.** One broken member of `RateLimit` does not take the others
//!   with it, as strict Structured Fields would. What is odd is kept as one [`Oddity`], so that
//!   somebody can be told once.
//! * **One limit, one [`Allowance`].** A policy and what is left of it are joined by name and
//!   partition key; of several dialects for the same limit the most exact one counts.
//! * **What a cache tells is old.** With an `Age` above zero, nothing is read.
//!
//! When not to use it: to explain a refusal; there [`Hints`](super::Hints) also knows `Retry-After`
//! and its twins, which win over the reset of a limit. Nor as a promise: a remainder may be shared
//! with other clients, and its fields may vanish from one response to the next.

mod allowances;
mod fields;
mod name;
mod numbers;
mod oddity;
mod reading;
mod structured;

use std::time::Duration;

pub use self::allowances::{Allowances, tells_of_limits};
pub use self::oddity::Oddity;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// What a server says of one of its limits.
///
/// Plain data. The default is the one unnamed limit, of which nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Allowance {
    /// Which limit, the same number for the same limit in every response and process: a hash of the
    /// name of its policy and of its partition key, or of a vendor's word for it (`requests`,
    /// `tokens`, `input-tokens`, `minute`). 0 is the one unnamed limit. Unique within a response.
    pub name: u64,
    /// What is counted.
    pub unit: Unit,
    /// How much there is in a window when nothing is used (`q`).
    pub limit: Option<u64>,
    /// How much is left (`r`), fractions cut off. `None`: only the limit was told.
    pub remaining: Option<u64>,
    /// Until there is more (`t`), never too short and at most [`LONGEST`](super::LONGEST). Zero: by
    /// now.
    pub reset: Option<Duration>,
    /// How long a window is (`w`); never zero, and at most [`LONGEST`](super::LONGEST).
    pub window: Option<Duration>,
    /// How many units this response took (`c`), where the server says so: 1 for most, more for a large query.
    pub cost: Option<u64>,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Requests; also when nothing is said.
    #[default]
    Requests,
    /// Tokens of a language model.
    Tokens,
    /// Bytes of content (`qu="content-bytes"`).
    Bytes,
    /// Requests that run at the same time (`qu="concurrent-requests"`).
    Concurrent,
    /// Something else: the server used a word that is not registered.
    Other,
}
