//! A crowd and each kind of limit, by discrete events: buckets, windows and sliding logs that tell whole seconds.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// So many per second, and so many fit in.
    Bucket(u64, u64),
    /// So many per so many milliseconds, whenever in them.
    Window(u64, u64),
    /// So many in any time of so many milliseconds.
    Log(u64, u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Dialect {
    /// `X-RateLimit-*`, which has no window, and `Retry-After` with a refusal.
    X,
    /// Draft 10: a window, and no reset while something is left.
    Draft,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    dialect: Dialect,
    latency: Duration,
    callers: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ruling {
    served: bool,
    left: u64,
    more_in: Duration,
}

/// What is served, and what is used.
struct Limiter {
    kind: Kind,
    start: Instant,
    /// A bucket: how much was taken out of it, in time.
    emptied_until: Instant,
    /// A window: its number, and how many were served in it.
    used: (u128, u64),
    served: VecDeque<Instant>,
}

impl Limiter {
    fn new(kind: Kind, start: Instant) -> Self {
        Self {
            kind,
            start,
            emptied_until: start,
            used: (0, 0),
            served: VecDeque::new(),
        }
    }

    fn rule(&mut self, now: Instant) -> Ruling {
        match self.kind {
            Kind::Bucket(rate, burst) => self.bucket(now, rate, burst),
            Kind::Window(count, length) => self.window(now, count, ms(length)),
            Kind::Log(count, length) => self.log(now, count, ms(length)),
        }
    }

    fn bucket(&mut self, now: Instant, rate: u64, burst: u64) -> Ruling {
        let one = s(1) / rate as u32;
        let full = one * burst as u32;
        let until = self.emptied_until.max(now);
        let served = until + one <= now + full;
        self.emptied_until = if served { until + one } else { until };
        let room = (now + full).saturating_duration_since(self.emptied_until);
        let left = room.as_nanos() / one.as_nanos();
        let more_in = one - (room - one * left as u32);
        Ruling {
            served,
            left: left as u64,
            more_in,
        }
    }

    fn window(&mut self, now: Instant, count: u64, length: Duration) -> Ruling {
        let since = now - self.start;
        let number = since.as_nanos() / length.as_nanos();
        if number != self.used.0 {
            self.used = (number, 0);
        }
        let served = self.used.1 < count;
        self.used.1 += u64::from(served);
        let more_in = length * (number as u32 + 1) - since;
        Ruling {
            served,
            left: count - self.used.1,
            more_in,
        }
    }

    fn log(&mut self, now: Instant, count: u64, length: Duration) -> Ruling {
        while self.served.front().is_some_and(|at| *at + length <= now) {
            self.served.pop_front();
        }
        let served = (self.served.len() as u64) < count;
        if served {
            self.served.push_back(now);
        }
        let oldest = self.served.front().copied().unwrap_or(now);
        let left = count - self.served.len() as u64;
        Ruling {
            served,
            left,
            more_in: oldest + length - now,
        }
    }
}

impl Kind {
    /// What is told: so many, per so many seconds.
    fn told(self) -> (u64, u64) {
        match self {
            Self::Bucket(rate, _) => (rate, 1),
            Self::Window(count, length) | Self::Log(count, length) => (count, length / 1_000),
        }
    }

    /// Calls that take a minute, and how long they take at best.
    fn work(self) -> (u64, f64) {
        match self {
            Self::Bucket(rate, burst) => (rate * 60 + burst, 60.0),
            Self::Window(count, length) | Self::Log(count, length) => {
                let rounds = 60_000 / length;
                let calls = count * rounds + count.div_ceil(6);
                (calls, (rounds * length) as f64 / 1_000.0)
            }
        }
    }
}

impl Dialect {
    fn says(self, kind: Kind, ruling: Ruling) -> Allowance {
        let (quota, window) = kind.told();
        let reset = whole_seconds(ruling.more_in);
        match self {
            Self::X => limit(quota, None, ruling.left, reset),
            Self::Draft if ruling.left > 0 => limit(quota, window, ruling.left, 0),
            Self::Draft => limit(quota, window, 0, reset),
        }
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

enum Event {
    Enter,
    Serve(Ticket),
    Answer(Ticket, Ruling),
    Wake,
}

struct Play {
    case: Case,
    limiter: Limiter,
    pacer: Pacer,
    start: Instant,
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    events: Vec<Option<Event>>,
    waiting: u64,
    to_come: u64,
    wakes_at: Option<Instant>,
    rng: fastrand::Rng,
    refused: u64,
    took: Duration,
}

impl Play {
    fn new(case: Case, seed: u64) -> Self {
        let start = start();
        let mut play = Self {
            case,
            limiter: Limiter::new(case.kind, start),
            pacer: Pacer::new(start),
            start,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            waiting: 0,
            to_come: case.kind.work().0 - case.callers,
            wakes_at: None,
            rng: fastrand::Rng::with_seed(seed),
            refused: 0,
            took: Duration::ZERO,
        };
        (0..case.callers).for_each(|_| play.push(start, Event::Enter));
        play
    }

    fn push(&mut self, at: Instant, event: Event) {
        self.queue.push(Reverse((at, self.events.len())));
        self.events.push(Some(event));
    }

    /// Refusals per success, and goodput.
    fn run(mut self) -> (f64, f64) {
        let half = self.case.latency / 2;
        while let Some(Reverse((now, id))) = self.queue.pop() {
            assert!(self.events.len() < 1_000_000, "it never ends");
            match self.events[id].take() {
                Some(Event::Enter) => self.waiting += 1,
                Some(Event::Serve(ticket)) => {
                    let ruling = self.limiter.rule(now);
                    self.push(now + half, Event::Answer(ticket, ruling));
                }
                Some(Event::Answer(ticket, ruling)) => self.answer(now, ticket, ruling),
                Some(Event::Wake) | None => {}
            }
            self.let_go(now);
        }
        assert_eq!((self.waiting, self.to_come), (0, 0));
        let (calls, best) = self.case.kind.work();
        let latency = self.case.latency.as_secs_f64();
        let best = (best + latency).max(calls.div_ceil(self.case.callers) as f64 * latency);
        (
            self.refused as f64 / calls as f64,
            best / self.took.as_secs_f64(),
        )
    }

    fn answer(&mut self, now: Instant, ticket: Ticket, ruling: Ruling) {
        let told = [self.case.dialect.says(self.case.kind, ruling)];
        let told = told.into_iter().collect();
        let wait = s(whole_seconds(ruling.more_in));
        let asked = Some(wait);
        let is_reset = self.case.dialect == Dialect::Draft;
        let heard = match ruling.served {
            true => Feedback::Passed,
            false => Feedback::Refused {
                asked,
                is_reset,
                is_busy: false,
            },
        };
        self.pacer.hear(now, ticket, heard, &told, |_| s(1));
        if ruling.served {
            self.took = now - self.start;
            if self.to_come > 0 {
                self.to_come -= 1;
                self.push(now, Event::Enter);
            }
        } else {
            self.refused += 1;
            let wait = wait.mul_f64(1.0 + self.rng.f64() / 10.0);
            self.push(now + wait, Event::Enter);
        }
    }

    fn let_go(&mut self, now: Instant) {
        while self.waiting > 0 {
            match self.pacer.look(now, false) {
                Turn::Now => {
                    self.waiting -= 1;
                    let ticket = self.pacer.send(now);
                    self.push(now + self.case.latency / 2, Event::Serve(ticket));
                }
                Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => {
                    let at = self.tick(at);
                    if self.wakes_at.is_none_or(|wakes| wakes <= now || at < wakes) {
                        self.wakes_at = Some(at);
                        self.push(at, Event::Wake);
                    }
                    return;
                }
            }
        }
    }

    /// Timers tick each millisecond.
    fn tick(&self, at: Instant) -> Instant {
        let nanos = (at - self.start).as_nanos().div_ceil(1_000_000);
        self.start + ms(nanos as u64)
    }
}

/// What comes of each dialect, at each latency.
fn check(kinds: &[Kind], callers: &[u64], goodput: f64) {
    let mut bad = Vec::new();
    for &kind in kinds {
        for dialect in [Dialect::X, Dialect::Draft] {
            for latency in [ms(0), ms(40), ms(100)] {
                for &callers in callers {
                    let case = Case {
                        kind,
                        dialect,
                        latency,
                        callers,
                    };
                    // The first crowd knows nothing.
                    let (refused, used) = Play::new(case, 1).run();
                    let calls = kind.work().0 as f64;
                    let refused = refused - callers as f64 / calls;
                    // A rate that is told is not given up for what may be others: a log far away loses by that.
                    let is_far = dialect == Dialect::Draft && latency > ms(40);
                    let least = if is_far { goodput - 0.16 } else { goodput };
                    if used < least || refused > 0.02 {
                        bad.push(format!("{case:?}: {used:.3}, {refused:.3}"));
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn a_bucket_that_tells_whole_seconds_is_used_at_its_rate() {
    let usual = [
        Kind::Bucket(100, 10),
        Kind::Bucket(20, 1),
        Kind::Bucket(500, 50),
        Kind::Bucket(50, 50),
        Kind::Bucket(30, 90),
    ];
    check(&usual, &[8, 64], 0.9);
}

#[test]
fn a_window_is_used_to_its_end_and_again_at_once() {
    let usual = [
        Kind::Window(100, 1_000),
        Kind::Window(10, 1_000),
        Kind::Window(600, 10_000),
        Kind::Window(50, 5_000),
    ];
    check(&usual, &[8, 64], 0.88);
}

#[test]
fn what_comes_back_one_by_one_is_used_one_by_one() {
    let usual = [Kind::Log(100, 1_000), Kind::Log(600, 10_000)];
    check(&usual, &[64], 0.88);
    // Of a log of a few, each one that comes late is much.
    let few = [Kind::Log(10, 1_000), Kind::Log(50, 5_000)];
    check(&few, &[8, 64], 0.75);
}
