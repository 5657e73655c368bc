//! A pacer of core's as a limiter: the gate that a server closes, and the pace that it told or taught.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steadfast_core::hint::Allowances;
use steadfast_core::pacing::{Change, Feedback, Pacer, Ticket, Turn};

use crate::clock;
use crate::queue::{Again, Ahead, Ask, Limiter, WaitQueue};

/// A pacer behind its lock.
pub(crate) struct Gate {
    pacer: Mutex<Pacer>,
    /// Others took its place: whoever waits here looks for them.
    retired: AtomicBool,
}

/// An attempt that went through: what comes of it is told to the pacer, and if nothing does, that.
pub(crate) struct Pass {
    line: Arc<WaitQueue<Gate>>,
    ticket: Option<Ticket>,
}

/// The body of an attempt that passed, which its pacer counts until it ends.
pub(crate) struct Unread {
    line: Arc<WaitQueue<Gate>>,
}

// ===== impl Gate =====

impl Gate {
    pub(crate) const fn new(pacer: Pacer) -> Self {
        Self {
            pacer: Mutex::new(pacer),
            retired: AtomicBool::new(false),
        }
    }

    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    pub(crate) fn pacer(&self) -> MutexGuard<'_, Pacer> {
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    pub(crate) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.pacer().view(now).closed_until
    }
}

impl Limiter for Gate {
    type Pass = Ticket;

    fn pass(&self, ask: &Ask) -> Result<Ticket, Again> {
        let now = clock::now();
        let mut pacer = self.pacer();
        if self.is_retired() {
            return Ok(pacer.send(now));
        }
        may_go(&pacer, now, ask).map(|()| pacer.send(now))
    }

    fn next(&self, now: Instant, ask: &Ask) -> Instant {
        match may_go(&self.pacer(), now, ask) {
            _ if self.is_retired() => now,
            Err(Again::At(at)) => at,
            // Also one that is turned away: it is told so at once.
            Ok(()) | Err(Again::Closed(_)) => now,
        }
    }

    fn outlook(&self, now: Instant, ask: &Ask, ahead: Ahead) -> Instant {
        let next = self.next(now, ask);
        let rate = self.pacer().view(now).rate;
        let time = rate.map(|rate| Duration::try_from_secs_f64(ahead.count as f64 / rate));
        let time = time.and_then(Result::ok).unwrap_or_default();
        next.checked_add(time).unwrap_or(next)
    }

    fn goes_first(&self) -> bool {
        self.pacer().is_probing()
    }

    fn turns_away(&self, ask: &Ask) -> Option<Instant> {
        if !ask.heeds_gate || self.is_retired() {
            return None;
        }
        let pacer = self.pacer();
        if pacer.is_closed_on_a_guess() {
            return None;
        }
        let until = pacer.view(clock::now()).closed_until?;
        drop(pacer);
        ask.latest_opening
            .filter(|latest| *latest < until)
            .map(|_| until)
    }
}

/// The pace delays, and refuses nothing: whoever cannot wait for its turn goes without one, and a server that says "in an
/// hour" without having refused anything is asked. What is closed stays closed.
fn may_go(pacer: &Pacer, now: Instant, ask: &Ask) -> Result<(), Again> {
    let turn = pacer.look(now, ask.is_last);
    let (Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at)) = turn else {
        return Ok(());
    };
    // What was closed on a guess delays as a pace does.
    let is_said = !pacer.is_closed_on_a_guess();
    let closed_until = pacer.view(now).closed_until.filter(|_| is_said);
    let is_shut = is_said && (closed_until.is_some() || pacer.is_probing());
    if is_shut && ask.heeds_gate {
        let until = closed_until.unwrap_or(at);
        return Err(match ask.latest_opening {
            Some(latest) if latest < until && closed_until.is_some() => Again::Closed(until),
            // Whoever went first is not answered, and the time for waiting is over.
            Some(latest) if latest <= now => Again::Closed(until),
            Some(latest) => Again::At(until.min(latest)),
            None => Again::At(until),
        });
    }
    // Where nothing was refused so far, a pace is a wish. And whoever holds answers may never make room for another one.
    let most = match turn {
        Turn::At(_) if pacer.is_learned() && is_said => None,
        _ => ask.latest_opening,
    };
    let waits_in_vain = ask.latest.is_some_and(|latest| latest < at)
        || most.is_some_and(|most| most <= now)
        || at.saturating_duration_since(now) > ask.patience;
    if is_shut || !ask.is_paced || waits_in_vain {
        return Ok(());
    }
    Err(Again::At(most.map_or(at, |most| most.min(at))))
}

// ===== impl Pass =====

impl Pass {
    pub(crate) const fn new(line: Arc<WaitQueue<Gate>>, ticket: Ticket) -> Self {
        let ticket = Some(ticket);
        Self { line, ticket }
    }

    pub(crate) fn line(&self) -> &Arc<WaitQueue<Gate>> {
        &self.line
    }

    pub(crate) const fn ticket(&self) -> Option<Ticket> {
        self.ticket
    }

    /// Whether the gate closed since it was let through.
    pub(crate) fn is_stale(&self) -> bool {
        let ticket = self.ticket.as_ref();
        ticket.is_some_and(|ticket| self.line.limiter.pacer().closed_since(ticket))
    }

    /// What came of it.
    pub(crate) fn tell(
        mut self,
        heard: Feedback,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        self.hear(heard, allowances, backoff)
    }

    /// It passed, and its body is still to come: where a limit was learned, the pacer counts it until then.
    pub(crate) fn unread(line: &Arc<WaitQueue<Gate>>) -> Option<Unread> {
        let mut pacer = line.limiter.pacer();
        pacer.is_learned().then(|| {
            pacer.reading();
            let line = Arc::clone(line);
            Unread { line }
        })
    }

    /// It belongs to another pacer, as its answer says: this one forgets it.
    pub(crate) fn moved(mut self, to: &Arc<WaitQueue<Gate>>) -> Self {
        let ticket = self.ticket;
        self.hear(Feedback::Elsewhere, &Allowances::default(), |_| {
            Duration::ZERO
        });
        let ticket = ticket.map(|ticket| to.limiter.pacer().adopt(ticket));
        let line = Arc::clone(to);
        Self { line, ticket }
    }

    fn hear(
        &mut self,
        heard: Feedback,
        allowances: &Allowances,
        backoff: impl FnOnce(u32) -> Duration,
    ) -> Change {
        let Some(ticket) = self.ticket.take() else {
            return Change::default();
        };
        let now = clock::now();
        let gate = &self.line.limiter;
        let change = gate.pacer().hear(now, ticket, heard, allowances, backoff);
        if let Some(until) = change.closed_until {
            if !gate.pacer().is_closed_on_a_guess() {
                self.line.turn_away(until);
            }
        }
        // The pace may have changed: whoever is next is given another time.
        if change.stirs || change.closed_until.is_some() || !allowances.is_empty() {
            self.line.stir();
        }
        change
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.hear(Feedback::Nothing, &Allowances::default(), |_| {
            Duration::ZERO
        });
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let change = self.line.limiter.pacer().read(clock::now());
        if change.stirs {
            self.line.stir();
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}
