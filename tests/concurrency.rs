//! A limit on how many calls are under way at once, over sockets in virtual time: what the server sees, and what the user
//! is told.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use reqwest_middleware::ClientWithMiddleware;
use steadfast::error::Refusal;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Concurrency, Error, ErrorKind, Policies, Policy};
use steadfast_testkit::{Server, StatusExt, script, virtual_time};

const SECOND: Duration = Duration::from_secs(1);

async fn get(client: &ClientWithMiddleware, url: &str) -> Result<reqwest::Response, Error> {
    Ok(client.get(url).send().await?)
}

/// Calls with a permit, unread ones among them, and those that wait.
fn counts(policies: &Policies) -> (u32, u32, usize) {
    let view = policies.throttle().snapshot()[0].concurrency.unwrap();
    (view.in_flight, view.unread, view.waiting)
}

#[test]
fn a_server_never_has_more_calls_at_once_than_were_allowed() {
    virtual_time().block_on(async {
        let slow = 200
            .delay(SECOND / 10)
            .body_len(3_000)
            .drip(1_000, SECOND / 10);
        let server = Server::builder().on("/slow", slow).start().await;
        let policies = common::policies(Policy::standard().concurrency(3));
        let client = policies.wrap(reqwest::Client::new());
        let watch = common::Watch::start();
        let calls = (0..9).map(|_| {
            let (client, url) = (client.clone(), server.url("/slow"));
            tokio::spawn(async move { get(&client, &url).await.unwrap().bytes().await.unwrap() })
        });
        let calls: Vec<_> = calls.collect();
        tokio::time::sleep(SECOND / 20).await;
        assert_eq!(counts(&policies), (3, 0, 6));
        for call in calls {
            assert_eq!(call.await.unwrap().len(), 3_000);
        }
        let mut arrivals = server.log().arrivals();
        arrivals.sort();
        // Three at a time, each for as long as its body takes: 300 ms.
        for pair in arrivals.windows(4) {
            assert!(pair[3] - pair[0] >= SECOND * 3 / 10, "{arrivals:?}");
        }
        assert!(watch.elapsed() < SECOND, "{:?}", watch.elapsed());
        assert_eq!(counts(&policies), (0, 0, 0));
        assert_eq!(server.connections(), 3);
    });
}

#[test]
fn who_keeps_twenty_responses_unread_is_told_so_at_the_next_call() {
    virtual_time().block_on(async {
        let server = Server::builder().on("/", 200.body_len(5)).start().await;
        let concurrency = Concurrency::fixed(20).max_wait(2 * SECOND);
        let policies = common::policies(Policy::standard().concurrency(concurrency));
        let client = policies.wrap(reqwest::Client::new());
        let mut unread = Vec::new();
        for _ in 0..20 {
            unread.push(get(&client, &server.url("/")).await.unwrap());
        }
        let watch = common::Watch::start();
        let error = get(&client, &server.url("/")).await.unwrap_err();
        assert_eq!(watch.elapsed(), 2 * SECOND);
        assert_eq!(error.kind(), ErrorKind::ConcurrencyLimited);
        assert!(!error.may_have_been_sent() && error.is_transient() && !error.is_timeout());
        let text = error.to_string();
        let said = "20 calls at once are allowed, and this one got no turn within 2 s; 20 are responses that were not read: \
                    read or drop them: http://";
        assert!(text.starts_with(said), "{text}");
        assert_eq!(server.requests(), 20);
        // Either helps.
        drop(unread.pop());
        let text = unread.pop().unwrap().text().await.unwrap();
        assert_eq!(text.len(), 5);
        let one = get(&client, &server.url("/")).await.unwrap();
        let other = get(&client, &server.url("/")).await.unwrap();
        assert_eq!(counts(&policies), (20, 20, 0));
        drop((one, other, unread));
        assert_eq!(counts(&policies), (0, 0, 0));
    });
}

