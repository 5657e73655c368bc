//! What the budget promises of many calls: the shipped state machine and budget over simulated servers, without a clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, StatusCode};

use super::*;
use crate::chance::Chance;
use crate::classify::Opinion;
use crate::judge::Judged;
use crate::policy::{Policy, Prepared};
use crate::progress::{Limits, Payment, Progress, Situation, Step};
use crate::refusal::Refusal;
use crate::repeatable::{Repeatable, Why};
use crate::terms::Terms;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A server: when it answers a request that arrives at this time after the start, and how.
trait Server {
    fn arrive(&mut self, at: Duration) -> (Duration, Outcome);
}

/// Fails so many of a hundred requests with this status.
struct Failing {
    percent: u64,
    status: u16,
    latency: Duration,
    chance: Chance,
}

/// Serves one after the other, also requests whose callers have left; refuses what would queue for 5 s.
#[derive(Default)]
struct Queue {
    busy_until: Duration,
}

fn status(code: u16) -> Outcome {
    Outcome::Status(StatusCode::from_u16(code).unwrap())
}

impl Server for Failing {
    fn arrive(&mut self, at: Duration) -> (Duration, Outcome) {
        let fails = self.chance.fraction() * 100.0 < self.percent as f64;
        (
            at + self.latency,
            status(if fails { self.status } else { 200 }),
        )
    }
}

impl Server for Queue {
    fn arrive(&mut self, at: Duration) -> (Duration, Outcome) {
        let start = self.busy_until.max(at);
        if start > at + 5 * SECOND {
            return (at + MS, status(503));
        }
        let slow = (20..30).contains(&at.as_secs());
        self.busy_until = start + if slow { 5 * MS } else { MS };
        (self.busy_until, status(200))
    }
}

/// One of the programs that call, with its budget.
struct Client {
    budget: BudgetState,
    /// With the rules of the budget before this one, to compare.
    as_before: bool,
}

struct Call {
    client: usize,
    progress: Progress,
    limits: Limits,
    paid: Option<Price>,
    ended: Option<bool>,
}

struct Simulation<S> {
    policy: Prepared,
    attempt_timeout: Option<Duration>,
    server: S,
    clients: Vec<Client>,
    calls: Vec<Call>,
    events: BinaryHeap<Reverse<(Duration, usize, Event)>>,
    chance: Chance,
    epoch: Instant,
    sent: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Send,
    Answer(u16),
    TimedOut,
}

impl<S: Server> Simulation<S> {
    #[expect(clippy::disallowed_methods, reason = "an arbitrary start")]
    fn new(policy: &Policy, server: S, seed: u64) -> Self {
        Self {
            policy: policy.prepare().unwrap(),
            attempt_timeout: None,
            server,
            clients: Vec::new(),
            calls: Vec::new(),
            events: BinaryHeap::new(),
            chance: Chance::with_seed(seed),
            epoch: Instant::now(),
            sent: 0,
        }
    }

    fn clients(mut self, count: usize, as_before: bool) -> Self {
        let budget = BudgetState::full(&self.config());
        self.clients = (0..count).map(|_| Client { budget, as_before }).collect();
        self
    }

    fn config(&self) -> BudgetConfig {
        self.policy.retry().budget.unwrap()
    }

    /// Calls that start on a schedule, whatever became of those before them.
    fn open_loop(mut self, calls: usize, every: Duration) -> Self {
        for index in 0..calls {
            let at = every * u32::try_from(index).unwrap();
            self.calls.push(Call {
                client: index % self.clients.len(),
                progress: Progress::new(self.epoch + at),
                limits: Limits::new(self.epoch + at, &Terms::new(&self.policy, None)),
                paid: None,
                ended: None,
            });
            self.events.push(Reverse((at, index, Event::Send)));
        }
        while let Some(Reverse((at, index, event))) = self.events.pop() {
            self.step(at, index, event);
        }
        self
    }

    fn step(&mut self, at: Duration, index: usize, event: Event) {
        match event {
            Event::Send => self.send(at, index),
            Event::Answer(code) => {
                let (headers, wall) = (HeaderMap::new(), || SystemTime::UNIX_EPOCH);
                let code = StatusCode::from_u16(code).unwrap();
                let judged =
                    Judged::response(&self.policy, code, &headers, wall, Opinion::Abstain, None);
                self.answered(at, index, &judged);
            }
            Event::TimedOut => {
                let after = self.attempt_timeout.unwrap();
                let judged = Judged::refused(&self.policy, Refusal::AttemptTimeout { after });
                self.answered(at, index, &judged);
            }
        }
    }

    fn send(&mut self, at: Duration, index: usize) {
        let config = self.config();
        let call = &mut self.calls[index];
        if call.progress.sent() == 0 {
            let budget = &mut self.clients[call.client].budget;
            *budget = budget.deposit(&config).unwrap_or(*budget);
        }
        call.progress.on_send(self.epoch + at);
        self.sent += 1;
        let (answer, outcome) = self.server.arrive(at);
        let code = outcome.status().unwrap().as_u16();
        let event = match self.attempt_timeout {
            Some(time) if answer > at + time => (at + time, index, Event::TimedOut),
            _ => (answer, index, Event::Answer(code)),
        };
        self.events.push(Reverse(event));
    }

