//! Callers that share a pacer to a server, by discrete events: each of them sends one request after the other, up to
//! three times.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::servers::Server;
use super::*;

/// How a server refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Says {
    /// 429.
    TooMany,
    /// 429 with `Retry-After: 1`.
    InASecond,
    /// 503.
    Busy,
}

enum Event {
    /// A call with so many attempts behind it comes back.
    Enter(u32),
    Serve(u32, Ticket),
    /// It passed, or it did not.
    Answer(u32, Ticket, bool),
    Wake,
}

pub(super) struct Crowd {
    pub(super) server: Server,
    pub(super) says: Says,
    /// There and back, in seconds.
    pub(super) latency: f64,
    pub(super) pacer: Pacer,
    start: Instant,
    now: Instant,
    queue: BinaryHeap<Reverse<(Instant, u64)>>,
    events: BTreeMap<u64, Event>,
    serial: u64,
    /// Those that wait for a turn, by how often they were sent.
    waiting: VecDeque<u32>,
    wakes_at: Option<Instant>,
    rng: fastrand::Rng,
    /// The longest time for which the gate was closed.
    pub(super) closed_longest: Duration,
    pub(super) failed: u32,
}

impl Crowd {
    pub(super) fn new(server: Server, says: Says, callers: u32) -> Self {
        let start = start();
        Self {
            server,
            says,
            latency: 0.04,
            pacer: Pacer::new(start),
            start,
            now: start,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            serial: 0,
            waiting: (0..callers).map(|_| 0).collect(),
            wakes_at: None,
            rng: fastrand::Rng::with_seed(1),
            closed_longest: ms(0),
            failed: 0,
        }
    }

    fn push(&mut self, after: f64, event: Event) {
        self.serial += 1;
        let at = self.now + Duration::from_secs_f64(after);
        self.queue.push(Reverse((at, self.serial)));
        self.events.insert(self.serial, event);
    }

    /// Until so many seconds after the start.
    pub(super) fn run(&mut self, seconds: f64) {
        self.let_go();
        let end = self.start + Duration::from_secs_f64(seconds);
        while let Some(Reverse((at, serial))) = self.queue.peek().copied() {
            if at > end {
                return;
            }
            self.queue.pop();
            self.now = at;
            match self.events.remove(&serial).unwrap() {
                Event::Enter(attempts) => self.waiting.push_front(attempts),
                Event::Serve(attempts, ticket) => {
                    let takes = self.server.serve((at - self.start).as_secs_f64());
                    let after = takes.unwrap_or(0.0) + self.latency / 2.0;
                    self.push(after, Event::Answer(attempts, ticket, takes.is_some()));
                }
                Event::Answer(attempts, ticket, passed) => self.answer(attempts, ticket, passed),
                Event::Wake if self.wakes_at == Some(at) => self.wakes_at = None,
                Event::Wake => {}
            }
            self.let_go();
        }
    }

    fn answer(&mut self, attempts: u32, ticket: Ticket, passed: bool) {
        let chance = self.rng.f64();
        let asked = (self.says == Says::InASecond).then_some(s(1));
        let heard = match passed {
            true => Feedback::Passed,
            false => Feedback::Refused {
                asked,
                is_reset: false,
                is_busy: self.says == Says::Busy,
            },
        };
        let backoff = |refusals: u32| s(1 << (refusals - 1).min(4)).mul_f64(chance.max(0.5));
        let change = self
            .pacer
            .hear(self.now, ticket, heard, &Allowances::default(), backoff);
        if let Some(until) = change.closed_until {
            self.closed_longest = self.closed_longest.max(until - self.now);
        }
        if !passed && attempts < 3 {
            let backoff = f64::from(1 << (attempts - 1)) * chance;
            let wait = asked.map_or(backoff, |asked| asked.as_secs_f64() * (1.0 + chance / 10.0));
            self.push(wait, Event::Enter(attempts));
            return;
        }
        self.failed += u32::from(!passed);
        self.waiting.push_back(0);
    }

    fn let_go(&mut self) {
        while let Some(attempts) = self.waiting.front().copied() {
            match self.pacer.look(self.now, false) {
                Turn::Now => {
                    self.waiting.pop_front();
                    let ticket = self.pacer.send(self.now);
                    self.push(self.latency / 2.0, Event::Serve(attempts + 1, ticket));
                }
                Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => {
                    assert!(at > self.now);
                    // Timers tick each millisecond, and they are late.
                    let late = (at - self.start).as_nanos() as u64 % 1_000_000;
                    let at = at + Duration::from_nanos(1_000_000 - late);
                    if self.wakes_at.is_none_or(|wakes| at < wakes) {
                        self.wakes_at = Some(at);
                        self.serial += 1;
                        self.queue.push(Reverse((at, self.serial)));
                        self.events.insert(self.serial, Event::Wake);
                    }
                    return;
                }
            }
        }
    }
}
