//! A lane of core's as a turnstile: the gate that a server closes, and the pace that it told or taught.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steadfast_core::hint::Allowances;
use steadfast_core::lane::{Change, Heard, Lane, Ticket, Turn};

use super::line::{Again, Ask, Line, Turnstile};
use crate::clock;

/// A lane behind its lock.
pub(crate) struct Gate {
    lane: Mutex<Lane>,
}

/// An attempt that went through: what comes of it is told to the lane, and if nothing does, that.
pub(crate) struct Pass {
    line: Arc<Line<Gate>>,
    ticket: Option<Ticket>,
}

// ===== impl Gate =====

impl Gate {
    pub(crate) const fn new(lane: Lane) -> Self {
        Self {
            lane: Mutex::new(lane),
        }
    }

    pub(crate) fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    pub(crate) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.lane().view(now).closed_until
    }
}

impl Turnstile for Gate {
    type Pass = Ticket;

    /// The pace delays, and refuses nothing: whoever cannot wait for its turn goes without one, and a server that says
    /// "in an hour" without having refused anything is asked. What is closed stays
    /// closed.
    fn pass(&self, ask: &Ask) -> Result<Ticket, Again> {
        let now = clock::now();
        let mut lane = self.lane();
        let at = match lane.look(now, ask.is_last) {
            Turn::Now => return Ok(lane.send(now)),
            Turn::At(at) | Turn::AfterProbe(at) => at,
        };
        let until = lane.view(now).closed_until;
        let latest = match until {
            Some(_) => ask.latest_opening,
            None => ask.latest,
        };
        match (latest, until) {
            (Some(latest), Some(until)) if latest < until => Err(Again::Closed(until)),
            (Some(latest), None) if latest < at && !lane.is_probing() => Ok(lane.send(now)),
            (_, None) if at.saturating_duration_since(now) > ask.patience => Ok(lane.send(now)),
            _ => Err(Again::At(at)),
        }
    }

    fn next(&self, now: Instant, ask: &Ask) -> Instant {
        match self.lane().look(now, ask.is_last) {
            Turn::Now => now,
            Turn::At(at) | Turn::AfterProbe(at) => at,
        }
    }

    fn prefers_fresh(&self) -> bool {
        self.lane().is_probing()
    }

    fn turns_away(&self, ask: &Ask) -> Option<Instant> {
        let until = self.lane().view(clock::now()).closed_until?;
        ask.latest_opening
            .filter(|latest| *latest < until)
            .map(|_| until)
    }
}

// ===== impl Pass =====

impl Pass {
    pub(crate) const fn new(line: Arc<Line<Gate>>, ticket: Ticket) -> Self {
        let ticket = Some(ticket);
        Self { line, ticket }
    }

    pub(crate) fn line(&self) -> &Arc<Line<Gate>> {
        &self.line
    }

    /// What came of it.
    pub(crate) fn tell(
        mut self,
        heard: Heard,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        self.hear(heard, allowances, backoff)
    }

    /// It belongs to another lane, as its answer says: this one forgets it.
    pub(crate) fn moved(mut self, to: &Arc<Line<Gate>>) -> Self {
        let ticket = self.ticket;
        self.hear(Heard::Elsewhere, &Allowances::default(), |_| Duration::ZERO);
        let ticket = ticket.map(|ticket| to.turnstile.lane().adopt(ticket));
        let line = Arc::clone(to);
        Self { line, ticket }
    }

    fn hear(
        &mut self,
        heard: Heard,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        let Some(ticket) = self.ticket.take() else {
            return Change::default();
        };
        let now = clock::now();
        let gate = &self.line.turnstile;
        let change = gate.lane().hear(now, ticket, heard, allowances, backoff);
        if let Some(until) = change.closed_until {
            self.line.turn_away(until);
        }
        // The pace may have changed with any answer, so whoever is next looks again; it is one poll at most.
        if change.stirs || change.closed_until.is_some() {
            self.line.stir();
        }
        change
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.hear(Heard::Nothing, &Allowances::default(), |_| Duration::ZERO);
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}
