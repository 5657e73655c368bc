//! Simulations: callers in a closed loop before servers of several kinds, in steps of a millisecond.

use std::time::Duration;

use http::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::chance::Chance;
use crate::failure_kind::FailureKind;
use crate::outcome::Outcome;
use crate::refusal::Refusal;

/// A server.
#[derive(Clone, Copy, Debug)]
enum Server {
    /// Refuses at once what is more than this; the rest takes so long.
    Refuses { most: u32, takes: u64 },
    /// Has so many workers, and lets all others wait.
    Queues { workers: u32, takes: u64 },
    /// Refuses this share by chance, and all others take so long.
    Random { percent: u32, takes: u64 },
}

struct Call {
    sample: Sample,
    started: u64,
    /// When it is answered; none while it waits for a worker.
    ends: Option<u64>,
}

/// Callers before a server, behind an adaptive limit.
struct World {
    limit: Adaptive,
    now: u64,
    calls: Vec<Call>,
    chance: Chance,
    callers: u32,
    good: u32,
    refused: u32,
    /// The limit of each millisecond.
    limits: Vec<u32>,
}

impl World {
    fn new(concurrency: Concurrency, callers: u32, seed: u64) -> Self {
        Self {
            limit: Adaptive::new(concurrency.limit),
            now: 0,
            calls: Vec::new(),
            chance: Chance::with_seed(seed),
            callers,
            good: 0,
            refused: 0,
            limits: Vec::new(),
        }
    }

    /// Runs for so many milliseconds, and says what the limit was on average in the second half.
    fn run(&mut self, server: Server, millis: u64) -> f64 {
        (self.good, self.refused) = (0, 0);
        let start = self.limits.len();
        for _ in 0..millis {
            self.step(server);
        }
        let half = start + (self.limits.len() - start) / 2;
        let later = &self.limits[half..];
        later.iter().map(|limit| f64::from(*limit)).sum::<f64>() / later.len() as f64
    }

    fn step(&mut self, server: Server) {
        self.now += 1;
        let now = self.now;
        let calls = std::mem::take(&mut self.calls);
        let (ended, calls) = calls
            .into_iter()
            .partition::<Vec<_>, _>(|call| call.ends.is_some_and(|at| at <= now));
        self.calls = calls;
        for mut call in ended {
            call.sample.latency = Duration::from_millis(now - call.started);
            match call.sample.answer {
                Answer::Good => self.good += 1,
                _ => self.refused += 1,
            }
            self.limit.hear(&call.sample);
        }
        let most = self.limit.limit().min(self.callers);
        // A caller that was refused comes again in the next millisecond.
        while (self.calls.len() as u32) < most {
            self.send(server);
        }
        if let Server::Queues { workers, takes } = server {
            let busy = self.calls.iter().filter(|call| call.ends.is_some()).count();
            let idle = (workers as usize).saturating_sub(busy);
            let waiting = self.calls.iter_mut().filter(|call| call.ends.is_none());
            waiting
                .take(idle)
                .for_each(|call| call.ends = Some(now + takes));
        }
        self.limits.push(self.limit.limit());
    }

    fn send(&mut self, server: Server) {
        let in_flight = self.calls.len() as u32 + 1;
        let served = self
            .calls
            .iter()
            .filter(|call| call.sample.answer == Answer::Good);
        let (answer, takes) = match server {
            Server::Refuses { most, takes } if (served.count() as u32) < most => {
                (Answer::Good, Some(takes))
            }
            Server::Refuses { .. } => (Answer::Refused, Some(1)),
            Server::Queues { .. } => (Answer::Good, None),
            Server::Random { percent, takes } => {
                let refused = self.chance.fraction() * 100.0 < f64::from(percent);
                match refused {
                    true => (Answer::Refused, Some(takes)),
                    false => (Answer::Good, Some(takes)),
                }
            }
        };
        self.calls.push(Call {
            sample: Sample {
                epoch: self.limit.epoch(),
                in_flight,
                latency: Duration::ZERO,
                answer,
            },
            started: self.now,
            ends: takes.map(|takes| self.now + takes),
        });
    }
}

fn adaptive(callers: u32) -> World {
    World::new(Concurrency::adaptive(), callers, 7)
}

#[test]
fn a_server_that_refuses_more_than_ten_at_once_is_found() {
    let mut world = adaptive(64);
    let server = Server::Refuses {
        most: 10,
        takes: 50,
    };
    let limit = world.run(server, 60_000);
    let share = f64::from(world.refused) / f64::from(world.good);
    let goodput = f64::from(world.good) / (60.0 * 200.0);
    assert!((9.0..=11.0).contains(&limit), "{limit}");
    assert!(share <= 0.05 && goodput >= 0.9, "{share} {goodput}");
}

#[test]
fn a_server_that_serves_four_slow_calls_at_once_is_found() {
    let mut world = adaptive(8);
    let server = Server::Refuses {
        most: 4,
        takes: 1_000,
    };
    let limit = world.run(server, 300_000);
    let share = f64::from(world.refused) / f64::from(world.good);
    assert!((3.5..=5.0).contains(&limit), "{limit}");
    assert!(share <= 0.05, "{share}");
}

#[test]
fn a_server_of_ten_workers_that_queues_is_found() {
    let mut world = adaptive(500);
    let server = Server::Queues {
        workers: 10,
        takes: 50,
    };
    let limit = world.run(server, 120_000);
    let goodput = f64::from(world.good) / (120.0 * 200.0);
    // At twice the latency at rest as many wait as are served.
    assert!((10.0..=26.0).contains(&limit), "{limit}");
    assert!(goodput >= 0.95, "{goodput}");
}

