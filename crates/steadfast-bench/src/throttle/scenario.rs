//! Many calls at once against one server, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest_middleware::ClientWithMiddleware;
use steadfast_testkit::{Limited, Says};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::figures::Figures;
use super::shape::Shape;

/// What happens.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The server.
    pub shape: Shape,
    /// What it says about its limit.
    pub says: Says,
    /// How many percent of all requests it answers with a bare 503, whatever its limit.
    pub fails: u32,
    /// How many clients share the server without knowing each other.
    pub clients: u32,
    /// Tasks of all clients together, at least one for each; each takes the next call of its client until none is left.
    pub tasks: u32,
    /// Calls of all clients together.
    pub calls: u32,
    /// Where chance comes from. The client with number *n* gets this plus *n*.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Calls that were to be made.
    pub calls: u64,
    /// Calls that ended with a 200.
    pub ok: u64,
    /// Requests that the server answered with 429.
    pub refused: u64,
    /// From the first call's start to the last one's end.
    pub took: Duration,
    /// How long each call took that ended, shortest first.
    pub times: Vec<Duration>,
    /// The best possible time for the calls that were ok.
    pub best: Duration,
    /// When each request was counted by the server, and what it was answered: for whoever wants to see how it went.
    pub arrivals: Vec<(Duration, u16)>,
}

/// Who has not ended by then hangs: it would take longer than the slowest client by far.
const GIVEN_UP: Duration = Duration::from_secs(86_400);

impl Scenario {
    /// 3,000 calls in 64 tasks by one client, seed 1.
    #[must_use]
    pub fn new(shape: Shape, says: Says) -> Self {
        Self {
            shape,
            says,
            fails: 0,
            clients: 1,
            tasks: 64,
            calls: 3_000,
            seed: 1,
        }
    }
}

impl Run {
    /// What it looks like in a table.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let at = |n: usize| {
            self.times
                .get(n)
                .map_or(f64::NAN, |time| time.as_secs_f64())
        };
        Figures {
            ok: self.ok as f64 / self.calls.max(1) as f64,
            refused: self.refused as f64,
            per_success: self.refused as f64 / self.ok.max(1) as f64,
            // Where the best possible is no time at all, so is what it took, or all of it was wasted.
            goodput: match self.took.is_zero() {
                true => 1.0,
                false => self.best.as_secs_f64() / self.took.as_secs_f64(),
            },
            p50: at(self.times.len() / 2),
            max: at(self.times.len().saturating_sub(1)),
        }
    }
}

/// Plays a scenario. `client` puts a client with a seed before the server, once per client; nobody but the server may
/// answer.
///
/// # Panics
/// When a call does, or the system gives no runtime.
pub fn run(
    scenario: &Scenario,
    client: impl Fn(&Shape, Limited, u64) -> ClientWithMiddleware,
) -> Run {
    paused().block_on(async {
        let server = scenario.shape.server().says(scenario.says);
        let server = server.seldom_fails(scenario.fails, scenario.seed);
        let start = now();
        let clients = (0..scenario.clients).map(|n| {
            let seed = scenario.seed.wrapping_add(n.into());
            let client = client(&scenario.shape, server.clone(), seed);
            let tasks = part(scenario.tasks, scenario.clients, n);
            (client, tasks, part(scenario.calls, scenario.clients, n))
        });
        let ended = closed_loop(clients).await;
        summed_up(scenario, &server, ended, now() - start)
    })
}

/// A runtime whose clock jumps.
pub(super) fn paused() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime without I/O needs nothing that can be missing")
}

/// Clients, each with its tasks and its calls, at once. How long each call took, and whether it was ok.
pub(super) async fn closed_loop(
    clients: impl IntoIterator<Item = (ClientWithMiddleware, u32, u32)>,
) -> Vec<(Duration, bool)> {
    closed_loop_at("https://api.example.com/v1/items", clients).await
}

/// The same with another URL.
pub(super) async fn closed_loop_at(
    url: &str,
    clients: impl IntoIterator<Item = (ClientWithMiddleware, u32, u32)>,
) -> Vec<(Duration, bool)> {
    let mut running = JoinSet::new();
    for (client, tasks, all) in clients {
        let left = Arc::new(AtomicU32::new(all));
        for _ in 0..tasks {
            running.spawn(calls(client.clone(), url.to_owned(), Arc::clone(&left)));
        }
    }
    let mut ended = Vec::new();
    let joined = async {
        while let Some(task) = running.join_next().await {
            ended.extend(task.expect("a call does not panic"));
        }
    };
    // Whoever hangs shows in what is not ok, and does not hang the bench.
    let _ = timeout(GIVEN_UP, joined).await;
    ended
}

