//! An origin that speaks of no limit costs nothing, and whatever passes by, memory is bounded.

use steadfast_core::{Pacing, Rate};

use super::super::known::LimitKey;
use super::*;

async fn quiet() -> (Client, Server) {
    let server = Server::new(|arrival, _| match arrival.id {
        1 => answer(429, &[]),
        2 => answer(200, &[("ratelimit", "\"default\";r=50;t=30")]),
        3 => answer(200, &[("x-ratelimit-remaining", "7")]),
        _ => answer(200, &[("content-type", "text/plain")]),
    });
    let client = Client::new(&Policy::standard(), &server);
    for _ in 0..127 {
        client.get(0).await.unwrap();
        assert!(!client.pacers().is_quiet());
    }
    client.get(0).await.unwrap();
    assert!(client.pacers().is_quiet());
    (client, server)
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_speaks_of_no_limit_is_quiet_until_it_does() {
    for sign in 1..=3 {
        let (client, _) = quiet().await;
        client.get(sign).await.unwrap();
        assert!(!client.pacers().is_quiet(), "{sign}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_thousand_plain_answers_the_first_429_keeps_all_others_of_its_scope_waiting() {
    let server = Server::new(|_, count| match count {
        1_000 => answer(429, &[("retry-after", "2")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    for _ in 0..1_000 {
        client.get(0).await.unwrap();
    }
    assert_eq!(client.get(1).await, Ok(429));
    let others: Vec<_> = (2..6).map(|id| client.spawn(id)).collect();
    for other in others {
        assert_eq!(other.await.unwrap(), Ok(200));
    }
    let late = &server.times()[1_001..];
    assert!(late.iter().all(|(_, at)| *at >= 2_000), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn after_silence_the_first_advertised_limit_is_heard() {
    let server = Server::new(|_, count| match count {
        1_000 => answer(200, &[("ratelimit", "\"default\";r=1;t=30")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    for _ in 0..=1_000 {
        client.get(0).await.unwrap();
    }
    let views = client.pacers().views();
    assert_eq!(views.last().unwrap().0.remaining, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_lane_with_something_to_heed_never_gets_quiet() {
    let server = Server::new(|_, count| match count {
        0 => answer(200, &[("ratelimit", "\"default\";r=5000;t=300000")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    for n in 0..200 {
        client.get(n).await.unwrap();
    }
    assert!(!client.pacers().is_quiet());
}

#[tokio::test(start_paused = true)]
async fn a_million_credentials_buckets_and_paths_leave_memory_bounded() {
    let pacers = OriginLimits::new();
    let mut rate = Vec::new();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    rate.extend(policy.prepare().unwrap().rates().iter().copied());
    for n in 0..u64::from(steadfast_testkit::cases(1_000_000)) {
        let (endpoint, principal, path) = (n % 7, n, n);
        let limit_key = LimitKey {
            endpoint,
            principal,
            path_group: n,
            path,
        };
        drop(pacers.pacer(limit_key, Pacing::Learned));
        // Each answer names another bucket.
        let principal = n % 3;
        let limit_key = LimitKey {
            endpoint,
            principal,
            path_group: n,
            path,
        };
        drop(pacers.bucket(limit_key, n, Pacing::Learned));
        if n % 8 == 0 {
            // Used up, so that it should not be forgotten.
            let _ = pacers.rates(n, &rate).limiter.take(1);
        }
    }
    for size in pacers.sizes() {
        assert!(size <= 520, "{:?}", pacers.sizes());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_closed_or_held_is_kept_while_plain_lanes_go() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(429, &[("retry-after", "20")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get_as("closed", 0).await.unwrap();
    for n in 1..5_000 {
        client.get_as(&n.to_string(), n).await.unwrap();
    }
    assert!(client.pacers().sizes()[0] <= 520);
    client.get_as("closed", 5_000).await.unwrap();
    assert_eq!(server.times().last(), Some(&(5_000, 20_000)));
}

#[tokio::test(start_paused = true)]
async fn views_tell_what_is_known_and_how_many_wait() {
    let server = Server::new(|_, _| answer(429, &[("retry-after", "20")]));
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let waiting = client.spawn(1);
    settle().await;
    let views = client.pacers().views();
    let [(view, 1)] = &views[..] else {
        panic!("{views:?}");
    };
    assert_eq!(view.closed_until, Some(server.start + secs(20)));
    waiting.abort();
    let rates = Client::new(
        &Policy::standard().rate_limit([Rate::per_second(10), Rate::per_minute(60)]),
        &server,
    );
    assert!(
        (rates.line().limiter.rate() - 1.0).abs() < 1e-9,
        "the slowest counts"
    );
}
