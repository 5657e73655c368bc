//! Calls sent again when that can help and does no harm.
//!
//! What to do about an outcome is decided by core ([`steadfast_core::Progress`]): this layer keeps a copy of the request
//! while another attempt can follow, waits, and sends. A wait is never shorter than the server asked for, and one that
//! does not fit the time for retrying is not begun: the response is returned at once, its body unread. A refused
//! response that will be repeated is drained inside the wait, within bounds, so that its connection can be used again.
//! While a retry waits for the budget its response may still be the one that is returned: it is read within the same bounds
//! and kept, and one that is longer stays unread until the retry is paid for.
//!
//! * No copy is made when no retry can follow; the last attempt sends the original.
//! * A body that can be sent only once is sent once, and the record says so.
//! * An answer further in that was retried already is not retried here: layers do not multiply.
//!
//! When not to use it: for calls whose repetition would be a second order. Say `repeatable(false)` for those.
//!
//! ```
//! use steadfast_core::Policy;
//! use steadfast_tower::retry::RetryLayer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = RetryLayer::new(&Policy::standard().attempts(4))?;
//! # drop(layer);
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//! Dropping the future drops the attempt or the wait, with the response that is kept meanwhile: a connection whose body was not
//! read to its end is closed. A token that was taken for a retry not sent yet goes back into the budget, and a call that
//! waits for the budget has taken nothing from it.

mod course;
mod event;
mod future;
mod held;
mod layer;
mod next;
mod service;
mod unsent;

pub use self::future::RetryFuture;
pub use self::layer::RetryLayer;
pub use self::service::Retry;

#[cfg(test)]
mod tests;
