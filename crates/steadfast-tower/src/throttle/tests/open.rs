//! How a gate opens again: to one first; and what is said to those who cannot wait for it.

use super::*;

/// Refuses until so many ms, in steps of 2 s.
fn closed_until(opens: u64) -> Server {
    Server::new(move |arrival, _| {
        if arrival.ms() < opens {
            answer(429, &[("retry-after", "2")])
        } else {
            answer(200, &[])
        }
    })
    .takes(ms(100))
}

async fn crowd(server: &Server) {
    let client = Client::new(&Policy::standard(), server);
    client.get(0).await.unwrap();
    let calls: Vec<_> = (1..=20).map(|n| client.spawn(n)).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

fn arrivals(server: &Server) -> Vec<u64> {
    server.times().into_iter().map(|(_, at)| at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_gate_opens_to_one_first_whose_success_releases_the_others() {
    let server = closed_until(2_000);
    crowd(&server).await;
    let arrivals = arrivals(&server);
    // The refusal came after 100 ms.
    assert_eq!(arrivals[..2], [0, 2_100]);
    assert!(arrivals[2..].iter().all(|at| *at >= 2_200), "{arrivals:?}");
    assert_eq!(arrivals.len(), 21);
}

#[tokio::test(start_paused = true)]
async fn the_refusal_of_the_one_that_goes_first_closes_it_again() {
    let server = closed_until(6_000);
    crowd(&server).await;
    let arrivals = arrivals(&server);
    assert_eq!(arrivals[..4], [0, 2_100, 4_200, 6_300]);
    assert!(arrivals[4..].iter().all(|at| *at >= 6_400), "{arrivals:?}");
    assert_eq!(arrivals.len(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_never_answered_is_not_waited_for_for_ever() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "2")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let never = Client {
        server: server.clone().takes(secs(1_000_000)),
        ..client.clone()
    };
    let _probe = never.spawn(1);
    settle().await;
    client.get(2).await.unwrap();
    assert_eq!(server.times()[1..], [(1, 2_000), (2, 4_000)]);
}

fn until(result: Result<u16, Refusal>, server: &Server) -> Duration {
    match result {
        Err(Refusal::GateClosed { wait }) => clock::now() + wait - server.start,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_wait_for_a_closed_gate_is_told_so_at_once() {
    let server = Server::new(|_, _| answer(429, &[("retry-after", "40")]));
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    // The time for retrying is 30 s.
    assert_eq!(until(client.get(1).await, &server), secs(40));
    assert_eq!(until(client.get_by(secs(39), 2).await, &server), secs(40));
    let overlay = Overlay::new().retry_for(secs(41));
    let patient = client.of(http::Request::new(3), Some(&overlay));
    assert_eq!(clock::now(), server.start);
    assert_eq!(client.call(patient).await, Ok(429));
    assert_eq!(server.times()[1..], [(3, 40_000)]);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_already_are_told_when_it_closes_for_longer() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "2")]),
        _ => answer(429, &[("retry-after", "10")]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let probe = client.spawn(1);
    settle().await;
    let waiting: Vec<_> = (0..3)
        .map(|id| tokio::spawn(client.get_by(secs(3), id)))
        .collect();
    assert_eq!(probe.await.unwrap(), Ok(429));
    for call in waiting {
        assert_eq!(until(call.await.unwrap(), &server), secs(12));
    }
    assert!(
        clock::now() - server.start < ms(2_010),
        "at once, not at their deadline"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_stood_before_a_rate_while_the_gate_closed_looks_back() {
    use steadfast_core::Rate;

    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(429, &[("retry-after", "5")]),
        _ => answer(200, &[]),
    });
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy, &server.clone().takes(ms(500)));
    let (first, second) = (client.spawn(0), client.spawn(1));
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    let (id, at) = server.times()[1];
    assert_eq!(id, 1);
    assert!((5_500..5_510).contains(&at), "{at}");
}
