//! Several windows at once, and requests that are not alike.

use proptest::prelude::*;
use steadfast_core::{InvalidPolicy, LimitScope, Rate};

use super::*;

#[tokio::test(start_paused = true)]
async fn several_windows_hold_together() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit([Rate::per_second(10), Rate::per_minute(20)]);
    let client = Client::new(&policy, &server);
    let calls: Vec<_> = (0..30).map(|n| client.spawn(n)).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    for (n, (id, at)) in (0_u64..).zip(server.times()) {
        assert_eq!(id, n);
        // Ten at once and then ten per second, until the twenty of the minute are used up.
        let turn = (n.saturating_sub(9) * 100).max(n.saturating_sub(19) * 3_000);
        assert!((turn..turn + 40).contains(&at), "{n} at {at}, not {turn}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_window_gave_goes_back_when_the_other_refuses() {
    let server = Server::patient();
    let hour = Duration::from_secs(3600);
    let rates = [Rate::per(1, hour).burst(5), Rate::per_second(1).burst(1)];
    let policy = Policy::standard()
        .rate_limit(rates)
        .max_wait(Duration::ZERO);
    let client = Client::new(&policy, &server);
    assert_eq!(client.get(0).await, Ok(200));
    for n in 0..100 {
        assert!(matches!(
            client.get(n).await,
            Err(Refusal::RateLimited { .. })
        ));
    }
    for n in 1..5 {
        tokio::time::advance(secs(1)).await;
        assert_eq!(client.get(n).await, Ok(200), "the refusals took nothing");
    }
    tokio::time::advance(secs(1)).await;
    assert!(client.get(5).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn rates_of_several_scopes_hold_together_and_one_is_shared_at_its_origin() {
    let server = Server::patient();
    let shared = Rate::per_second(1).burst(3).scope(LimitScope::Origin);
    let policy = Policy::standard().rate_limit([Rate::per_second(1).burst(2), shared]);
    let policy = policy.max_wait(Duration::ZERO);
    let origin = Origin::new();
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    assert_eq!(one.get(0).await, Ok(200));
    assert_eq!(one.get(1).await, Ok(200));
    assert!(one.get(2).await.is_err(), "its own two are used up");
    assert_eq!(two.get(3).await, Ok(200));
    assert!(two.get(4).await.is_err(), "the three of the origin are");
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_each_credential_limits_that_one_alone() {
    let server = Server::patient();
    let rate = Rate::per_second(1).scope(LimitScope::Credential);
    let policy = Policy::standard().rate_limit(rate).max_wait(Duration::ZERO);
    let client = Client::new(&policy, &server);
    assert_eq!(client.get_as("a", 0).await, Ok(200));
    assert!(client.get_as("a", 1).await.is_err());
    assert_eq!(client.get_as("b", 2).await, Ok(200));
}

#[tokio::test(start_paused = true)]
async fn a_cost_takes_as_many_cells_as_it_says() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(10));
    let client = Client::new(&policy, &server);
    for (id, cost) in [(0, 7), (1, 5), (2, 1)] {
        client.spawn_costly(cost, id).await.unwrap().unwrap();
    }
    // Seven of ten at once; the five wait for two more, the last one for another.
    assert_eq!(server.times(), [(0, 0), (1, 200), (2, 300)]);
}

#[tokio::test(start_paused = true)]
async fn a_cost_that_no_burst_can_bear_is_refused_at_once_and_costs_nothing() {
    let server = Server::patient();
    let rates = [Rate::per_second(10), Rate::per_minute(4)];
    let client = Client::new(&Policy::standard().rate_limit(rates), &server);
    let refused = client.spawn_costly(5, 0).await.unwrap();
    assert_eq!(refused, Err(Refusal::CostTooHigh { cost: 5, burst: 4 }));
    assert_eq!(client.spawn_costly(4, 1).await.unwrap(), Ok(200));
    assert_eq!(clock::now(), server.start);
}

#[tokio::test(start_paused = true)]
async fn what_costs_nothing_never_waits() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_minute(1));
    let client = Client::new(&policy, &server);
    client.get(0).await.unwrap();
    for n in 1..100 {
        client.spawn_costly(0, n).await.unwrap().unwrap();
    }
    assert_eq!(clock::now(), server.start);
}

#[tokio::test(start_paused = true)]
async fn a_closure_says_what_a_request_costs() -> Result<(), InvalidPolicy> {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(10));
    let policy = policy.cost_of(|request| match request.url.path {
        "/batch" => 10,
        "/free" => 0,
        _ => 1,
    });
    policy.prepare()?;
    let client = Client::new(&policy, &server);
    for (id, path) in [(0, "/batch"), (1, "/free"), (2, "/one")] {
        let request = http::Request::get(path).body(id).unwrap();
        client.call(client.of(request, None)).await.unwrap();
    }
    assert_eq!(server.times(), [(0, 0), (1, 0), (2, 100)]);
    Ok(())
}

/// For all from one arrival to another: as a server counts that fills a bucket.
fn assert_never_exceeded(arrivals: &[(Duration, u32)], interval: Duration, burst: u32) {
    for (index, (from, _)) in arrivals.iter().enumerate() {
        let mut sum = 0;
        for (to, cost) in &arrivals[index..] {
            sum += cost;
            let most = interval * burst + (*to - *from);
            assert!(interval * sum <= most, "{sum} in {:?}", *to - *from);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(64)))]

    #[test]
    fn no_window_is_ever_exceeded(
        windows in prop::collection::vec((1_u64..300, 4_u32..20), 1..4),
        calls in prop::collection::vec((0_u64..200, 0_u32..5, prop::option::weighted(0.3, 0_u64..500)), 1..60),
    ) {
        in_paused_time(async {
            let rates = windows.iter();
            let rates = rates.map(|(interval, burst)| Rate::per(1, ms(*interval)).burst(*burst));
            let policy = Policy::standard().rate_limit(rates.collect::<Vec<_>>());
            let client = Client::new(&policy, &Server::patient());
            let mut tasks = Vec::new();
            for (pause, cost, patience) in calls {
                tokio::time::sleep(ms(pause)).await;
                let overlay = Overlay::new().cost(cost);
                let call = client.of(http::Request::new(u64::from(cost)), Some(&overlay));
                let call = client.call(call);
                let patience = ms(patience.unwrap_or(1_000_000));
                tasks.push(tokio::spawn(tokio::time::timeout(patience, call)));
            }
            for task in tasks {
                let _ = task.await.unwrap();
            }
            let arrivals = client.server.log();
            let arrivals = arrivals.iter().map(|one| (one.at, u32::try_from(one.id).unwrap()));
            let arrivals: Vec<_> = arrivals.collect();
            for (interval, burst) in windows {
                assert_never_exceeded(&arrivals, ms(interval), burst);
            }
        });
    }
}