#[test]
fn a_limit_that_is_halved_or_doubled_is_followed() {
    let mut world = adaptive(64);
    let refuses = |most| Server::Refuses { most, takes: 50 };
    for (most, from, to) in [
        (10, 9.0, 11.0),
        (5, 4.0, 6.0),
        (10, 9.0, 11.0),
        (40, 33.0, 42.0),
    ] {
        let limit = world.run(refuses(most), 30_000);
        assert!((from..=to).contains(&limit), "{most}: {limit}");
        let goodput = f64::from(world.good) / (30.0 * 20.0 * f64::from(most));
        assert!(goodput >= 0.8, "{most}: {goodput}");
    }
}

#[test]
fn a_server_that_becomes_slower_is_given_no_less_for_good() {
    let mut world = adaptive(40);
    let served = |takes| Server::Random { percent: 0, takes };
    world.run(served(50), 20_000);
    let limit = world.run(served(400), 120_000);
    assert!(limit >= 40.0, "{limit}");
}

#[test]
fn refusals_by_chance_take_little_away() {
    for percent in [1, 5, 20, 50] {
        for seed in 0..20 {
            let mut world = World::new(Concurrency::adaptive(), 8, seed);
            let server = Server::Random { percent, takes: 40 };
            let limit = world.run(server, 60_000);
            let least = if percent == 50 { 2.0 } else { 6.0 };
            assert!(limit >= least, "{percent} %, seed {seed}: {limit}");
        }
    }
}

#[test]
fn an_outage_does_not_throw_the_limit_away() {
    let mut world = adaptive(64);
    let server = Server::Refuses {
        most: 10,
        takes: 50,
    };
    let before = world.run(server, 30_000);
    world.run(
        Server::Random {
            percent: 100,
            takes: 5,
        },
        30_000,
    );
    let after = world.run(server, 10_000);
    assert!(after >= before * 0.8, "{before} {after}");
}

#[test]
fn the_limit_rises_when_nothing_is_refused() {
    let mut world = adaptive(1_000);
    let five = Server::Refuses { most: 5, takes: 50 };
    assert!(world.run(five, 20_000) <= 6.0);
    let free = Server::Random {
        percent: 0,
        takes: 50,
    };
    world.run(free, 10_000);
    assert_eq!(world.limit.limit(), 200);
}

#[test]
fn an_answer_says_of_the_load_what_its_status_or_failure_says() {
    let after = Duration::from_secs(1);
    let status = |code| Outcome::Status(StatusCode::from_u16(code).unwrap());
    for (outcome, answer) in [
        (status(200), Answer::Good),
        (status(404), Answer::Good),
        (status(429), Answer::Refused),
        (status(500), Answer::Neutral),
        (status(502), Answer::Neutral),
        (status(503), Answer::Refused),
        (status(504), Answer::Refused),
        (status(529), Answer::Refused),
        (Outcome::Failed(FailureKind::Timeout), Answer::Refused),
        (Outcome::Failed(FailureKind::Unprocessed), Answer::Refused),
        (Outcome::Failed(FailureKind::Connect), Answer::Neutral),
        (
            Outcome::Refused(Refusal::AttemptTimeout { after }),
            Answer::Refused,
        ),
        (Outcome::Refused(Refusal::DeadlinePassed), Answer::Neutral),
    ] {
        assert_eq!(Answer::of(outcome), answer, "{outcome}");
    }
}

#[test]
fn a_limit_of_none_names_itself() {
    for (concurrency, mistake) in [
        (
            Concurrency::fixed(0),
            "`concurrency` is 0, but has to be at least 1",
        ),
        (
            Concurrency::adaptive().between(0, 5),
            "`concurrency` is between 0 and 5, but has to be between two numbers of at least 1, the smaller one first",
        ),
        (
            Concurrency::adaptive().between(6, 5),
            "`concurrency` is between 6 and 5, but has to be between two numbers of at least 1, the smaller one first",
        ),
    ] {
        assert_eq!(concurrency.check().unwrap_err().to_string(), mistake);
    }
    assert!(Concurrency::fixed(1).check().is_ok());
    assert!(Concurrency::adaptive().between(5, 5).check().is_ok());
}

proptest! {
    #[test]
    fn the_limit_stays_within_its_bounds(
        (least, most) in (1_u32..50).prop_flat_map(|least| (Just(least), least..60)),
        answers in prop::collection::vec((0_u32..70, 0_u64..500, 0_u8..4, any::<bool>()), 0..600),
    ) {
        let mut limit = Adaptive::new(Concurrency::adaptive().between(least, most).limit);
        for (in_flight, millis, kind, current) in answers {
            let answer = match kind {
                0 => Answer::Refused,
                1 => Answer::Neutral,
                _ => Answer::Good,
            };
            let epoch = limit.epoch().wrapping_sub(u32::from(!current));
            let latency = Duration::from_millis(millis);
            limit.hear(&Sample { epoch, in_flight, latency, answer });
            prop_assert!((least..=most).contains(&limit.limit()));
        }
    }

    #[test]
    fn it_does_not_grow_while_fewer_than_the_limit_are_under_way(
        answers in prop::collection::vec((1_u64..500, any::<bool>(), 1_u32..4), 0..600),
    ) {
        let mut limit = Adaptive::new(Concurrency::adaptive().limit);
        let start = limit.limit();
        for (millis, good, fewer) in answers {
            let answer = if good { Answer::Good } else { Answer::Neutral };
            let in_flight = limit.limit().saturating_sub(fewer);
            let (epoch, latency) = (limit.epoch(), Duration::from_millis(millis));
            limit.hear(&Sample { epoch, in_flight, latency, answer });
            prop_assert!(limit.limit() <= start);
        }
    }
}
