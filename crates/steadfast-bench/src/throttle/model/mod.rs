//! Servers that nobody here wrote: nginx, HAProxy, gateways, databases, each as far as it can be seen from outside.
//!
//! The five shapes of [`Shape`](super::Shape) are what the throttle was made with; these are what it meets. Each limit is
//! a file of its own, decides by time alone, and is tested against a slow calculation that is obviously right. A
//! [`Model`] is a limit with a name, an [`Answer`] how it refuses, a [`Play`] both, met by so many callers from so far.
//!
//! `cargo run --release -p steadfast-bench -- throttle --models` prints what comes of them; with `--check` it holds that
//! against [`BOUNDS`].

pub mod answer;
pub mod bounds;
pub mod bucket;
pub mod catalog;
pub mod chance;
pub mod check;
pub mod contender;
mod counter;
pub mod draw;
pub mod limit;
mod log;
pub mod play;
mod queue;
pub mod random;
pub mod report;
pub mod ruling;
pub mod server;
mod window;

pub use self::answer::Answer;
pub use self::bounds::{BOUNDS, Bound};
pub use self::catalog::{MODELS, Model};
pub use self::contender::Contender;
pub use self::limit::Limit;
pub use self::play::{Play, Played};
