//! The limit in the standard stack, with retries around it.

use steadfast_core::budget::Price;
use steadfast_core::{BudgetConfig, Policy, Stop};

use super::*;
use crate::scope::Scope;
use crate::{CloneReplay, Entry, NoLayer, Own, ReplayBody, Stack, stack};

type Standard = Entry<Stack<CloneReplay, NoLayer, NoLayer, Server>>;

impl ReplayBody for u64 {
    fn replay(&self) -> Option<Self> {
        Some(*self)
    }
}

fn standard(policy: &Policy, server: &Server) -> (Arc<Scope>, Standard) {
    let scope = Arc::new(Scope::new(policy).unwrap());
    let stack = stack(CloneReplay, &Own::<NoLayer>::default(), server.clone());
    (Arc::clone(&scope), Entry::new(scope, stack))
}

fn counts(scope: &Scope) -> (u32, u32, usize) {
    let view = scope.concurrency().unwrap();
    (view.in_flight, view.unread, view.waiting)
}

#[tokio::test(start_paused = true)]
async fn a_call_never_waits_for_a_permit_that_it_holds_itself() {
    // Human bodies that are read in the wait, and long ones that are given up.
    for chunks in [0, 1, 100_000] {
        let server = Server::new(&[503, 502, 200], chunks);
        let policy = Policy::standard().concurrency(1);
        let (scope, service) = standard(&policy, &server);
        let start = clock::now();
        let response = service.oneshot(http::Request::new(0)).await.unwrap();
        assert_eq!(response.status(), 200, "{chunks}");
        assert_eq!(server.log().len(), 3);
        assert!(clock::now() - start < Duration::from_secs(5));
        drop(response);
        assert_eq!(counts(&scope), (0, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_the_budget_has_no_permit() {
    // What is short is read to its end, and what is too long stays unread.
    for chunks in [0, 1, 1000, 100_000] {
        waits_for_the_budget(chunks).await;
    }
}

async fn waits_for_the_budget(chunks: u64) {
    let server = Server::new(&[503, 200], chunks);
    let budget = BudgetConfig::new(0, 100, 1).unwrap();
    let policy = Policy::patient().budget(budget).concurrency(1);
    let (scope, service) = standard(&policy, &server);
    // The one token that there is goes to another one.
    let token = scope.take_token(clock::now(), Price::Token);
    let token = token.unwrap();
    token.spend();
    let call = tokio::spawn(service.clone().oneshot(http::Request::new(0)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.log(), [0]);
    assert_eq!(counts(&scope), (0, 0, 0));
    let response = call.await.unwrap().unwrap();
    assert_eq!(
        (response.status().as_u16(), server.log()),
        (200, vec![0, 0])
    );
    let record = response.extensions().get::<Record>().unwrap();
    assert_eq!(record.queued(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_gets_no_turn_returns_what_the_last_attempt_brought() {
    let server = Server::new(&[502, 200], 1);
    let policy = Policy::standard().concurrency(Concurrency::fixed(1).max_wait(ms(100)));
    let (scope, service) = standard(&policy, &server);
    let call = tokio::spawn(service.clone().oneshot(http::Request::new(0)));
    // It comes in between, and is not read.
    tokio::time::sleep(ms(51)).await;
    let other = service.oneshot(http::Request::new(1)).await.unwrap();
    let response = call.await.unwrap().unwrap();
    assert_eq!(response.status(), 502);
    let record = response.extensions().get::<Record>().unwrap();
    assert!(
        matches!(
            record.stop(),
            Stop::Refused(Refusal::ConcurrencyLimited { unread: 1, .. })
        ),
        "{record}"
    );
    assert_eq!(record.queued(), ms(100));
    drop(other);
    assert_eq!(counts(&scope), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_wait_for_a_permit() {
    let server = Server::new(&[200], 1);
    let policy = Policy::standard().deadline(ms(400)).concurrency(1);
    let (_, service) = standard(&policy, &server);
    let unread = service
        .clone()
        .oneshot(http::Request::new(0))
        .await
        .unwrap();
    let start = clock::now();
    let refused = service.oneshot(http::Request::new(1)).await;
    assert!(matches!(
        refusal(refused),
        Refusal::ConcurrencyLimited { .. }
    ));
    assert_eq!(clock::now() - start, ms(400));
    drop(unread);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_is_counted() {
    let server = Server::new(&[200], 1);
    let (scope, service) = standard(&Policy::standard(), &server);
    let response = service.oneshot(http::Request::new(0)).await.unwrap();
    assert!(scope.concurrency().is_none());
    assert!(response.extensions().get::<Record>().is_none());
}
