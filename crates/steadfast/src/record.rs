//! What happened to a call: its [`Record`], attempt by attempt, and why it ended.

pub use steadfast_core::redirect::Hops;
pub use steadfast_core::{
    Attempt, Human, Outcome, Reason, Record, Repeats, Stop, Wait, WaitSource,
};
