//! A call may be dropped at any point and leaves nothing behind: no budget spent on what was never sent, no place in
//! a queue, no task, no connection that nobody can use.
//!
//! The calls here do all there is to do: wait for a rate, wait for a service that is not ready, send, wait for hints
//! while a refused body drips, read a dripping body to its end. They are dropped after every number of polls, and at
//! many moments.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use reqwest::{Client, Request};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::policy::BudgetConfig;
use steadfast::prelude::*;
use steadfast::{ErrorKind, Policies, Policy, Rate};
use steadfast_testkit::{Server, StatusExt, Step, script, virtual_time};
use steadfast_tower::{CloneReplay, Entry, NoLayer, Own, Scope, stack};
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tower::{Service, ServiceExt};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// How long the transport takes to be ready for a request.
const UNREADY: Duration = Duration::from_millis(300);

const BUDGET: u32 = 10;

#[expect(clippy::disallowed_methods, reason = "tests read the virtual clock")]
fn now() -> Instant {
    Instant::now()
}

/// A reqwest client that takes a while to be ready, and knows what it was given when.
#[derive(Debug)]
struct Slow {
    client: Client,
    sent: Arc<Mutex<Vec<Instant>>>,
    ready: Option<Pin<Box<Sleep>>>,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            sent: Arc::clone(&self.sent),
            ready: None,
        }
    }
}

impl Service<Request> for Slow {
    type Response = reqwest::Response;
    type Error = reqwest::Error;
    type Future = <Client as Service<Request>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        let ready = self.ready.get_or_insert_with(|| Box::pin(sleep(UNREADY)));
        ready!(ready.as_mut().poll(cx));
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.ready = None;
        self.sent.lock().unwrap().push(now());
        self.client.call(request)
    }
}

/// The standard stack over that, with all that calls can leave behind in sight.
struct Rig {
    server: Server,
    transport: Slow,
    scope: Arc<Scope>,
}

impl Rig {
    async fn start() -> Self {
        let dripping = script![
            503.retry_after(2).body_len(3_000).drip(1_000, SECOND / 2),
            reset,
            429.retry_after(1).body_len(200_000),
            200.body_len(50).chunked().drip(10, SECOND / 2),
        ];
        let server = Server::builder()
            .on("/dropped", dripping)
            .on("/next", 200)
            .start()
            .await;
        let policy = Policy::standard()
            .attempts(4)
            .budget(BudgetConfig::new(0, 0, BUDGET).unwrap())
            .rate_limit(Rate::per_second(1).burst(1))
            .buffer(1 << 20);
        let transport = Slow {
            client: Client::new(),
            sent: Arc::default(),
            ready: None,
        };
        Self {
            server,
            transport,
            scope: Arc::new(Scope::new(&policy).unwrap()),
        }
    }

    fn call(&self, path: &str) -> impl Future<Output = reqwest::Response> + use<> {
        let service = Entry::new(
            Arc::clone(&self.scope),
            stack(
                CloneReplay,
                &Own::<NoLayer>::default(),
                self.transport.clone(),
            ),
        );
        let request = self.transport.client.get(self.server.url(path));
        let request = request.build().unwrap();
        async { service.oneshot(request).await.unwrap() }
    }

    fn sent(&self) -> Vec<Instant> {
        self.transport.sent.lock().unwrap().clone()
    }

    /// Everything is as if what was not sent had never been thought of.
    async fn check(self, context: &str) {
        let (sent, dropped_at) = (self.sent(), now());
        // A retry after the 429 is free: the rate paces it.
        let paid = sent.len().saturating_sub(1).min(2) as f64;
        let left = self.scope.budget_left(dropped_at.into_std()).unwrap();
        assert_eq!(left, f64::from(BUDGET) - paid, "{context}: tokens");

        let next = self.call("/next").await;
        assert_eq!(next.status(), 200);
        drop(next);
        let earliest = sent
            .last()
            .map_or(dropped_at, |last| *last + SECOND - UNREADY);
        let expected = earliest.max(dropped_at) + UNREADY;
        let served = self.sent()[sent.len()];
        let near = expected..=expected + 2 * MILLISECOND;
        assert!(
            near.contains(&served),
            "{context}: {:?} late",
            served - expected
        );

        sleep(SECOND).await;
        let open = self.server.open_connections();
        assert!(
            open <= 1,
            "{context}: {open} connections, of which one is in use"
        );
        drop(self.transport);
        self.server.stop().await;
        sleep(MILLISECOND).await;
        let tasks = Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 0, "{context}: tasks");
    }
}

/// Polls a future so many times at most, and drops it.
async fn polls<F: Future>(future: F, most: usize) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), most);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left <= 1 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[test]
fn a_call_that_is_dropped_after_any_number_of_polls_leaves_nothing() {
    let runtime = virtual_time();
    for most in 1.. {
        let complete = runtime.block_on(async {
            let rig = Rig::start().await;
            let response = polls(rig.call("/dropped"), most).await;
            let complete = response.is_some();
            drop(response);
            rig.check(&format!("after {most} polls")).await;
            complete
        });
        if complete {
            assert!(most > 20, "{most} polls are too few to tell");
            return;
        }
    }
}

