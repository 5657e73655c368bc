//! Quotas whose counts are in a store that takes its time.

use steadfast_core::{LimitScope, Quota};

use super::*;
use crate::quota::DEADLINE;
use crate::quota::tests::shelf::Shelf;

const HOUR: Duration = Duration::from_secs(3600);

fn over(shelf: &Shelf) -> Origin {
    Origin::over(QuotaBook::stored(Arc::new(shelf.clone()), DEADLINE))
}

fn policy(limit: u64) -> Policy {
    let each = Quota::per(limit, 24 * HOUR).scope(LimitScope::Credential);
    Policy::standard().quota([Quota::per(limit, 24 * HOUR), each])
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_waits_for_the_store_and_later_ones_do_not() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(ms(100));
    let client = over(&shelf).endpoint("/a", &policy(100), &server);
    for id in 0..3 {
        client.get(id).await.unwrap();
    }
    // Who the book is, and two quotas.
    assert_eq!(server.times(), [(0, 300), (1, 300), (2, 300)]);
    client.get_as("other", 3).await.unwrap();
    assert_eq!(
        server.times()[3],
        (3, 400),
        "a credential has a count of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_delays_each_call_by_its_deadline_at_most() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(HOUR);
    let origin = over(&shelf);
    let client = origin.endpoint("/a", &policy(100), &server);
    let crowd: Vec<_> = (0..20).map(|id| client.spawn(id)).collect();
    for call in crowd {
        assert_eq!(call.await.unwrap(), Ok(200));
    }
    assert!(server.times().iter().all(|(_, at)| *at == 1000));
    for id in 20..30 {
        client.get(id).await.unwrap();
        let other = origin.endpoint(&format!("/{id}"), &policy(100), &server);
        other.get_as(&id.to_string(), id).await.unwrap();
    }
    assert_eq!(server.count(), 40);
    assert!(server.times().iter().all(|(_, at)| *at == 1000));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_delays_nothing_and_the_quota_is_counted() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.breaks(true);
    let client = over(&shelf).endpoint("/a", &policy(3), &server);
    for id in 0..3 {
        client.get(id).await.unwrap();
    }
    assert!(matches!(
        client.get(3).await,
        Err(Refusal::QuotaUsedUp { .. })
    ));
    assert_eq!(server.times(), [(0, 0), (1, 0), (2, 0)]);
}

#[tokio::test(start_paused = true)]
async fn no_call_ends_because_of_a_store() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(HOUR);
    let client = over(&shelf).endpoint("/a", &policy(100), &server);
    assert_eq!(client.get_by(ms(100), 0).await, Ok(200));
    assert_eq!(server.times(), [(0, 50)], "half of its time is left");
}

#[tokio::test(start_paused = true)]
async fn what_was_used_before_is_used_and_a_restart_goes_on_counting() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(ms(100));
    for id in 0..3 {
        let origin = over(&shelf);
        let client = origin.endpoint("/a", &policy(3), &server);
        client.get(id).await.unwrap();
        origin.book.save().await.unwrap();
    }
    let client = over(&shelf).endpoint("/a", &policy(3), &server);
    assert!(matches!(
        client.get(3).await,
        Err(Refusal::QuotaUsedUp { .. })
    ));
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_takes_nothing() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(ms(100));
    let client = over(&shelf).endpoint("/a", &policy(1), &server);
    let mut dropped = Box::pin(client.get(0));
    assert!(poll_once(dropped.as_mut()).await.is_pending());
    tokio::time::sleep(ms(50)).await;
    assert!(poll_once(dropped.as_mut()).await.is_pending());
    drop(dropped);
    assert_eq!(client.get(1).await, Ok(200));
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_outlook_knows_what_the_store_knows() {
    let (shelf, server) = (Shelf::new(), Server::patient());
    shelf.takes(ms(100));
    let origin = over(&shelf);
    origin
        .endpoint("/a", &policy(1), &server)
        .get(0)
        .await
        .unwrap();
    origin.book.save().await.unwrap();
    let client = over(&shelf).endpoint("/a", &policy(1), &server);
    let request = http::Request::new(0_u64);
    client.scope.quotas_ready(&request).await;
    assert!(matches!(
        client.scope.outlook(&request),
        Err(Refusal::QuotaUsedUp { .. })
    ));
}
