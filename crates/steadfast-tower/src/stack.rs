//! The standard stack, in one place.

use tower_layer::Layer;

use crate::around::NoLayer;
use crate::buffer::Buffer;
use crate::concurrency::ConcurrencyLimit;
use crate::entry::Transport;
use crate::fallback::Fallback;
use crate::idempotency::Idempotency;
use crate::judge::Judge;
use crate::retry::Retry;
#[cfg(feature = "throttle")]
use crate::throttle::Throttle;
use crate::timeout::Timeout;
use crate::trace::{AttemptSpan, CallSpan};

/// One attempt, as the standard stack makes it.
pub type Attempt<S> = AttemptSpan<Judge<Timeout<Buffer<Transport<S>>>>>;

/// An attempt in the user's own layer, of which so many are under way at once.
pub type Limited<A, S> = ConcurrencyLimit<<A as Layer<Attempt<S>>>::Service>;

/// What the retry layer repeats: an attempt that pays for itself.
#[cfg(feature = "throttle")]
pub type Paced<A, S> = Throttle<Limited<A, S>>;
/// What the retry layer repeats.
#[cfg(not(feature = "throttle"))]
pub type Paced<A, S> = Limited<A, S>;

/// What stands within the user's own layer around calls.
pub type Retried<P, A, S> = Fallback<Idempotency<Retry<P, Paced<A, S>>>>;

/// The standard stack, with the user's own layers around calls and around attempts.
pub type Stack<P, C, A, S> = CallSpan<<C as Layer<Retried<P, A, S>>>::Service>;

/// The user's own layers: [`OwnLayer`](crate::OwnLayer) around any, or [`NoLayer`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Own<C = NoLayer, A = NoLayer> {
    /// Around each call, all of its attempts and waits included.
    pub around_call: C,
    /// Around each attempt.
    pub around_attempt: A,
}

/// Puts the standard stack around a transport. From the inside out:
pub fn stack<P, C, A, S>(replayer: P, own: &Own<C, A>, transport: S) -> Stack<P, C, A, S>
where
    A: Layer<Attempt<S>>,
    C: Layer<Retried<P, A, S>>,
{
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
    // The user's own: a token that is fresh on every attempt, after the wait for a gate or a rate.
    let service = own.around_attempt.layer(service);
    // Inside the throttle, so that nobody has a permit while it waits for a rate or a gate. Outside of the user's own layer
    // and the span, so that a token is fresh after this wait, too, and the span is the attempt's alone.
    let service = ConcurrencyLimit::new(service);
    // Inside retry, since servers count attempts: every attempt pays. The gate and the breaker's look have their places
    // around this one.
    #[cfg(feature = "throttle")]
    let service = Throttle::new(service);
    // The one layer that sends again, and with that the one that calculates with the deadline: one instant for all
    // attempts and waits. Hedging belongs directly below it, so that each hedge pays like an attempt.
    let service = Retry::new(replayer, service);
    // Outside of retry: all attempts carry the same key.
    let service = Idempotency::new(service);
    // Outside of retry: a call has failed for good when it gets here.
    let service = Fallback::new(service);
    // The user's own, once per call.
    let service = own.around_call.layer(service);
    // Outermost: what the user asked for once.
    CallSpan::new(service)
}
