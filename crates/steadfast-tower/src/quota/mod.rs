//! The counts of all quotas, shared by all who use them.
//!
//! Throttles of many scopes may draw on one quota, and the count has to survive them: scopes are forgotten when nobody
//! uses them, a plan is not. So the counts stand in a [`QuotaBook`] of their own, found by a key. Behind it there may be
//! a [`Store`](crate::store::Store), for counts that survive the process or that several processes share.
//!
//! Over a store, whoever is about to use a [`Counter`] for the first time awaits [`Counter::ready`]. What was taken is
//! kept in the background within a second, by a task of the runtime in which it was taken, and once more when the book is
//! dropped. What happens when the store does not answer stands [there](crate::store).
//!
//! # What is forgotten
//! At most [`MOST`] counters are kept in memory beside those that somebody holds. When there are more, those go that say
//! nothing (a window that is over) or that the store has. Without a store those that nobody used since the last time go
//! at last: who visits thousands of hosts within one window, each with a quota of its own, counts some of them anew. The
//! same happens at about twice as many counters over a store that does not answer.
//!
//! # Secrets
//! No credential gets into a key. A [`Principal`](crate::Principal) stands for it, which is a keyed hash; a store gets
//! another one, under a [`Secret`](crate::store::Secret) that it keeps itself: the same after a restart, and worth
//! nothing elsewhere.

mod book;
mod counter;
mod keeper;
mod packed;

pub use self::book::{DEADLINE, MOST, QuotaBook};
pub use self::counter::Counter;
#[cfg(feature = "throttle")]
pub(crate) use self::counter::all_ready;

#[cfg(test)]
pub(crate) mod tests;
