//! The promises of a pacer, in tables, as properties, and against a simulated server.

mod advertised;
mod crowd;
mod gate;
mod guess;
mod kinds;
mod learned;
mod properties;
mod servers;
mod simulated;

use std::time::{Duration, Instant};

use super::{Change, Feedback, Pacer, Ticket, Turn};
use crate::hint::{Allowance, Allowances, Unit};

#[expect(clippy::disallowed_methods, reason = "an arbitrary start")]
pub(super) fn start() -> Instant {
    // Not the first instant there is: some subtract.
    Instant::now() + Duration::from_secs(1_000)
}

pub(super) const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(super) const fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A limit of requests: quota, window in s, remaining, reset in s.
fn limit(
    q: impl Into<Option<u64>>,
    w: impl Into<Option<u64>>,
    r: u64,
    t: impl Into<Option<u64>>,
) -> Allowance {
    Allowance {
        name: 1,
        unit: Unit::Requests,
        limit: q.into(),
        window: w.into().map(s),
        cost: None,
        remaining: Some(r),
        reset: t.into().map(s),
    }
}

/// "Too many", and for how long if the server said so.
const fn refused(asked: Option<Duration>) -> Feedback {
    Feedback::Refused {
        asked,
        is_reset: false,
        is_busy: false,
    }
}

/// A pacer, and a clock that is turned by hand.
struct Scene {
    pacer: Pacer,
    start: Instant,
    now: Instant,
    /// With how many refusals in a row it was asked for a backoff.
    asked: Vec<u32>,
}

impl Scene {
    fn new() -> Self {
        let now = start();
        Self {
            pacer: Pacer::new(now),
            start: now,
            now,
            asked: Vec::new(),
        }
    }

    fn wait(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self
    }

    fn look(&self) -> Turn {
        self.pacer.look(self.now, false)
    }

    /// In how long the next one may go.
    fn gap(&self) -> Duration {
        match self.look() {
            Turn::Now => Duration::ZERO,
            Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => {
                at.duration_since(self.now)
            }
        }
    }

    fn send(&mut self) -> Ticket {
        assert_eq!(self.look(), Turn::Now);
        self.pacer.send(self.now)
    }

    /// An attempt that cannot wait.
    fn force(&mut self) -> Ticket {
        self.pacer.send(self.now)
    }

    fn hear(&mut self, ticket: Ticket, heard: Feedback, told: &[Allowance]) -> Change {
        let told: Allowances = told.iter().copied().collect();
        let asked = &mut self.asked;
        self.pacer.hear(self.now, ticket, heard, &told, |refusals| {
            asked.push(refusals);
            s(1)
        })
    }

    fn pass(&mut self, ticket: Ticket) -> Change {
        self.hear(ticket, Feedback::Passed, &[])
    }

    fn refuse(&mut self, ticket: Ticket, asked: impl Into<Option<Duration>>) -> Change {
        let asked = asked.into();
        self.hear(ticket, refused(asked), &[])
    }

    /// One attempt, answered at once.
    fn told(&mut self, told: &[Allowance]) {
        let ticket = self.force();
        self.hear(ticket, Feedback::Passed, told);
    }
}
