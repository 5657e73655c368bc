//! A configured rate that is the server's own, on real sockets and in real time: what two clocks that do not know each
//! other cost. 64 tasks make 3,000 calls against a bucket of 100/s burst 10 on this machine, which takes half a minute.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::{Policies, Policy};
use steadfast_testkit::{Received, Server, Step};

use super::figures::Figures;
use super::model::bucket::Bucket;
use super::model::bucket::Step as Rate;
use super::scenario::{Run, closed_loop_at, now};
use super::shape::Shape;

/// What is promised for our own goodput.
pub const GOODPUT: f64 = 0.99;

/// A client, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The name in the table.
    pub client: &'static str,
    /// Whether the promise holds for it.
    pub ours: bool,
    /// What came of it.
    pub figures: Figures,
}

/// A client with the shape's rate.
type Build = fn(&Shape) -> ClientWithMiddleware;

const SHAPE: Shape = Shape::ALL[0];
const TASKS: u32 = 64;

const CLIENTS: &[(&str, bool, Build)] = &[
    ("steadfast", true, ours),
    #[cfg(feature = "peer-reqwest-stack")]
    (
        "reqwest-retry (3) + governor",
        false,
        super::peers::limited_on_sockets,
    ),
];

/// All clients at once, each before a server of its own.
#[must_use]
pub fn measure(calls: u32) -> Vec<Measured> {
    let measure = |&(client, ours, build): &(_, _, Build)| Measured {
        client,
        ours,
        figures: run(build, calls).figures(),
    };
    thread::scope(|scope| {
        let running: Vec<_> = CLIENTS
            .iter()
            .map(|client| scope.spawn(move || measure(client)))
            .collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|measured| measured.expect("a run does not panic"))
            .collect()
    })
}

/// Markdown.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    let mut text = format!(
        "### {}, configured, on real sockets\n\n| client | ok | refusals in all | goodput | longest call |\n|---|---|---|---|---|\n",
        SHAPE.name
    );
    for one in measured {
        let figures = one.figures;
        text += &format!(
            "| {} | {:.2} % | {} | {:.3} | {:.2} s |\n",
            one.client,
            figures.ok * 100.0,
            figures.refused,
            figures.goodput,
            figures.max
        );
    }
    text.push('\n');
    text
}

/// Whether ours keeps its promise.
#[must_use]
pub fn holds(measured: &[Measured]) -> bool {
    let mut ours = measured.iter().filter(|one| one.ours);
    ours.all(|one| one.figures.ok >= 1.0 && one.figures.goodput >= GOODPUT)
}

fn run(build: Build, calls: u32) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime");
    runtime.block_on(async {
        let server = Server::start(bucket()).await;
        let start = now();
        let ended = closed_loop_at(&server.url("/"), [(build(&SHAPE), TASKS, calls)]).await;
        let took = now() - start;
        let ok = ended.iter().filter(|(_, ok)| *ok).count() as u64;
        let mut times: Vec<_> = ended.into_iter().map(|(time, _)| time).collect();
        times.sort_unstable();
        Run {
            calls: calls.into(),
            ok,
            refused: (server.requests() as u64).saturating_sub(ok),
            took,
            times,
            best: SHAPE.best(ok),
            arrivals: Vec::new(),
        }
    })
}

/// By the times at which requests were read.
fn bucket() -> Step {
    const STEPS: &[Rate] = &[Rate {
        from: Duration::ZERO,
        per_second: 100,
    }];
    let start = now();
    let bucket = Mutex::new(Bucket::new(STEPS, 10));
    Step::dynamic(move |request: &Received| {
        let arrived = request.at.saturating_duration_since(start);
        let mut bucket = bucket
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match bucket.rule(arrived).accepted {
            true => 200,
            false => 429,
        }
    })
}

fn ours(shape: &Shape) -> ClientWithMiddleware {
    let policies = Policies::builder()
        .default_policy(Policy::standard().rate_limit(shape.rate()))
        .build()
        .expect("the policy of a bench is valid");
    ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promise_holds_for_our_own_client_and_for_nobody_else() {
        let measured = |ours, ok, goodput| Measured {
            client: "one",
            ours,
            figures: Figures {
                ok,
                refused: 1.0,
                per_success: 0.0,
                goodput,
                p50: 0.0,
                max: 1.5,
            },
        };
        assert!(holds(&[
            measured(true, 1.0, GOODPUT),
            measured(false, 0.5, 0.1)
        ]));
        assert!(!holds(&[measured(true, 1.0, 0.989)]));
        assert!(!holds(&[measured(true, 0.999, 1.0)]));
        let table = table(&[measured(true, 1.0, 0.958)]);
        let row = "| one | 100.00 % | 1 | 0.958 | 1.50 s |";
        assert!(table.contains(row), "{table}");
    }
}
