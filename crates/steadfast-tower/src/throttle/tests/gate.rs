//! What a server closed stays closed for those whom it meant, and for no others.

use super::*;

fn refusing(status: u16, headers: &'static [(&str, &str)]) -> Server {
    Server::new(move |arrival, _| match arrival.id {
        0 => answer(status, headers),
        _ => answer(200, &[]),
    })
}

#[tokio::test(start_paused = true)]
async fn a_429_closes_for_the_same_credential_and_endpoint_alone() {
    let server = refusing(429, &[("retry-after", "2")]);
    let (origin, policy) = (Origin::new(), Policy::standard());
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    assert_eq!(one.get_as("a", 0).await, Ok(429));
    assert_eq!(one.get_as("b", 1).await, Ok(200), "another credential");
    assert_eq!(two.get_as("a", 2).await, Ok(200), "another endpoint");
    assert_eq!(clock::now(), server.start);
    let same = origin.endpoint("/one", &policy, &server);
    assert_eq!(same.get_as("a", 3).await, Ok(200));
    assert_eq!(server.times()[3..], [(3, 2_000)]);
}

#[tokio::test(start_paused = true)]
async fn without_a_gate_nobody_waits_because_another_was_refused() {
    let server = refusing(429, &[("retry-after", "2")]);
    let client = Client::new(&Policy::standard().without_gate(), &server);
    assert_eq!(client.get(0).await, Ok(429));
    assert_eq!(client.get(1).await, Ok(200));
    assert_eq!(clock::now(), server.start);
}

#[tokio::test(start_paused = true)]
async fn a_503_that_says_when_closes_the_endpoint_for_all_credentials_and_for_a_minute_at_most() {
    let server = refusing(503, &[("retry-after", "300")]);
    let policy = Policy::standard().retry_for(secs(3600));
    let origin = Origin::new();
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    assert_eq!(one.get_as("a", 0).await, Ok(503));
    assert_eq!(two.get_as("a", 1).await, Ok(200));
    assert_eq!(clock::now(), server.start);
    assert_eq!(one.get_as("b", 2).await, Ok(200));
    assert_eq!(server.times()[2..], [(2, 60_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_bare_503_closes_nothing() {
    let server = refusing(503, &[]);
    let client = Client::new(&Policy::standard(), &server);
    assert_eq!(client.get(0).await, Ok(503));
    assert_eq!(client.get(1).await, Ok(200));
    assert_eq!(clock::now(), server.start);
}

/// Those of one crowd are refused each with its own time: none opens what another one closed.
#[tokio::test(start_paused = true)]
async fn a_503_that_comes_later_opens_nothing_earlier() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(503, &[("retry-after", "20")]),
        1 => answer(503, &[("retry-after", "1")]),
        _ => answer(200, &[]),
    });
    let server = server.takes(ms(10));
    let client = Client::new(&Policy::standard(), &server);
    let slower = Client {
        server: server.clone().takes(ms(20)),
        ..client.clone()
    };
    let (one, other) = tokio::join!(client.get(0), slower.get(1));
    assert_eq!((one, other), (Ok(503), Ok(503)));
    client.get(2).await.unwrap();
    assert_eq!(server.times()[2..], [(2, 20_010)]);
}

#[tokio::test(start_paused = true)]
async fn endpoints_that_share_a_bucket_are_closed_together() {
    let server = Server::new(|arrival, count| {
        let bucket = if arrival.path == "/three" {
            "other"
        } else {
            "same"
        };
        match count {
            3 => answer(429, &[("retry-after", "2"), ("x-ratelimit-bucket", bucket)]),
            _ => answer(200, &[("x-ratelimit-bucket", bucket)]),
        }
    });
    let (origin, policy) = (Origin::new(), Policy::standard());
    let clients =
        ["/one", "/two", "/three"].map(|path| (path, origin.endpoint(path, &policy, &server)));
    let get = |index: usize, id| {
        let (path, client) = &clients[index];
        client.call(client.of(http::Request::get(*path).body(id).unwrap(), None))
    };
    for (index, id) in [(0, 0), (1, 1), (2, 2), (0, 3)] {
        get(index, id).await.unwrap();
    }
    let (_, third) = tokio::join!(get(1, 4), get(2, 5));
    third.unwrap();
    assert_eq!(server.times()[4..], [(5, 0), (4, 2_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_names_its_bucket_for_the_first_time_closes_that_bucket() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(429, &[("retry-after", "2"), ("x-ratelimit-bucket", "same")]),
        _ => answer(200, &[("x-ratelimit-bucket", "same")]),
    });
    let (origin, policy) = (Origin::new(), Policy::standard());
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    two.get(1).await.unwrap();
    one.get(0).await.unwrap();
    two.get(2).await.unwrap();
    assert_eq!(server.times()[2..], [(2, 2_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_global_refusal_closes_all_that_its_credential_does_and_nothing_else() {
    let global = &[("retry-after", "2"), ("x-ratelimit-global", "true")];
    let server = refusing(429, global);
    let (origin, policy) = (Origin::new(), Policy::standard());
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    two.get_as("a", 1).await.unwrap();
    assert_eq!(one.get_as("a", 0).await, Ok(429));
    assert_eq!(two.get_as("b", 2).await, Ok(200));
    assert_eq!(clock::now(), server.start);
    two.get_as("a", 3).await.unwrap();
    assert_eq!(server.times()[3..], [(3, 2_000)]);
}

/// The pacer of an endpoint is nobody's own, not even of those without a credential.
#[tokio::test(start_paused = true)]
async fn a_global_refusal_without_a_credential_closes_no_endpoint_for_others() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(503, &[("retry-after", "1")]),
        2 => answer(
            429,
            &[("retry-after", "20"), ("x-ratelimit-global", "true")],
        ),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    for id in 0..3 {
        client.get(id).await.unwrap();
    }
    assert_eq!(client.get_as("a", 3).await, Ok(200));
    assert_eq!(server.times()[3..], [(3, 1_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_global_refusal_opens_no_lane_earlier_that_was_closed_for_longer() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(429, &[("retry-after", "20")]),
        1 => answer(429, &[("retry-after", "1"), ("x-ratelimit-global", "true")]),
        _ => answer(200, &[]),
    });
    let (origin, policy) = (Origin::new(), Policy::standard());
    let one = origin.endpoint("/one", &policy, &server);
    let two = origin.endpoint("/two", &policy, &server);
    one.get(0).await.unwrap();
    two.get(1).await.unwrap();
    one.get(2).await.unwrap();
    assert_eq!(server.times()[2..], [(2, 20_000)]);
}
