//! An attempt that is the first to use some quotas, and waits for the store to say what was used before.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use crate::clock;
use crate::context::Context as CallContext;
use crate::quota::{Counter, all_ready};

pub(crate) type Whose = Arc<str>;

/// What the attempt draws on.
pub(crate) type Counters = Vec<(Whose, Arc<Counter>)>;

/// The wait for a store.
pub(crate) struct Loading {
    /// Behind a lock that nobody takes: futures of stores need not be `Sync`, those of layers are.
    load: Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>,
    counters: Counters,
    cost: u32,
}

// ===== impl Loading =====

impl Loading {
    /// The counters, if nobody has to wait for them; the wait, otherwise.
    pub(crate) fn of(
        counters: Counters,
        cost: u32,
        context: &CallContext,
    ) -> Result<Counters, Self> {
        if counters.iter().all(|(_, counter)| counter.is_ready()) {
            return Ok(counters);
        }
        let all = counters.iter().map(|(_, counter)| Arc::clone(counter));
        let load = all_ready(all.collect(), latest(context));
        Err(Self {
            load: Mutex::new(Box::pin(load)),
            counters,
            cost,
        })
    }

    /// The counters and what to take from them, once that is known.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Counters, u32)> {
        let load = self.load.get_mut().unwrap_or_else(PoisonError::into_inner);
        ready!(load.as_mut().poll(cx));
        Poll::Ready((std::mem::take(&mut self.counters), self.cost))
    }
}

/// No call ends because of a store: half of its time is left for the attempt.
fn latest(context: &CallContext) -> Option<Instant> {
    let now = clock::now();
    let deadline = context.deadline?;
    Some(now + deadline.saturating_duration_since(now) / 2)
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}
