//! One idempotency key per call.
//!
//! A `POST` that was sent and not answered may have been carried out, so it is not retried, unless the server can tell a
//! repetition: by a key that is the same on every attempt. This layer gives one to each call whose policy asks for it and
//! whose method is not idempotent: a UUID (version 4) from the operating system's randomness. A key that the caller set is
//! kept. It stands outside of the retry, so that all attempts carry the same key.
//!
//! When not to use it: for servers that do not honour such keys. There a retried `POST` is a second order.
//!
//! ```
//! use steadfast_core::IdempotencyKey;
//! use steadfast_tower::idempotency::IdempotencyLayer;
//!
//! let layer = IdempotencyLayer::new(IdempotencyKey::standard())?;
//! # drop(layer);
//! # Ok::<(), steadfast_core::InvalidPolicy>(())
//! ```
//!
//! # Cancel safety
//! Nothing is held.

mod layer;
mod service;

pub use self::layer::IdempotencyLayer;
pub use self::service::Idempotency;
