//! Attempts and calls that end in time.
//!
//! Both are off in `Policy::standard()`: reqwest's own timeouts keep their meaning, and wrapping a client must not cut
//! what worked. The attempt timeout bounds one attempt until its response's headers are there (with a
//! [buffer](crate::buffer), until its body is). The deadline is one instant for the whole call; it is arithmetic, not a
//! second timer: waits are checked against it before they start, and an attempt's timer is set to whichever ends
//! first. The timer is made when the transport is pending for the first time.
//!
//! ```
//! use std::time::Duration;
//! use steadfast_tower::timeout::TimeoutLayer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = TimeoutLayer::attempt(Duration::from_secs(5))?;
//! # drop(layer);
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//! Dropping the future drops the attempt.

mod deadline;
mod future;
mod layer;
mod service;

pub use self::deadline::{Deadline, DeadlineLayer};
pub use self::future::TimeoutFuture;
pub use self::layer::TimeoutLayer;
pub use self::service::Timeout;
