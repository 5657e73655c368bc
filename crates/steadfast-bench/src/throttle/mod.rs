//! What a client makes of a server that limits: how much gets through, how soon, and at the cost of how many refusals.
//!
//! A rate limit is met by many calls at once, over minutes; a bench that waited for it would be run by nobody. So all
//! of it happens in virtual time, against [`Limited`](steadfast_testkit::Limited), with the chance in our own clients
//! seeded: a run gives the same numbers again, and takes milliseconds. Two figures stand against each other, and a
//! client is only as good as both: who never asks too early wastes what the server would have given, and who always asks
//! at once gets everything, together with a storm of 429s that a real server answers by closing the door.
//!
//! `cargo run --release -p steadfast-bench -- throttle` prints all [`Row`]s; [`run`] is one cell of them, for whoever
//! tunes something. Servers as they are met in the wild are [`model`]s; their figures stand in `BENCHMARKS.md`.
//!
//! When not to use it: for what a limiter costs per call (`cargo bench -p steadfast-bench --bench limiter`). A paused
//! clock says nothing about processor time.

pub mod args;
pub mod bound;
pub mod client;
pub mod figures;
pub mod model;
#[cfg(feature = "peer-reqwest-retry")]
mod peers;
pub mod report;
pub mod row;
pub mod scenario;
pub mod shape;
pub mod sockets;

pub use self::bound::{Bound, Refusals};
pub use self::client::Client;
pub use self::figures::Figures;
pub use self::row::{Cell, ROWS, Row};
pub use self::scenario::{Run, Scenario, run};
pub use self::shape::{Limit, Shape};
