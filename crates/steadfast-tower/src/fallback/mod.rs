//! An answer for calls that have failed for good.
//!
//! When retries cannot help, many callers would rather have something than an error: an empty list, the prices of
//! yesterday. What that is, the policy says ([`Policy::fallback`](steadfast_core::Policy::fallback)); this layer puts it in
//! the place of what came. It stands outside of the retry, so a call has failed for good when it gets here. What was
//! accepted is never replaced, and neither is a call that makes no sense in itself.
//!
//! When not to use it: where a made-up answer is worse than none. A fallback without a closure also hides a 401 or a 404.
//!
//! ```
//! use http::StatusCode;
//! use steadfast_core::{Fallback, FallbackResponse};
//! use steadfast_tower::fallback::FallbackLayer;
//!
//! let empty = FallbackResponse::new(StatusCode::OK).body("[]");
//! let layer = FallbackLayer::new(Fallback::always(empty))?;
//! # drop(layer);
//! # Ok::<(), steadfast_core::InvalidPolicy>(())
//! ```
//!
//! # Cancel safety
//! Dropping the future drops the call.

mod future;
mod layer;
mod service;

pub use self::future::FallbackFuture;
pub use self::layer::FallbackLayer;
pub use self::service::Fallback;
