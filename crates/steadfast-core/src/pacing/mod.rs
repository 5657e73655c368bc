//! When the next attempt may go, by what a server said and did.
//!
//! A client that only reacts to 429 wastes requests, and may be banned for it. So every answer is heard: a *pacer* is
//! the set of attempts that one limit of a server counts together (those of an endpoint with one credential, or of
//! the bucket that the server names), and it knows three things about that limit.
//!
//! * Its **gate**: closed until an instant because a server said so, or refused without saying. It opens to one first.
//! * What was **told**: remainders and resets in headers. Spent freely while there is plenty, paced when scarce.
//! * What was **learned**: how much was let through before a refusal, where nothing is told.
//!
//! Time is an argument; waiting is not done here. The protocol: [`look`](Pacer::look), and when it says
//! [`Turn::Now`], [`send`](Pacer::send); then [`hear`](Pacer::hear) exactly once per ticket, also when an attempt was
//! dropped.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use steadfast_core::hint::Allowances;
//! use steadfast_core::pacing::{Feedback, Pacer, Turn};
//!
//! let now = Instant::now();
//! let mut pacer = Pacer::new(now);
//! assert_eq!(pacer.look(now, false), Turn::Now);
//! let ticket = pacer.send(now);
//! let refused = Feedback::Refused {
//!     asked: Some(Duration::from_secs(2)),
//!     is_reset: false,
//!     is_busy: false,
//! };
//! pacer.hear(now, ticket, refused, &Allowances::default(), |_| Duration::from_secs(1));
//! assert_eq!(pacer.look(now, false), Turn::At(now + Duration::from_secs(2)));
//! ```

mod advertised;
mod gate;
mod gcra;
mod history;
mod learned;
mod pacer;
mod protocol;
#[cfg(test)]
mod tests;
mod time;

pub use self::pacer::Pacer;
pub use self::protocol::{Change, Feedback, Ticket, Turn, View};
use self::time::{later, seconds};
