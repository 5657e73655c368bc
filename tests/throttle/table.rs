//! The table of the bench: from whom all is told to who is told nothing, and those who share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use steadfast::{Policies, Policy, Rate};
use steadfast_testkit::{Limited, Says};
use tokio::task::JoinSet;

use super::common::{SEED, Watch};
use super::{MS, SECOND, before, status};

const CALLS: u32 = 300;

/// A server, as its documentation has it.
#[derive(Clone, Copy, Debug)]
struct Shape {
    per_second: u32,
    /// `None` hands out the whole second at once.
    burst: Option<u32>,
    latency: Duration,
}

/// Who stands before it.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    clients: u32,
    tasks: u32,
}

/// What came of it.
#[derive(Debug)]
struct Run {
    ok: u32,
    refused: u64,
    took: Duration,
}

const fn bucket(per_second: u32, burst: u32, latency: Duration) -> Shape {
    Shape {
        per_second,
        burst: Some(burst),
        latency,
    }
}

const FIXED: Shape = Shape {
    per_second: 100,
    burst: None,
    latency: Duration::ZERO,
};

const SHAPES: [Shape; 5] = [
    bucket(100, 10, Duration::ZERO),
    bucket(20, 1, Duration::ZERO),
    bucket(500, 50, Duration::ZERO),
    FIXED,
    bucket(100, 10, Duration::from_millis(40)),
];

const ALONE: [Crowd; 3] = [alone(16), alone(32), alone(64)];

const fn alone(tasks: u32) -> Crowd {
    Crowd { clients: 1, tasks }
}

// ===== impl Shape =====

impl Shape {
    fn server(self, says: Says) -> Limited {
        let server = match self.burst {
            Some(burst) => Limited::token_bucket(self.per_second, burst),
            None => Limited::fixed_window(self.per_second, SECOND),
        };
        server.latency(self.latency).says(says)
    }

    /// What one configures who has read the documentation, but does not know where a window begins.
    fn rate(self) -> Rate {
        Rate::per_second(self.per_second).burst(self.burst.unwrap_or(1))
    }

    /// The time of all calls at the rate alone, without the burst.
    fn even(self) -> Duration {
        SECOND * CALLS / self.per_second + self.latency
    }
}

/// Clients that do not know each other make all calls, each of their tasks one after the other.
async fn race(server: Limited, crowd: Crowd, policy: &Policy) -> Run {
    let left = Arc::new(AtomicU32::new(CALLS));
    let (start, mut tasks) = (Watch::start(), JoinSet::new());
    for client in 0..crowd.clients {
        let policies = Policies::builder().default_policy(policy.clone());
        let policies = policies.seed(SEED + u64::from(client)).build().unwrap();
        let client = before(&policies, server.clone());
        for _ in 0..crowd.tasks / crowd.clients {
            let (client, left) = (client.clone(), Arc::clone(&left));
            tasks.spawn(async move {
                let mut ok = 0;
                let next = |left: u32| left.checked_sub(1);
                let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
                while left.fetch_update(set, fetch, next).is_ok() {
                    ok += u32::from(status(&client, "https://api.test/items").await == 200);
                }
                ok
            });
        }
    }
    let ok = tasks.join_all().await.into_iter().sum();
    let (refused, took) = (server.refused(), start.elapsed());
    Run { ok, refused, took }
}

/// All calls of all crowds are ok, with so many refusals at most, and so much later than at the rate alone.
async fn promise(shapes: &[Shape], says: Says, crowds: &[Crowd], refused: u64, late: Duration) {
    for shape in shapes {
        for crowd in crowds {
            let run = race(shape.server(says), *crowd, &Policy::standard()).await;
            assert_eq!(run.ok, CALLS, "{crowd:?}, {shape:?}: {run:?}");
            // Whoever is under way already when the first refusal comes back cannot be held.
            let under_way = match shape.latency.is_zero() {
                true => 0,
                false => u64::from(crowd.tasks),
            };
            let most = refused + under_way;
            assert!(run.refused <= most, "{crowd:?}, {shape:?}: {run:?}");
            let latest = shape.even() + late;
            assert!(run.took <= latest, "{crowd:?}, {shape:?}: {run:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_configures_the_servers_rate_is_refused_three_times_at_most() {
    for shape in SHAPES {
        for crowd in ALONE {
            let policy = Policy::standard().rate_limit(shape.rate());
            let run = race(shape.server(Says::RetryAfter(1)), crowd, &policy).await;
            assert_eq!(run.ok, CALLS, "{crowd:?}, {shape:?}: {run:?}");
            assert!(run.refused <= 3, "{crowd:?}, {shape:?}: {run:?}");
            let most = shape.even() + 100 * MS;
            assert!(run.took <= most, "{crowd:?}, {shape:?}: {run:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_all_that_is_needed_for_every_call_to_be_ok() {
    promise(&SHAPES, Says::RetryAfter(1), &ALONE, 5, 5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn headers_are_all_that_is_needed_for_every_call_to_be_ok() {
    promise(&SHAPES, Says::RateLimit, &ALONE, 10, SECOND / 2).await;
}

#[tokio::test(start_paused = true)]
async fn refusals_that_say_nothing_are_learned_from() {
    // A crowd has to be refused for a limit to be seen, and it is tried again now and then.
    promise(
        &SHAPES,
        Says::Nothing,
        &ALONE,
        u64::from(CALLS) / 20,
        5 * SECOND,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn four_clients_that_do_not_know_each_other_leave_each_other_their_share() {
    let strangers = [16, 32, 64].map(|tasks| Crowd { clients: 4, tasks });
    let shapes = [bucket(500, 50, Duration::ZERO), FIXED];
    promise(&shapes, Says::RateLimit, &strangers, 45, 5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_503_that_says_for_how_long_is_learned_from_like_a_429() {
    // Its endpoint is closed for all, and whoever comes through is paced, too.
    for shape in [SHAPES[0], SHAPES[1], SHAPES[2], SHAPES[4]] {
        for crowd in ALONE {
            let server = shape.server(Says::RetryAfter(1));
            let server = server.refuses_with(StatusCode::SERVICE_UNAVAILABLE);
            let run = race(server, crowd, &Policy::standard()).await;
            assert_eq!(run.ok, CALLS, "{crowd:?}, {shape:?}: {run:?}");
            let under_way = if shape.latency.is_zero() {
                0
            } else {
                crowd.tasks
            };
            let most = u64::from(CALLS / 20 + under_way);
            assert!(run.refused <= most, "{crowd:?}, {shape:?}: {run:?}");
            let latest = shape.even() + 6 * SECOND;
            assert!(run.took <= latest, "{crowd:?}, {shape:?}: {run:?}");
        }
    }
}