#[test]
fn a_full_queue_refuses_at_once() {
    virtual_time().block_on(async {
        let slow = 200.delay(SECOND);
        let server = Server::builder().on("/", slow).start().await;
        let policy = Policy::standard().concurrency(Concurrency::fixed(1).max_queue(1));
        let policies = common::policies(policy);
        let client = policies.wrap(reqwest::Client::new());
        let url = server.url("/");
        let (client, url) = (&client, &*url);
        let late = async {
            tokio::time::sleep(SECOND / 2).await;
            get(client, url).await
        };
        let (first, second, third) = tokio::join!(get(client, url), get(client, url), late);
        first.unwrap();
        // The wait is in the record.
        let record = second.unwrap().record();
        assert!(record.queued() >= SECOND, "{record}");
        assert!(
            record.to_string().contains("queued in this client"),
            "{record}"
        );
        let error = third.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConcurrencyLimited);
        let record = error.record().unwrap();
        let stop = Stop::Refused(Refusal::QueueFull { limit: 1, queue: 1 });
        assert_eq!((record.stop(), record.attempt_count()), (stop, 0));
        assert_eq!(server.requests(), 2);
    });
}

#[test]
fn a_retry_over_a_limit_of_one_does_not_lock_itself_up() {
    virtual_time().block_on(async {
        let answers = script![
            503.retry_after(1).body_len(200_000),
            502.body_len(100).drip(10, SECOND),
            reset,
            200.body_len(10)
        ];
        let server = Server::builder().on("/", answers).start().await;
        let policy = Policy::standard().attempts(4).concurrency(1);
        let policies = common::policies(policy);
        let client = policies.wrap(reqwest::Client::new());
        let watch = common::Watch::start();
        let response = get(&client, &server.url("/")).await.unwrap();
        assert_eq!(response.record().attempt_count(), 4);
        assert!(watch.elapsed() < 10 * SECOND, "{}", response.record());
        assert_eq!(counts(&policies), (1, 1, 0));
        assert_eq!(response.content_length(), Some(10));
        assert_eq!(response.url().as_str(), server.url("/"));
        assert_eq!(response.bytes().await.unwrap().len(), 10);
        assert_eq!(counts(&policies), (0, 0, 0));
    });
}

#[test]
fn a_body_without_bytes_holds_nothing_and_one_that_breaks_off_gives_back() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/empty", 204)
            .on("/broken", 200.body_len(100).half_body())
            .start()
            .await;
        let policies = common::policies(Policy::standard().concurrency(1));
        let client = policies.wrap(reqwest::Client::new());
        let empty = get(&client, &server.url("/empty")).await.unwrap();
        assert_eq!(counts(&policies), (0, 0, 0));
        let mut broken = get(&client, &server.url("/broken")).await.unwrap();
        assert_eq!(counts(&policies), (1, 1, 0));
        while let Ok(Some(_)) = broken.chunk().await {}
        assert_eq!(counts(&policies), (0, 0, 0));
        drop((empty, broken));
    });
}

#[test]
fn each_endpoint_has_permits_of_its_own() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/{any}", 200.body_len(5))
            .start()
            .await;
        let port = server.address().port();
        let policies = Policies::builder()
            .endpoint(
                format!("http://127.0.0.1:{port}/one"),
                Policy::standard().concurrency(1),
            )
            .endpoint(
                format!("http://127.0.0.1:{port}/two"),
                Policy::standard().concurrency(1),
            )
            .build()
            .unwrap();
        let client = policies.wrap(reqwest::Client::new());
        let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
        let one = get(&client, &url("/one")).await.unwrap();
        let two = get(&client, &url("/two")).await.unwrap();
        let free = get(&client, &url("/three")).await.unwrap();
        let views = policies.throttle().snapshot();
        let limits = views
            .iter()
            .map(|view| view.concurrency.map(|view| view.in_flight));
        assert_eq!(limits.collect::<Vec<_>>(), [None, Some(1), Some(1)]);
        drop((one, two, free));
    });
}
