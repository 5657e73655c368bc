//! Two clocks for tests: one that stands still while bytes travel, and the real one.

mod fence;
mod now;
mod pacer;
mod real;
#[cfg(test)]
mod tests;
mod virtual_time;

pub(crate) use now::now;
pub(crate) use pacer::Busy;
pub use real::{RealTime, real_time};
pub use virtual_time::{VirtualTime, virtual_time};
