//! Where state lives that outlasts the process, or that several processes share.
//!
//! A quota of a day or a month has to be counted across restarts, and several instances of a service often share one
//! plan. So the counts of quotas may be kept in a [`Store`]: an embedded database, a table, a key-value server. One
//! trait is the seam for all of it; [`MemoryStore`] and the crate `steadfast-quota-file` implement it.
//!
//! # How counts are kept
//! Each [`QuotaBook`](crate::quota::QuotaBook) is a *writer* with a number of its own and keeps its own counts, whole and
//! absolute, under the key of the quota. A store holds one [`Count`] per key and writer, and replaces it when the same
//! writer keeps another one; it never adds or compares anything. Keeping a count twice does no harm, and no writer can
//! overwrite what another one counted. What a quota has used is the sum over all writers, which each book calculates.
//!
//! # When a store is slow, fails or does not answer
//! No call is refused because of it, and none is delayed beyond a deadline (1 s unless set otherwise):
//!
//! * The first attempt that draws on a quota waits until its counts are loaded, or until the deadline has passed. Later
//!   attempts never wait.
//! * Without an answer, the count goes on in memory, from what is known. One warning is logged, and until the store
//!   answers in time again, no call waits for it at all.
//! * In the background the store is asked again, after 1 s, 2 s, 4 s and so on up to 64 s. Counts that are learned later
//!   are added to what was counted meanwhile, and what could not be kept is offered again.
//!
//! So what the store knows to be used is never granted again, once it has said so. Until then a quota may be exceeded, by
//! what was used elsewhere. Writers learn from each other when they keep their counts, which is once a second: several
//! that use one quota at the same time may together exceed it by what they take within that second.
//!
//! # What is never kept
//! Credentials. A key names the credential by a keyed hash at most; see [`Secret`].

mod count;
mod future;
mod identity;
mod memory;
mod seam;

pub use self::count::Count;
pub use self::future::{StoreError, StoreFuture};
pub(crate) use self::identity::random;
pub use self::identity::{Identity, Secret};
pub use self::memory::MemoryStore;
pub use self::seam::Store;