    fn answered(&mut self, at: Duration, index: usize, judged: &Judged) {
        let config = self.config();
        let call = &mut self.calls[index];
        let client = &mut self.clients[call.client];
        if let Some(price) = call.paid.take() {
            if judged.is_useful() && !client.as_before {
                client.budget = client.budget.give_back(&config, price);
            }
        }
        let now_ms = u64::try_from(at.as_millis()).unwrap();
        let take = |price| {
            let left = client.budget.withdraw(&config, now_ms, price);
            client.budget = left.unwrap_or(client.budget);
            left.is_some()
        };
        let repeatable = Repeatable::Yes(Why::IdempotentMethod);
        let situation = Situation::new(repeatable, take, &mut self.chance);
        let now = self.epoch + at;
        let progress = &mut call.progress;
        match progress.on_outcome(now, judged, &self.policy, &call.limits, situation) {
            Step::Again { wait, payment } => {
                call.paid = match payment {
                    Payment::Paid(price) => Some(price),
                    _ => None,
                };
                self.events
                    .push(Reverse((at + wait.time, index, Event::Send)));
            }
            Step::Return(_) => call.ended = Some(judged.is_accepted()),
        }
    }

    /// How many times the load of the calls alone the server saw.
    fn load(&self) -> f64 {
        self.sent as f64 / self.calls.len() as f64
    }

    fn succeeded(&self) -> f64 {
        let succeeded = self.calls.iter().filter(|call| call.ended == Some(true));
        succeeded.count() as f64 / self.calls.len() as f64
    }

    /// The second from which on 99 % of the calls that start in each second succeed.
    fn recovers_at(&self) -> u64 {
        let second = |call: &Call| call.progress.started().duration_since(self.epoch).as_secs();
        let mut counts = vec![(0_u32, 0_u32); second(self.calls.last().unwrap()) as usize + 1];
        for call in &self.calls {
            let (all, good) = &mut counts[second(call) as usize];
            *all += 1;
            *good += u32::from(call.ended == Some(true));
        }
        let bad = counts.iter().rposition(|(all, good)| good * 100 < all * 99);
        bad.map_or(0, |second| second as u64 + 1)
    }
}

fn failing(percent: u64, status: u16, latency: Duration) -> Failing {
    let chance = Chance::with_seed(42);
    Failing {
        percent,
        status,
        latency,
        chance,
    }
}

/// How many calls to make where the promise is about a hundred thousand of them.
fn calls() -> usize {
    // An eighth of a hundred thousand, or all of them.
    steadfast_testkit::cases(100_000) as usize
}

#[test]
fn a_total_outage_is_met_with_at_most_an_eighth_more_load() {
    let server = failing(100, 503, 50 * MS);
    let run = Simulation::new(&Policy::standard(), server, 7).clients(1, false);
    let run = run.open_loop(10_000, 10 * MS);
    assert!(run.load() <= 1.12, "{}", run.load());
}

#[test]
fn one_failure_in_five_is_hidden_from_99_calls_of_100_however_many_there_are() {
    for (latency, least) in [(50 * MS, 0.99), (SECOND, 0.985)] {
        for rate in [1, 20, 100] {
            let server = failing(20, 502, latency);
            let run = Simulation::new(&Policy::standard(), server, 7).clients(1, false);
            let run = run.open_loop(calls(), SECOND / rate);
            let succeeded = run.succeeded();
            assert!(succeeded >= least, "{rate}/s, {latency:?}: {succeeded}");
        }
    }
}

#[test]
fn without_what_comes_back_from_retries_one_failure_in_five_shows_in_8_calls_of_100() {
    let server = failing(20, 502, 50 * MS);
    let run = Simulation::new(&Policy::standard(), server, 7).clients(1, true);
    let run = run.open_loop(calls(), SECOND / 20);
    assert!(run.succeeded() < 0.92, "{}", run.succeeded());
}

#[test]
fn three_failures_in_ten_cost_at_most_four_tenths_of_load() {
    for rate in [1, 20, 100] {
        let server = failing(30, 502, 50 * MS);
        let run = Simulation::new(&Policy::standard(), server, 7).clients(1, false);
        let run = run.open_loop(calls(), SECOND / rate);
        assert!(run.load() <= 1.40, "{rate}/s: {}", run.load());
    }
}

#[test]
fn what_comes_back_from_retries_delays_no_recovery_from_an_overload() {
    for seed in 0..2 {
        let recovers_at = |as_before| {
            let simulation = Simulation::new(&Policy::standard(), Queue::default(), seed);
            let mut simulation = simulation.clients(50, as_before);
            simulation.attempt_timeout = Some(SECOND / 2);
            // 800 a second where 1,000 can be served, for two minutes.
            let run = simulation.open_loop(120 * 800, SECOND / 800);
            (run.recovers_at(), run.load())
        };
        let (now, before) = (recovers_at(false), recovers_at(true));
        assert!((30..110).contains(&now.0), "{now:?}");
        assert!(now.0 <= before.0, "{now:?}, before {before:?}");
    }
}
