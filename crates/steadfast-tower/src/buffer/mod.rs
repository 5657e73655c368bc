//! Bodies read inside the attempt.
//!
//! A JSON answer that is cut in the middle ends beyond the reach of every layer that only sees heads: the status was
//! 200, and the error comes to whoever reads the body. With a buffer of *n* bytes the body is read while the attempt
//! lasts, so a truncated, reset or stalled body is an outcome like others and is retried. A body that is longer than
//! *n* is not held: what was read is put back in front of the rest, and streams through.
//!
//! When not to use it: for downloads and event streams, where the first byte counts.
//!
//! # Cancel safety
//! Dropping the future drops the body, as dropping a response does.

mod future;
mod layer;
mod peeked_body;
mod service;

pub use self::future::BufferFuture;
pub use self::layer::BufferLayer;
pub use self::peeked_body::PeekedBody;
pub use self::service::Buffer;
