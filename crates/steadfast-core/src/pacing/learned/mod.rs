//! Learns a limit that a server enforces without advertising it, from the requests that it refuses.
//!
//! # How it works
//!
//! The model of the server is one value: attempts per second, or attempts under way. Nothing is limited before the
//! first refusals. Then the model is in one of these states.
//!
//! 1. **Free** ([`free`]). Up to 2 % of refusals are tolerated, as in BBRv2. More of them start a search.
//! 2. **Burst** ([`cycle`]). The gate is closed for the first time. What passed before that is the size of the server's
//!    bucket.
//! 3. **Start** ([`start`]). Slow start, as in TCP: the rate doubles until it is refused. What passed until then gives
//!    the first estimate of the limit.
//! 4. **Held** ([`held`]). A refusal lowers the value by 10 %. It climbs back along the curve of CUBIC (RFC 9438): fast
//!    at first, slowly near the value that was refused, and faster and faster beyond it. So a limit that stays is hit
//!    seldom, and a limit that was raised is found within seconds.
//!
//! Four observations correct the value.
//!
//! * **Noise** ([`episode`]). If refusals stay as frequent although the value fell, they do not depend on the pace. That
//!   share of refusals is tolerated from then on.
//! * **Concurrency** ([`crowding`]). If attempts are refused when many are under way, and only then, the server limits
//!   how many are under way. Then the value counts places.
//! * **Queues** ([`queue`]). If answers take much longer than at best, a queue grows at the server. The value is lowered
//!   to the rate at which answers arrive (BBR's delivery rate; Cardwell et al., 2016) before the queue overflows (TCP
//!   Vegas; Brakmo and Peterson, 1995).
//! * **Windows** ([`cycle`]). If the gate was closed for long, what passed between two openings is the average that the
//!   server allows.
//!
//! The value does not rise while nobody waits. Everything but the noise is forgotten after a minute in which nobody had
//! to wait.
//!
//! # When it is wrong
//!
//! * A fixed window that refuses with a 429 without a hint is used up early. Until the gate has been closed for as long
//!   as the rest of the window, up to a third of the requests of a window may be lost.
//! * A server that refuses at random, each time with a long `Retry-After`, is paced in addition to these waits.
//! * Where the number under way is limited and service times vary much, the average number of places in use stays
//!   below the limit.

mod crowding;
mod cycle;
mod episode;
mod free;
mod held;
mod queue;
mod share;
mod start;
mod tolerance;
mod trip;
mod turns;

use std::time::{Duration, Instant};

use self::crowding::Crowding;
use self::cycle::Cycle;
use self::free::FirstCrowd;
use self::held::{Held, What};
use self::start::Start;
use self::tolerance::Tolerance;
use self::trip::Trip;
use super::gcra::Gcra;
use super::history::History;
use super::seconds;

/// The lowest rate, in attempts per second. The AWS SDKs use the same.
const FLOOR: f64 = 0.5;
/// The highest rate, in attempts per second, and the highest number of places.
const CEILING: f64 = 1e9;
/// How many attempts that passed are remembered. A bucket that begins to empty in slow start should be among them.
const RAMP: usize = 512;
/// How many answers are remembered.
const ANSWERS: usize = 64;

/// The limit of a server, as far as its refusals show it.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    mode: Mode,
    tolerance: Tolerance,
    /// When attempts were sent that passed.
    passed: History,
    /// When their answers came.
    answered: History,
    /// When the last of these answers came.
    last_passed: Option<Instant>,
    /// Before anything passed: who still may.
    first_crowd: Option<FirstCrowd>,
    /// While nothing is paced: when the first attempt was sent whose refusal counts as evidence.
    suspected: Option<Instant>,
    trip: Trip,
    crowding: Crowding,
    gcra: Gcra,
    /// The size of the server's bucket, as the first crowd met it.
    burst: f64,
    /// The same at the first refusal that asked for a wait and was tolerated.
    first_burst: Option<f64>,
    /// How long the gate was closed for the first time, in seconds.
    closed_for: f64,
    /// What a refusal costs: how long it closes the gate for everybody, in seconds.
    cost: f64,
    /// When the first attempt that was refused was sent.
    crowd: Instant,
    cycle: Cycle,
    last_sent: Instant,
    /// The serial number of the last attempt that was sent.
    last: u64,
    /// The serial number of the last one that was refused.
    last_refused: Option<u64>,
    /// Slow start began from a guess, and no gate was closed.
    is_guess: bool,
    /// When somebody last had to wait.
    last_held_back: Instant,
}

