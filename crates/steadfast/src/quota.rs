//! Plans per day, week or month: how much of them is used.

pub use steadfast_core::quota::*;
pub use steadfast_tower::quota::{Counter, QuotaBook};
