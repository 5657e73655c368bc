//! What a stack adds to a call: time, allocations and instructions, side by side in one run.
//!
//! A terminal answers without a network, so that what is left is the stack's own work. Each row sends the same request
//! through one stack over the same terminal; the difference to the bare terminal is what the stack costs.
//! Run it with `cargo bench -p steadfast-bench --bench overhead`. What a rate costs beside governor is the bench
//! `limiter`; what clients make of servers that limit is the module `throttle`, and which outages they survive the module
//! `outages`, both behind the feature `throttle`.

pub mod allocations;
pub mod callgrind;
pub mod check;
pub mod measure;
#[cfg(feature = "throttle")]
pub mod outages;
pub mod over_reqwest;
pub mod over_tower;
pub mod report;
pub mod row;
pub mod terminal;
#[cfg(feature = "throttle")]
pub mod throttle;
