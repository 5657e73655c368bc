//! The standard stack, in one place.

use crate::buffer::Buffer;
use crate::entry::Transport;
use crate::judge::Judge;
use crate::retry::Retry;
#[cfg(feature = "throttle")]
use crate::throttle::Throttle;
use crate::timeout::Timeout;
use crate::trace::{AttemptSpan, CallSpan};

/// One attempt, as the standard stack makes it.
pub type Attempt<S> = AttemptSpan<Judge<Timeout<Buffer<Transport<S>>>>>;

/// What the retry layer repeats: an attempt that pays for itself.
#[cfg(feature = "throttle")]
pub type Paced<S> = Throttle<Attempt<S>>;
/// What the retry layer repeats.
#[cfg(not(feature = "throttle"))]
pub type Paced<S> = Attempt<S>;

/// The standard stack.
pub type Stack<P, S> = CallSpan<Retry<P, Paced<S>>>;

/// Puts the standard stack around a transport. From the inside out:
pub fn stack<P, S>(replayer: P, transport: S) -> Stack<P, S> {
    // Takes the call apart: what stands further in (the user's own chain, reqwest) sees plain requests.
    let service = Transport::new(transport);
    // Inside the attempt timeout, so that a body that stalls runs into it.
    let service = Buffer::new(service);
    // Inside the judge, so that a timeout is an outcome like others.
    let service = Timeout::new(service);
    // Once per attempt: what stands further out reads the verdict.
    let service = Judge::new(service);
    // One span per attempt, with its verdict; credentials, when they come, belong between this and the gate.
    let service = AttemptSpan::new(service);
    // Inside retry, since servers count attempts: every attempt pays. The gate, the breaker's look and the
    // concurrency limit have their places around this one.
    #[cfg(feature = "throttle")]
    let service = Throttle::new(service);
    // The one layer that sends again, and with that the one that calculates with the deadline: one instant for all
    // attempts and waits. Hedging belongs directly below it, so that each hedge pays like an attempt.
    let service = Retry::new(replayer, service);
    // Outermost: what the user asked for once.
    CallSpan::new(service)
}