#[test]
fn a_call_that_a_timeout_drops_at_any_moment_leaves_nothing() {
    let runtime = virtual_time();
    for step in 0.. {
        let moment = step * 90 * MILLISECOND;
        let complete = runtime.block_on(async {
            let rig = Rig::start().await;
            let response = timeout(moment, rig.call("/dropped")).await;
            let complete = response.is_ok();
            drop(response);
            rig.check(&format!("after {moment:?}")).await;
            complete
        });
        if complete {
            assert!(moment > 5 * SECOND, "{moment:?} are too few to tell");
            return;
        }
    }
}

#[test]
fn a_call_that_loses_in_a_select_leaves_nothing() {
    virtual_time().block_on(async {
        for millis in [100, 700, 1_500, 3_100] {
            let rig = Rig::start().await;
            tokio::select! {
                biased;
                () = sleep(millis * MILLISECOND) => {}
                response = rig.call("/dropped") => panic!("{response:?} before {millis} ms"),
            }
            rig.check(&format!("lost after {millis} ms")).await;
        }
    });
}

#[test]
fn an_aborted_task_leaves_nothing() {
    virtual_time().block_on(async {
        for millis in [100, 700, 1_500, 3_100] {
            let rig = Rig::start().await;
            let task = tokio::spawn(rig.call("/dropped"));
            sleep(millis * MILLISECOND).await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            rig.check(&format!("aborted after {millis} ms")).await;
        }
    });
}

// ===== a wrapped client =====

fn wrapped(policy: Policy) -> ClientWithMiddleware {
    let builder = Policies::builder().default_policy(policy).seed(7);
    builder.build().unwrap().wrap(Client::new())
}

#[test]
fn twenty_calls_dropped_in_their_waits_leave_the_one_token_to_the_next() {
    virtual_time().block_on(async {
        // Without a gate, or the first `Retry-After` would keep the others from being sent.
        let policy = Policy::standard().without_gate();
        let client = wrapped(policy.budget(BudgetConfig::new(0, 0, 1).unwrap()));
        let server = Server::builder()
            .on("/dropped", 503.retry_after(10).body_len(3_000))
            .on("/next", script![503, 200])
            .start()
            .await;
        for n in 0..20 {
            let call = client.get(server.url("/dropped")).send();
            assert!(timeout((n + 1) * SECOND / 3, call).await.is_err());
        }
        assert_eq!(server.requests_to("/dropped"), 20);
        let next = client.get(server.url("/next")).send().await.unwrap();
        assert_eq!(next.status(), 200, "{}", next.record());
        drop(next);
        assert_eq!(server.connections(), 1, "each was drained, and used again");
    });
}

#[test]
fn a_refused_body_that_still_drips_goes_with_its_connection() {
    virtual_time().block_on(async {
        let refusal: Step = 503.retry_after(10).body_len(1_000).drip(10, SECOND);
        let server = Server::start(script![refusal, 200]).await;
        let client = wrapped(Policy::standard());
        let call = client.get(server.url("/")).send();
        assert!(timeout(5 * SECOND, call).await.is_err());
        sleep(2 * SECOND).await;
        assert_eq!(server.open_connections(), 0);
        assert_eq!(
            client.get(server.url("/")).send().await.unwrap().status(),
            200
        );
    });
}

// ===== the queue =====

/// Calls that stand in line for one request a second, and when each of them arrived.
fn line(server: &Server, policy: Policy) -> impl Fn(&str) -> tokio::task::JoinHandle<Arrived> {
    let (client, server) = (wrapped(policy), server.url(""));
    let start = now();
    move |path| {
        let request = client.get(format!("{server}{path}"));
        tokio::spawn(async move { request.send().await.map(|_| (now() - start).as_secs()) })
    }
}

type Arrived = reqwest_middleware::Result<u64>;

#[test]
fn who_leaves_the_queue_gives_the_place_to_those_behind() {
    virtual_time().block_on(async {
        for leaver in [1, 2] {
            let server = Server::start(200).await;
            let call = line(&server, Policy::standard().rate_limit(Rate::per_second(1)));
            let mut waiting = Vec::new();
            for path in ["a", "b", "c", "d"] {
                waiting.push(call(path));
                sleep(MILLISECOND).await;
            }
            sleep(SECOND / 2).await;
            waiting.remove(leaver).abort();
            let mut served = Vec::new();
            for call in waiting {
                served.push(call.await.unwrap().unwrap());
            }
            assert_eq!(served, [0, 1, 2], "without number {leaver}");
        }
    });
}

#[test]
fn who_left_the_queue_does_not_count_for_the_longest_wait() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policy = Policy::standard().rate_limit(Rate::per_second(1));
        let call = line(&server, policy.max_wait(3 * SECOND / 2));
        let first = call("a");
        sleep(MILLISECOND).await;
        let leaver = call("b");
        sleep(MILLISECOND).await;
        let error = call("c").await.unwrap().unwrap_err();
        assert_eq!(steadfast::Error::from(error).kind(), ErrorKind::RateLimited);
        leaver.abort();
        assert_eq!(call("d").await.unwrap().unwrap(), 1);
        assert_eq!(first.await.unwrap().unwrap(), 0);
        assert_eq!(server.requests(), 2);
    });
}
