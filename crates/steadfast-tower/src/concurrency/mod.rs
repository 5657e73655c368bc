//! A limit on how many attempts are under way at once.
//!
//! A server that limits what it does at a time (`limit_conn` of nginx, the pool of a database, most gateways of language
//! models) refuses a crowd however slowly it comes. So each attempt takes a permit before it is sent, and keeps it until
//! the body of its response has been read to its end or was dropped. `tower::limit::ConcurrencyLimit` gives the permit
//! back with the head of the response, while the server is still sending.
//!
//! Who has to wait does so by priority, then first come, first served (core's [`queue`](steadfast_core::queue)), at most for
//! `max_wait` and behind at most `max_queue` others: beyond that an attempt is refused, and nothing is sent. A caller that keeps more responses unread than there are permits waits for
//! itself. That wait ends, too, and its error says to read or drop them. The limit is fixed, or core's
//! [`Adaptive`](steadfast_core::concurrency::Adaptive) finds it out.
//!
//! The layer belongs inside of retry, so that a call that waits for its next attempt has no permit, and inside of the
//! throttle, so that nobody has one while it waits for a rate.
//!
//! When not to use it: for a server that counts requests per time. A rate
//! ([`ThrottleLayer`](crate::throttle::ThrottleLayer)) does that without keeping slow calls out.
//!
//! ```
//! use std::time::Duration;
//! use steadfast_core::Concurrency;
//! use steadfast_tower::concurrency::ConcurrencyLayer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let eight = ConcurrencyLayer::new(8)?;
//! let found_out = ConcurrencyLayer::new(Concurrency::adaptive().max_wait(Duration::from_secs(5)))?;
//! # drop((eight, found_out));
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//! Dropping the future, or the response that it brought, gives the permit or the place in line back.

mod future;
mod layer;
mod permits;
mod queue;
mod service;
mod start;
mod view;

pub use self::future::ConcurrencyFuture;
pub use self::layer::ConcurrencyLayer;
pub(crate) use self::permits::{Permit, Permits};
pub use self::service::ConcurrencyLimit;
pub use self::view::ConcurrencyView;

#[cfg(test)]
mod tests;
