//! A crowd and a server with a token bucket, by discrete events: what is decided here has to work when answers take
//! time and everybody comes back at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::*;

#[derive(Clone, Copy, Debug)]
struct Server {
    rate: u64,
    burst: u64,
    latency: Duration,
    says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    RetryAfter,
    RateLimit,
    Nothing,
}

enum Event {
    /// A call comes, or comes back.
    Enter,
    Serve(Ticket),
    Answer(Ticket, Result<(), ()>, u64),
    Wake,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    served: u64,
    refused: u64,
    took: Duration,
}

struct Simulation {
    server: Server,
    pacer: Pacer,
    start: Instant,
    /// How much was taken out of the bucket, in time.
    emptied_until: Instant,
    queue: BinaryHeap<Reverse<(Instant, u64)>>,
    events: BTreeMap<u64, Event>,
    waiting: u64,
    to_come: u64,
    wakes_at: Option<Instant>,
    rng: fastrand::Rng,
    result: Tally,
}

impl Simulation {
    fn new(server: Server, tasks: u64, calls: u64, seed: u64) -> Self {
        let start = start();
        let mut simulation = Self {
            server,
            pacer: Pacer::new(start),
            start,
            emptied_until: start,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            waiting: 0,
            to_come: calls - tasks,
            wakes_at: None,
            rng: fastrand::Rng::with_seed(seed),
            result: Tally::default(),
        };
        (0..tasks).for_each(|_| simulation.push(start, Event::Enter));
        simulation
    }

    fn push(&mut self, at: Instant, event: Event) {
        let id = self.events.last_key_value().map_or(0, |(id, _)| id + 1);
        self.events.insert(id, event);
        self.queue.push(Reverse((at, id)));
    }

    fn run(mut self) -> Tally {
        let half = self.server.latency / 2;
        let mut steps = 0;
        while let Some(Reverse((now, id))) = self.queue.pop() {
            steps += 1;
            assert!(steps < 1_000_000, "it never ends");
            match self.events.remove(&id).unwrap() {
                Event::Enter => self.waiting += 1,
                Event::Wake => {}
                Event::Serve(ticket) => {
                    let (served, left) = self.serve(now);
                    self.push(now + half, Event::Answer(ticket, served, left));
                }
                Event::Answer(ticket, served, left) => self.answer(now, ticket, served, left),
            }
            self.let_go(now);
        }
        assert_eq!((self.waiting, self.to_come), (0, 0));
        self.result
    }

    fn serve(&mut self, now: Instant) -> (Result<(), ()>, u64) {
        let one = s(1) / self.server.rate as u32;
        let full = one * self.server.burst as u32;
        let until = self.emptied_until.max(now);
        let fits = until + one <= now + full;
        self.emptied_until = if fits { until + one } else { until };
        let left = (now + full).saturating_duration_since(self.emptied_until);
        let left = left.as_nanos() / one.as_nanos();
        (if fits { Ok(()) } else { Err(()) }, left as u64)
    }

    fn answer(&mut self, now: Instant, ticket: Ticket, served: Result<(), ()>, left: u64) {
        let says = self.server.says;
        let reset = u64::from(left == 0);
        let told = limit(self.server.rate, 1, left, reset);
        let told = (says == Says::RateLimit)
            .then_some(told)
            .into_iter()
            .collect();
        let asked = (says != Says::Nothing).then_some(s(1));
        let is_reset = says == Says::RateLimit;
        // Jitter, but no closing for nothing.
        let chance = f64::midpoint(self.rng.f64(), 1.0);
        let backoff = |refusals: u32| s(1 << (refusals - 1).min(4)).mul_f64(chance);
        let heard = match served {
            Ok(()) => Feedback::Passed,
            Err(()) => Feedback::Refused {
                asked,
                is_reset,
                is_busy: false,
            },
        };
        self.pacer.hear(now, ticket, heard, &told, backoff);
        match served {
            Ok(()) => {
                self.result.served += 1;
                self.result.took = now - self.start;
                if self.to_come > 0 {
                    self.to_come -= 1;
                    self.push(now, Event::Enter);
                }
            }
            Err(()) => {
                self.result.refused += 1;
                let wait = asked.unwrap_or(s(1)).mul_f64(1.0 + chance / 10.0);
                self.push(now + wait, Event::Enter);
            }
        }
    }

    fn let_go(&mut self, now: Instant) {
        while self.waiting > 0 {
            match self.pacer.look(now, false) {
                Turn::Now => {
                    self.waiting -= 1;
                    let ticket = self.pacer.send(now);
                    self.push(now + self.server.latency / 2, Event::Serve(ticket));
                }
                Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => {
                    assert!(at > now);
                    if self.wakes_at.is_none_or(|wakes| wakes <= now || at < wakes) {
                        self.wakes_at = Some(at);
                        self.push(at, Event::Wake);
                    }
                    return;
                }
            }
        }
    }
}

/// How long it has to take, in seconds: by the limit, or by what so many tasks can do.
fn best(server: Server, tasks: u64, calls: u64) -> f64 {
    let latency = server.latency.as_secs_f64();
    let rate = server.rate as f64;
    // A remainder is some latency old. Where it is mirrored, a bucket that holds less than arrives in that time is not
    // used up: what flowed in while the answer was on its way is not counted on.
    let blind = match server.says {
        Says::RateLimit => latency / server.burst as f64,
        Says::RetryAfter | Says::Nothing => 0.0,
    };
    let by_limit = (calls - server.burst) as f64 * (1.0 / rate + blind);
    by_limit.max(calls as f64 * latency / tasks as f64)
}

/// The same 64 cases in each run: what is rare must not fail a build by chance.
#[test]
fn a_limit_is_used_well_and_seldom_hit() {
    for seed in 0..64 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let says = [Says::RetryAfter, Says::RateLimit, Says::Nothing];
        let server = Server {
            rate: rng.u64(5..=500),
            burst: rng.u64(1..=50),
            latency: ms(rng.u64(0..=100)),
            says: says[seed as usize % 3],
        };
        let tasks = rng.u64(1..=100);
        // Half a minute of work, so that how it begins does not decide.
        let calls = (server.rate * 30).max(tasks) + server.burst;
        let tally = Simulation::new(server, tasks, calls, seed).run();
        assert_eq!(tally.served, calls);
        let goodput = best(server, tasks, calls) / tally.took.as_secs_f64();
        let refused = tally.refused.saturating_sub(tasks) as f64 / calls as f64;
        let case = format!("{server:?}, {tasks} tasks: {goodput:.3}, {refused:.3}, {tally:?}");
        assert!(goodput >= 0.6, "goodput: {case}");
        assert!(refused <= 0.15, "refused: {case}");
    }
}
