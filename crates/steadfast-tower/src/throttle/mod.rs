//! Attempts paced, by what the user configured and by what servers say.
//!
//! A client that only reacts to 429 wastes requests, and makes the crowd larger that a server wants smaller. So three
//! things stand before each attempt: quotas, which fail at once when they are used up; pacers, which hold what a server
//! told, refused or let through (the deciding is core's, [`steadfast_core::pacing`]); and configured rates, whose cells
//! are governor's. The layer belongs inside the retry: a server counts attempts, so every attempt pays.
//!
//! Who has to wait stands in a line: the highest priority first, then retries, then first come, first served
//! ([`steadfast_core::queue`]). Nobody is woken who is not next, so *n* waiters cost *n* checks of the limiter. Whoever would wait longer than it may is refused at
//! once and told when it could be served, instead of waiting its whole time and being refused anyway.
//!
//! When not to use it: to bound how many calls run *at once* ([`ConcurrencyLayer`](crate::concurrency::ConcurrencyLayer)
//! does that).
//!
//! ```
//! use steadfast_core::Rate;
//! use steadfast_tower::throttle::ThrottleLayer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = ThrottleLayer::new(Rate::per_second(5).burst(10))?;
//! # drop(layer);
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//! Dropping the future gives its place in the queue back, and its cell if the request was not sent yet.

mod acquire;
mod admission;
mod cell_rate;
mod future;
mod gate;
mod heard;
mod known;
mod layer;
mod loading;
mod merge;
mod origin_limits;
mod path_groups;
mod place;
mod rates;
mod service;
mod taken;
mod view;

pub use self::future::{ThrottleFuture, teach};
pub use self::layer::ThrottleLayer;
pub use self::origin_limits::OriginLimits;
pub(crate) use self::place::Limits;
pub use self::place::Place;
pub use self::service::Throttle;
pub use self::view::ScopeView;

#[cfg(test)]
mod tests;
