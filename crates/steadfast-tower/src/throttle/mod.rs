//! Attempts paced to a configured rate.
//!
//! Calls that find the rate used up stand in one queue: first come, first served, and only the first in it asks the
//! rate again, so *n* waiters cost *n* checks. Whoever would wait longer than it may is refused at once and told when
//! it could be served, instead of waiting its whole time and being refused anyway. The layer belongs inside the retry:
//! a server counts attempts, so every attempt pays.
//!
//! The cells are governor's (GCRA), over a state of ours and tokio's clock.
//!
//! When not to use it: to bound how many calls run *at once* (`tower::limit::ConcurrencyLimit` does that).
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

mod credential;
mod future;
mod gate;
mod lanes;
mod layer;
mod line;
mod passage;
mod place;
mod rates;
mod service;
mod toll;
mod view;

pub use self::future::ThrottleFuture;
pub use self::lanes::Lanes;
pub use self::layer::ThrottleLayer;
pub(crate) use self::place::Limits;
pub use self::place::Place;
pub use self::service::Throttle;
pub use self::view::ScopeView;

#[cfg(test)]
mod tests;
