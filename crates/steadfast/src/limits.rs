//! How limits stand at this moment.

#[cfg(feature = "throttle")]
pub use crate::throttle::Throttle;
pub use steadfast_tower::concurrency::ConcurrencyView;
#[cfg(feature = "throttle")]
pub use steadfast_tower::throttle::ScopeView;
