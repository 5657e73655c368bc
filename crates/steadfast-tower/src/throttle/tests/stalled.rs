//! A future that nobody polls keeps no other waiting.

use steadfast_core::Rate;

use super::*;

type Stalled = Pin<Box<dyn Future<Output = Result<u16, Refusal>> + Send>>;

/// So many who joined the line, and are polled no more.
async fn stalled(client: &Client, count: u64) -> Vec<Stalled> {
    let mut stalled: Vec<Stalled> = Vec::new();
    for id in 0..count {
        let mut call: Stalled =
            Box::pin(client.call(client.of(http::Request::new(1000 + id), None)));
        assert!(poll_once(call.as_mut()).await.is_pending());
        stalled.push(call);
    }
    stalled
}

async fn used_up(rate: Rate) -> Client {
    let server = Server::patient();
    let client = Client::new(&Policy::standard().rate_limit(rate), &server);
    client.get(0).await.unwrap();
    client
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_keeps_no_other_waiting() {
    let client = used_up(Rate::per_second(1)).await;
    let stalled = stalled(&client, 1).await;
    let other = tokio::time::timeout(secs(10), client.get(1)).await;
    other.expect("it waits for its own time alone").unwrap();
    let (id, at) = client.server.times()[1];
    assert_eq!(id, 1);
    assert!((1_000..1_100).contains(&at), "{at}");
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_behind_a_stalled_one_later_looks_after_it() {
    let client = used_up(Rate::per_second(1)).await;
    let first = client.spawn(1);
    settle().await;
    let stalled = stalled(&client, 1).await;
    let behind = client.spawn(2);
    first.await.unwrap().unwrap();
    behind.await.unwrap().unwrap();
    let (id, at) = client.server.times()[2];
    assert_eq!(id, 2);
    assert!((2_000..2_100).contains(&at), "{at}");
    drop(stalled);
}

/// As the futures of a stream, when whoever takes from it does something else.
#[tokio::test(start_paused = true)]
async fn many_waiters_that_nobody_polls_keep_no_other_waiting() {
    for count in [2, 3, 10, 100] {
        let client = used_up(Rate::per_second(10).burst(1)).await;
        let stalled = stalled(&client, count).await;
        let others: Vec<_> = (1..=5).map(|id| client.spawn(id)).collect();
        for other in others {
            let other = tokio::time::timeout(secs(60), other).await;
            other.expect("others go").unwrap().unwrap();
        }
        let order: Vec<_> = client.server.log().iter().map(|one| one.id).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
        drop(stalled);
    }
}

#[tokio::test(start_paused = true)]
async fn many_waiters_that_nobody_polls_before_a_closed_gate_keep_no_other_waiting() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "2")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let stalled = stalled(&client, 5).await;
    let other = tokio::time::timeout(secs(10), client.get(1)).await;
    other.expect("it goes").unwrap();
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_stalled_has_its_place_again_when_it_is_polled() {
    let client = used_up(Rate::per_second(1)).await;
    let mut stalled = stalled(&client, 1).await.remove(0);
    client.get(1).await.unwrap();
    let behind = client.spawn(2);
    settle().await;
    assert_eq!(stalled.as_mut().await, Ok(200));
    behind.await.unwrap().unwrap();
    let order: Vec<_> = client.server.log().iter().map(|one| one.id).collect();
    assert_eq!(order, [0, 1, 1000, 2]);
}