/// What is known of the limit.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// No limit is known.
    Free,
    /// The gate is closed for the first time.
    Burst,
    /// Slow start.
    Start(Start),
    /// A value was found.
    Held(Held),
}

/// When one more attempt may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Not before this.
    At(Instant),
    /// When one that is under way is answered.
    Later,
}

/// The attempt whose outcome arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// When it was sent.
    pub(super) at: Instant,
    pub(super) serial: u64,
    /// How many others were under way then.
    pub(super) others: u32,
}

impl Learned {
    /// Nothing is known.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            mode: Mode::Free,
            tolerance: Tolerance::new(now),
            passed: History::new(RAMP),
            answered: History::new(ANSWERS),
            last_passed: None,
            first_crowd: None,
            suspected: None,
            trip: Trip::default(),
            crowding: Crowding::default(),
            gcra: Gcra::default(),
            burst: 0.0,
            first_burst: None,
            closed_for: 0.0,
            cost: 0.0,
            crowd: now,
            cycle: Cycle::new(now, 0.0),
            last_sent: now,
            last: 0,
            last_refused: None,
            is_guess: false,
            last_held_back: now,
        }
    }

    /// Whether no limit is known.
    pub(super) const fn is_unlimited(&self) -> bool {
        matches!(self.mode, Mode::Free)
    }

    /// Whether refused attempts are paced when they are retried. They are not where refusals do not depend on the pace.
    pub(super) fn spaces_out(&self) -> bool {
        !self.is_unlimited() && !self.tolerance.is_noisy()
    }

    /// Attempts per second that it allows now. `None` is no limit.
    pub(super) fn rate(&self, now: Instant) -> Option<f64> {
        match self.mode {
            Mode::Start(start) => Some(start.rate(now, self.doubling())),
            Mode::Held(held) if held.what == What::Rate => Some(held.value(now).max(FLOOR)),
            Mode::Free | Mode::Burst | Mode::Held(_) => None,
        }
    }

    /// Attempts under way that it allows now. `None` is no limit.
    pub(super) fn places(&self, now: Instant) -> Option<u32> {
        match self.mode {
            Mode::Held(held) if held.what == What::Places => {
                Some(held.value(now).clamp(1.0, CEILING) as u32)
            }
            _ => None,
        }
    }

    /// An attempt passed.
    pub(super) fn accepted(&mut self, now: Instant, sent: Sent) {
        self.count(now, false);
        self.last_passed = Some(now);
        self.passed.add(sent.at);
        self.answered.add(now);
        self.cycle.passed += 1.0;
        self.trip.answered(seconds(sent.at, now));
        if matches!(self.mode, Mode::Held(_)) {
            self.crowding.passed(sent.others);
        }
        match &mut self.mode {
            Mode::Free => self.accepted_free(),
            Mode::Burst if sent.at <= self.crowd => self.burst += 1.0,
            Mode::Burst => {}
            Mode::Start(start) => {
                let start = *start;
                self.accepted_late(sent, start);
                self.ease(now, sent);
            }
            Mode::Held(held) => {
                held.count(now, sent, false, self.tolerance.noise, self.trip.now);
                self.ease(now, sent);
            }
        }
    }

    /// An attempt was refused. Returns whether the server takes nothing more for now, as far as refusals without a hint
    /// can tell.
    pub(super) fn refused(
        &mut self,
        now: Instant,
        sent: Sent,
        is_busy: bool,
        is_out: bool,
    ) -> bool {
        // What was sent before the value was lowered says nothing about it.
        let is_old = matches!(self.mode, Mode::Held(held) if sent.serial <= held.before);
        self.learn(now, sent, is_busy, is_out);
        !is_old && self.tolerance.refuses_all(is_busy)
    }

    fn learn(&mut self, now: Instant, sent: Sent, is_busy: bool, is_out: bool) {
        self.tolerance.forget_after_silence(now);
        if is_busy {
            self.tolerance.doubt();
        }
        self.count(now, true);
        self.last_held_back = now;
        self.cycle.refused = self.cycle.refused.max(sent.at);
        self.last_refused = self.last_refused.max(Some(sent.serial));
        if is_out {
            self.give_up(now);
            return;
        }
        match self.mode {
            Mode::Free => self.refused_free(now, sent),
            Mode::Burst => {}
            Mode::Start(start) => self.refused_in_start(now, sent, start),
            Mode::Held(held) => self.refused_held(now, sent, held),
        }
    }
}

/// So many seconds before `now`, or `now` where there is no such instant.
fn ago(now: Instant, time: f64) -> Instant {
    let time = Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX);
    now.checked_sub(time).unwrap_or(now)
}
