//! Whoever would wait too long is refused at once, and told when it could go.

use proptest::prelude::*;
use steadfast_core::queue::Rank;
use steadfast_core::{Priority, Rate};

use super::*;

fn wait_of(result: Result<u16, Refusal>) -> Option<Duration> {
    match result {
        Ok(_) => None,
        Err(Refusal::RateLimited { wait }) => Some(wait),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_too_long_is_refused_at_once() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(2).burst(1));
    let client = Client::new(&policy.max_wait(secs(1)), &server);
    let calls: Vec<_> = (0..5).map(|n| client.spawn(n)).collect();
    settle().await;
    // One goes at once, two wait 0.5 and 1 s; whoever comes then would have to wait 1.5 s.
    let (waiting, refused): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|call| !call.is_finished());
    assert_eq!((waiting.len(), refused.len()), (2, 3));
    assert_eq!(clock::now(), server.start);
    let mut waits = Vec::new();
    for call in refused {
        waits.extend(wait_of(call.await.unwrap()));
    }
    assert_eq!(waits, [ms(1500), ms(1500)]);
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    assert!(clock::now() - server.start < ms(1010));
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_behind_too_many_is_refused_at_once() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy.max_queue(3), &server);
    let calls: Vec<_> = (0..4).map(|n| client.spawn(n)).collect();
    settle().await;
    assert_eq!(client.line().len(), 3);
    let refused = client.get(4).await;
    assert_eq!(clock::now(), server.start);
    assert_eq!(wait_of(refused), Some(secs(4)));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(client.get(5).await, Ok(200), "there is room again");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_comes_before_the_turn_refuses_at_once() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy, &server);
    client.get(0).await.unwrap();
    assert_eq!(wait_of(client.get_by(ms(999), 1).await), Some(secs(1)));
    assert_eq!(clock::now(), server.start);
    assert_eq!(client.get_by(secs(1), 2).await, Ok(200));
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_rate() {
    use tower::Layer;

    let layer = ThrottleLayer::with_max_wait(Rate::per_second(2), Duration::ZERO).unwrap();
    let transport =
        tower::service_fn(|_: Request| async { Ok::<_, std::io::Error>(answer(200, &[])) });
    for _ in 0..2 {
        let response = layer.layer(transport).oneshot(Request::new(0)).await;
        assert_eq!(response.unwrap().status(), 200);
    }
    let refused = layer
        .layer(transport)
        .oneshot(Request::new(0))
        .await
        .unwrap_err();
    assert!(matches!(
        refused.cause,
        Cause::Refused(Refusal::RateLimited { .. })
    ));
    tokio::time::advance(ms(500)).await;
    layer
        .layer(transport)
        .oneshot(Request::new(0))
        .await
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(64)))]

    /// Refused with "in w": whoever comes back w later, with nobody else about, is admitted at once.
    #[test]
    fn a_refusal_is_admitted_exactly_when_it_said(
        windows in prop::collection::vec((1_u64..5_000, 4_u32..20), 1..4),
        costs in prop::collection::vec(1_u32..5, 1..60),
        pauses in prop::collection::vec(0_u64..500, 60),
    ) {
        in_paused_time(async {
            let rates = windows.iter().map(|(interval, burst)| {
                Rate::per(1, ms(*interval)).burst(*burst)
            });
            let rates: Vec<_> = rates.collect();
            let policy = Policy::standard().rate_limit(rates).max_wait(Duration::ZERO);
            let client = Client::new(&policy, &Server::patient());
            for (cost, pause) in costs.into_iter().zip(pauses) {
                tokio::time::advance(ms(pause)).await;
                let Some(wait) = wait_of(client.spawn_costly(cost, 0).await.unwrap()) else {
                    continue;
                };
                tokio::time::advance(wait - Duration::from_nanos(1)).await;
                let early = wait_of(client.spawn_costly(cost, 0).await.unwrap());
                assert_eq!(early, Some(Duration::from_nanos(1)));
                tokio::time::advance(Duration::from_nanos(1)).await;
                let right = wait_of(client.spawn_costly(cost, 0).await.unwrap());
                assert_eq!(right, None);
            }
        });
    }

    /// Also whoever would have to stand behind others is told its time: that of one that does stand there.
    #[test]
    fn a_refusal_reckons_with_those_ahead(
        interval in 1_u64..500,
        burst in 5_u32..20,
        costs in prop::collection::vec(1_u32..5, 1..30),
    ) {
        in_paused_time(async {
            let rate = Rate::per(1, ms(interval)).burst(burst);
            let client = Client::new(&Policy::standard().rate_limit(rate), &Server::patient());
            let mut calls = Vec::new();
            for cost in &costs {
                calls.push(client.spawn_costly(*cost, 0));
                settle().await;
            }
            let line = client.line();
            let ahead = line.ahead(Rank::new(Priority::Normal, 0));
            let told = line.limiter.earliest(clock::now(), 5, ahead.cost);
            calls.push(client.spawn_costly(5, 1));
            for call in calls {
                call.await.unwrap().unwrap();
            }
            let went = client.server.start + client.server.log().last().unwrap().at;
            assert!(went >= told);
            // A timer is late by up to 1 ms.
            assert!(went - told <= ms(2), "{:?}", went - told);
        });
    }
}