/// One task: the next call, until none is left. How long each took, and whether it was ok.
async fn calls(
    client: ClientWithMiddleware,
    url: String,
    left: Arc<AtomicU32>,
) -> Vec<(Duration, bool)> {
    let mut ended = Vec::new();
    let next = |left: u32| left.checked_sub(1);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
        .is_ok()
    {
        let start = now();
        let result = client.get(&url).send().await;
        let ok = result.is_ok_and(|response| response.status() == 200);
        ended.push((now() - start, ok));
    }
    ended
}

fn summed_up(
    scenario: &Scenario,
    server: &Limited,
    ended: Vec<(Duration, bool)>,
    took: Duration,
) -> Run {
    let ok = ended.iter().filter(|(_, ok)| *ok).count() as u64;
    let mut times: Vec<_> = ended.into_iter().map(|(time, _)| time).collect();
    times.sort_unstable();
    Run {
        calls: scenario.calls.into(),
        ok,
        refused: server.refused(),
        took,
        times,
        best: scenario.shape.best(ok),
        arrivals: server.arrivals(),
    }
}

/// The share of one client, so that all shares together are the whole.
fn part(whole: u32, clients: u32, n: u32) -> u32 {
    whole / clients + u32::from(n < whole % clients)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runtime's own clock, which is paused"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use reqwest_middleware::ClientBuilder;

    use super::*;
    use crate::throttle::client;

    fn bare(_: &Shape, server: Limited, _: u64) -> ClientWithMiddleware {
        ClientBuilder::new(reqwest::Client::new())
            .with(server)
            .build()
    }

    fn scenario() -> Scenario {
        Scenario {
            calls: 300,
            ..Scenario::new(Shape::ALL[4], Says::RetryAfter(1))
        }
    }

    #[test]
    fn a_client_that_does_nothing_gets_the_burst_and_what_came_meanwhile() {
        // Five rounds of 64 calls, 40 ms each, in which four tokens come: 10 + 4 x 4.
        let run = run(&scenario(), bare);
        assert_eq!((run.calls, run.ok, run.refused), (300, 26, 274));
        assert_eq!(run.took.as_millis(), 200);
        assert_eq!(run.arrivals[299], (Duration::from_millis(180), 429));
        let figures = run.figures();
        assert_eq!((figures.p50, figures.max), (0.04, 0.04));
        assert_eq!(figures.goodput, 1.0); // 16 tokens take 160 ms, and the last exchange 40
    }

    #[test]
    fn all_clients_together_make_all_calls_and_meet_one_server() {
        let scenario = Scenario {
            clients: 7,
            ..scenario()
        };
        let run = run(&scenario, bare);
        assert_eq!((run.times.len(), run.refused), (300, 300 - run.ok));
        assert_eq!(run.ok, 26);
    }

    #[test]
    fn calls_that_a_server_fails_are_not_ok() {
        let scenario = Scenario {
            fails: 100,
            ..scenario()
        };
        let run = run(&scenario, bare);
        assert_eq!((run.ok, run.refused), (0, 0));
    }

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let scenario = Scenario {
            says: Says::Nothing,
            ..scenario()
        };
        let play = |seed| run(&Scenario { seed, ..scenario }, client::unconfigured);
        assert_eq!(play(1), play(1));
        assert!(play(1).times.is_sorted());
        assert_ne!(play(1).times, play(2).times);
    }

    #[test]
    fn a_client_that_hangs_is_given_up() {
        /// Never answers.
        struct Silence;

        #[async_trait::async_trait]
        impl reqwest_middleware::Middleware for Silence {
            async fn handle(
                &self,
                _: reqwest::Request,
                _: &mut http::Extensions,
                _: reqwest_middleware::Next<'_>,
            ) -> reqwest_middleware::Result<reqwest::Response> {
                std::future::pending().await
            }
        }

        let silence = |_: &Shape, _, _| {
            ClientBuilder::new(reqwest::Client::new())
                .with(Silence)
                .build()
        };
        let run = run(&scenario(), silence);
        assert_eq!((run.ok, run.times.len()), (0, 0));
        assert_eq!(run.took, GIVEN_UP);
    }
}
