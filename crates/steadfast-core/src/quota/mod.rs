//! Quotas: so many requests per day, week or month.
//!
//! A rate asks to be slower, and waiting helps. A quota that is used up comes back at midnight or on the first of the
//! month, and no call can wait for that: it fails at once and says when to come back. So a quota is counted, never
//! queued for, and its count has to outlive the process: [`Ledger::save`] gives it as plain data for a store.
//!
//! Why count at all, when the server does? It answers 429 only after the fact, many bill what goes beyond, and several
//! processes may have to share one plan ([`Quota::share`]). The server still knows better: what it says is taken over
//! with [`Ledger::spend_all`], and never raises what the user allowed.
//!
//! | kind | resets | counted in |
//! |---|---|---|
//! | `1000/day`, `/week`, `/month` | at midnight, on Monday, on the first, in the quota's [`Zone`] | one number |
//! | `1000/day rolling`, `1000/36h` | each use comes back after the window | at most 64 groups of uses |
//!
//! A rolling count is conservative: uses that lie close together (a 48th of the window) are forgotten together, when
//! the latest of them is. So a window never holds more than the quota, wherever one lays it, and who uses it up steadily
//! gets up to 2 % less.
//!
//! # Several who count
//! Where a store is shared, each process keeps its own count and learns those of the others ([`Ledger::learn`]). Two that
//! take at the same moment do not know of each other yet: together they may use more than the quota, by what they took
//! since each learned from the store. In a rolling window, uses of several within two 48ths may be forgotten together.
//!
//! # A clock that is set
//! Quotas follow the time of day, which people and services set. Forward is the passing of time. Back: a minute or less
//! is taken for no time at all; uses that lie in the future by then count as just made, and a day that has begun goes
//! on when the clock falls back behind midnight. So nothing is forgotten, and nothing is refused for longer than
//! two windows.
//!
//! When not to use it: for windows of seconds and minutes, where waiting helps; that is a [`Rate`](crate::Rate).
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! use steadfast_core::quota::{Ledger, Quota};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan: Quota = "2/day".parse()?;
//! let mut ledger = Ledger::new(plan.prepare()?);
//! let noon = UNIX_EPOCH + Duration::from_secs(12 * 3600);
//! assert_eq!(ledger.take(noon, 1)?.left, 1);
//! assert_eq!(ledger.take(noon, 1)?.left, 0);
//! let spent = ledger.take(noon, 1).unwrap_err();
//! assert_eq!(spent.resets_at, UNIX_EPOCH + Duration::from_secs(24 * 3600));
//! assert_eq!(ledger.take(spent.resets_at, 1)?.left, 1);
//! # Ok(())
//! # }
//! ```

mod calendar;
mod civil;
mod ledger;
mod others;
mod plan;
mod prepared;
mod saved;
mod slots;
mod text;
mod window;
mod zone;

pub use self::ledger::{Ledger, QuotaStatus, Receipt, Spent, Taken};
pub use self::plan::{Quota, Quotas};
pub use self::prepared::PreparedQuota;
pub use self::saved::{InvalidSaved, Saved};
pub use self::text::InvalidQuota;
pub use self::window::QuotaWindow;
pub use self::zone::{InvalidZone, Zone};

/// Nanoseconds since 1970, the one unit of time in here: whole, small, and exact for every clock. It ends in 2554.
type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// What lies before 1970 counts as 1970.
fn nanos(time: std::time::SystemTime) -> Nanos {
    let since = time.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, span)
}

fn span(time: std::time::Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn system_time(nanos: Nanos) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::from_nanos(nanos)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod tests;
