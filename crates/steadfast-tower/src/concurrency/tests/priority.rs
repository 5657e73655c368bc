//! A batch gives way to a person, and does not starve.

use steadfast_core::Overlay;
use steadfast_core::Priority::{self, High, Low, Normal};
use steadfast_core::queue::AGEING;

use super::*;
use crate::call::Call;
use crate::context::Context;
use crate::judge::Judge;
use crate::scope::Scope;
use crate::{Reply, Transport};

type Layered = ConcurrencyLimit<Judge<Transport<Server>>>;
type Answer = JoinHandle<Result<Reply<Response>, Failure<std::io::Error>>>;

/// The layer between others: it is told which attempt a call is at.
struct Line {
    scope: Arc<Scope>,
    service: Layered,
    server: Server,
}

impl Line {
    fn new(concurrency: impl Into<Concurrency>) -> Self {
        let server = Server::new(&[200], 0);
        let policy = steadfast_core::Policy::standard().concurrency(concurrency);
        Self {
            scope: Arc::new(Scope::new(&policy).unwrap()),
            service: ConcurrencyLimit::new(Judge::new(Transport::new(server.clone()))),
            server,
        }
    }

    fn start(&self, priority: Priority, attempt: u32, id: u64) -> Answer {
        let overlay = Overlay::new().priority(priority);
        let context = Context::new(Arc::clone(&self.scope), Some(&overlay));
        let mut call = Call::new(http::Request::new(id), context);
        call.context.attempt = attempt;
        tokio::spawn(self.service.clone().oneshot(call))
    }

    /// Takes a place, unless it goes at once.
    async fn joins(&self, priority: Priority, attempt: u32, id: u64) -> Answer {
        let call = self.start(priority, attempt, id);
        settle().await;
        call
    }
}

async fn all(calls: Vec<Answer>) {
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_goes_before_a_batch_that_came_first() {
    let line = Line::new(1);
    let mut calls = Vec::new();
    for id in 0..5 {
        calls.push(line.joins(Low, 1, id).await);
    }
    for (priority, id) in [(Normal, 10), (High, 20), (Normal, 11), (High, 21)] {
        calls.push(line.joins(priority, 1, id).await);
    }
    all(calls).await;
    assert_eq!(line.server.log(), [0, 20, 21, 10, 11, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_first_in_its_class_alone() {
    let line = Line::new(1);
    let mut calls = vec![line.joins(Normal, 1, 0).await];
    for (priority, attempt, id) in [(Normal, 1, 1), (Low, 3, 2), (Normal, 2, 3), (High, 1, 4)] {
        calls.push(line.joins(priority, attempt, id).await);
    }
    all(calls).await;
    assert_eq!(line.server.log(), [0, 4, 3, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_has_aged_gets_every_fourth_turn() {
    let line = Line::new(1);
    let mut calls = Vec::new();
    // 50 ms each: people keep the limit busy for longer than a call takes to age.
    for id in 0..60 {
        calls.push(line.start(High, 1, id));
    }
    settle().await;
    for id in 100..103 {
        calls.push(line.joins(Low, 1, id).await);
    }
    let first = AGEING * 2;
    let people = u64::try_from(first.as_millis()).unwrap() / 50 + 20;
    for id in 60..people {
        calls.push(line.start(High, 1, id));
    }
    all(calls).await;
    let log = line.server.log();
    let turns = log.iter().enumerate().filter(|(_, id)| **id >= 100);
    let turns: Vec<_> = turns.map(|(turn, id)| (turn, *id)).collect();
    let (turn, _) = turns[0];
    assert_eq!(turns, [(turn, 100), (turn + 4, 101), (turn + 8, 102)]);
    // It reaches the class of people after 4 s: after 80 turns.
    assert!((80..=85).contains(&turn), "{turn}");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_of_a_batch_keeps_nobody_else_out() {
    let line = Line::new(Concurrency::fixed(1).max_queue(2));
    let mut calls = Vec::new();
    for id in 0..3 {
        calls.push(line.joins(Low, 1, id).await);
    }
    let refused = |call: Answer| async {
        match call.await.unwrap().map(|_| ()).unwrap_err().cause {
            Cause::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let full = Refusal::QueueFull { limit: 1, queue: 2 };
    assert_eq!(refused(line.start(Low, 1, 3)).await, full);
    calls.push(line.joins(Normal, 1, 10).await);
    calls.push(line.joins(Normal, 1, 11).await);
    assert_eq!(refused(line.start(Normal, 1, 12)).await, full);
    assert_eq!(line.scope.concurrency().unwrap().waiting, 4);
    all(calls).await;
    assert_eq!(line.server.log(), [0, 10, 11, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_from_anywhere_leaves_the_others_in_order() {
    let came = [(Low, 1, 1), (Normal, 1, 2), (High, 1, 3), (Normal, 2, 4)];
    let order = [3, 4, 2, 1];
    for (place, (.., gone)) in came.into_iter().enumerate() {
        let line = Line::new(1);
        let first = line.joins(Normal, 1, 0).await;
        let mut calls = Vec::new();
        for (priority, attempt, id) in came {
            calls.push(line.joins(priority, attempt, id).await);
        }
        let leaves = calls.remove(place);
        leaves.abort();
        assert!(leaves.await.unwrap_err().is_cancelled());
        assert_eq!(line.scope.concurrency().unwrap().waiting, 3);
        first.await.unwrap().unwrap();
        all(calls).await;
        let rest = order.into_iter().filter(|id| *id != gone);
        let expected: Vec<_> = [0].into_iter().chain(rest).collect();
        assert_eq!(line.server.log(), expected);
        let view = line.scope.concurrency().unwrap();
        assert_eq!((view.in_flight, view.waiting), (0, 0));
    }
}
