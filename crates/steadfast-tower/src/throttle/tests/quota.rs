//! A quota that is used up is never waited for.

use std::time::SystemTime;

use steadfast_core::Quota;
use steadfast_core::quota::QuotaWindow;

use super::*;

fn resets_in(result: Result<u16, Refusal>) -> Duration {
    match result {
        Err(Refusal::QuotaUsedUp {
            resets_at,
            left: 0,
            window: QuotaWindow::Day,
            wait,
            ..
        }) => {
            let wall = resets_at.duration_since(clock::wall()).unwrap();
            assert!(wait >= wall && wait - wall < secs(5));
            let day = resets_at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!(day.as_nanos() % secs(86_400).as_nanos(), 0, "midnight");
            wait
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_beyond_a_quota_fails_at_once_and_says_when_to_come_back() {
    let server = Server::patient();
    let client = Client::new(&Policy::standard().quota(Quota::per_day(3)), &server);
    for n in 0..3 {
        assert_eq!(client.get(n).await, Ok(200));
    }
    assert!(resets_in(client.get(3).await) <= secs(86_400));
    assert_eq!(clock::now(), server.start);
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_a_quota_is_spent_is_asked_no_more() {
    let server = Server::new(|_, _| answer(429, &[("x-ratelimit-remaining-day", "0")]));
    let client = Client::new(&Policy::standard().quota(Quota::per_day(1000)), &server);
    assert_eq!(client.get(0).await, Ok(429));
    resets_in(client.get(1).await);
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_quotas_are_taken_from_or_none() {
    let server = Server::patient();
    let quotas = [Quota::per_month(100), Quota::per_day(1)];
    let client = Client::new(&Policy::standard().quota(quotas), &server);
    client.get(0).await.unwrap();
    for n in 0..200 {
        assert!(
            resets_in(client.get(n).await) > Duration::ZERO,
            "the month's is not spent"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_of_one_endpoint_are_counted_together_and_of_others_apart() {
    let server = Server::patient();
    let policy = Policy::standard().quota(Quota::per_day(1));
    let origin = Origin::new();
    origin
        .endpoint("/one", &policy, &server)
        .get(0)
        .await
        .unwrap();
    resets_in(origin.endpoint("/one", &policy, &server).get(1).await);
    origin
        .endpoint("/two", &policy, &server)
        .get(2)
        .await
        .unwrap();
}
