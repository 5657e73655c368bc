//! Who moves the paused clock, and when.
//!
//! tokio does not advance a paused clock while a blocking task runs. So the pacer keeps one
//! running, a thread that watches the runtime ("held"), and lets it end when the runtime has been
//! parked long enough ("released"). The runtime wakes up from that, parks again, finds no hold and
//! advances to its next timer; on the way out of that park, before any task runs, the pacer holds
//! it again.
//!
//! The hooks that tokio calls before and after a park cannot tell why a park ended. What is needed
//! follows from their order alone: after the release the runtime parks once without advancing
//! (the wake-up is still pending), then once to advance. If the clock has not moved by then,
//! something else happened, and the pacer starts over. In both parks tokio looks at its sockets
//! once more and does not advance when one of them woke a task; the [`Fence`] before makes sure
//! that there is something to see.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as RealInstant};

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::fence::Fence;
use super::now::{now, real_now};

/// How long the runtime must be parked before the clock may move. Nearly all bytes written to a
/// loopback socket are with their reader before the write returns; this, and the [`Fence`], are for
/// the rest.
const SETTLE: Duration = Duration::from_micros(300);
/// How long a server that is amid an exchange is waited for.
const STALL: Duration = Duration::from_millis(50);
/// How often the watching thread looks.
const TICK: Duration = Duration::from_micros(100);
/// A park that took longer than this was no passing through.
const BLOCKED: Duration = Duration::from_micros(100);

/// The pacer of one [`VirtualTime`](super::VirtualTime).
#[derive(Debug, Default)]
pub(super) struct Pacer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// Since when the runtime is parked, and what its clock said then.
    parked: Option<(RealInstant, Instant)>,
    /// Exchanges that are under way. They count for one generation, which ends with a stall.
    busy: usize,
    generation: u64,
    /// Grows with each sign of life of an exchange.
    touches: u64,
    fence: Fence,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nobody is watching: before the first `block_on`, or in the end.
    #[default]
    Idle,
    /// A blocking task watches, and its being there holds the clock.
    Held,
    /// The clock may move. Counts the parks begun since.
    Released {
        parks: u8,
    },
    Stopped,
}

thread_local! {
    static HERE: RefCell<Option<Arc<Pacer>>> = const { RefCell::new(None) };
}

/// Makes a pacer the one of this thread, until dropped.
#[derive(Debug)]
pub(super) struct Here;

impl Drop for Here {
    fn drop(&mut self) {
        HERE.with_borrow_mut(|here| *here = None);
    }
}

// ===== impl Pacer =====

impl Pacer {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called around `block_on`: servers started on this thread find their pacer.
    pub(super) fn enter(this: &Arc<Self>, handle: &Handle) -> Here {
        if this.lock().phase != Phase::Held {
            this.hold(handle);
        }
        HERE.with_borrow_mut(|here| *here = Some(Arc::clone(this)));
        Here
    }

    pub(super) fn stop(&self) {
        self.lock().phase = Phase::Stopped;
    }

    fn hold(self: &Arc<Self>, handle: &Handle) {
        self.lock().phase = Phase::Held;
        let this = Arc::clone(self);
        handle.spawn_blocking(move || this.watch());
    }

    /// The runtime found nothing to do.
    pub(super) fn parking(&self) {
        let mut state = self.lock();
        if let Phase::Released { parks } = &mut state.phase {
            *parks = parks.saturating_add(1);
            state.fence.pass();
        }
        state.parked = Some((real_now(), now()));
    }

    /// The runtime goes on: something happened, or the clock moved.
    pub(super) fn unparked(self: &Arc<Self>) {
        let mut state = self.lock();
        let Some((since, clock)) = state.parked.take() else {
            return;
        };
        let Phase::Released { parks } = state.phase else {
            return;
        };
        drop(state);
        let blocked = parks >= 1 && real_now().saturating_duration_since(since) > BLOCKED;
        if parks >= 2 || blocked || now() != clock {
            self.hold(&Handle::current());
        }
    }

    /// Runs on a thread of its own, and by running holds the clock, until the runtime is quiet.
    #[expect(clippy::disallowed_methods, reason = "sleeps on a thread of its own")]
    fn watch(&self) {
        let mut stalled = Duration::ZERO;
        let mut touches = 0;
        let mut looked = real_now();
        loop {
            std::thread::sleep(TICK);
            let now = real_now();
            let mut state = self.lock();
            if state.phase != Phase::Held {
                return;
            }
            if state.touches != touches {
                touches = state.touches;
                stalled = Duration::ZERO;
            }
            let quiet = match state.parked {
                Some((since, _)) => now.saturating_duration_since(since),
                None => Duration::ZERO,
            };
            stalled += quiet.min(now - looked);
            looked = now;
            if quiet >= SETTLE && (state.busy == 0 || stalled >= STALL) {
                state.busy = 0;
                state.generation += 1;
                state.phase = Phase::Released { parks: 0 };
                return;
            }
        }
    }
}

/// The share of one connection in holding the clock.
#[derive(Debug)]
pub(crate) struct Busy {
    pacer: Option<Arc<Pacer>>,
    /// The generation in which it counts.
    counted: Option<u64>,
}

// ===== impl Busy =====

impl Busy {
    /// Of the virtual time on this thread; of none, elsewhere, and then it does nothing.
    pub(crate) fn here() -> Self {
        Self {
            pacer: HERE.with_borrow(Clone::clone),
            counted: None,
        }
    }

    /// An exchange is under way and moving: hold the clock.
    pub(crate) fn touch(&mut self) {
        let Some(pacer) = &self.pacer else { return };
        let mut state = pacer.lock();
        state.touches += 1;
        if self.counted != Some(state.generation) {
            state.busy += 1;
            self.counted = Some(state.generation);
        }
    }

    /// Nothing is to be expected from this connection: the clock may move.
    pub(crate) fn rest(&mut self) {
        let (Some(pacer), Some(counted)) = (&self.pacer, self.counted.take()) else {
            return;
        };
        let mut state = pacer.lock();
        if state.generation == counted {
            state.busy -= 1;
        }
    }
}

#[cfg(test)]
impl Busy {
    /// How many connections hold the clock.
    pub(super) fn under_way(&self) -> usize {
        self.pacer.as_ref().map_or(0, |pacer| pacer.lock().busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.rest();
    }
}
