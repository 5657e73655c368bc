//! The clock stands still while bytes travel, and jumps while everything waits.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read clocks"
)]

use std::time::Duration;

use steadfast_testkit::{Server, StatusExt, script, virtual_time};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const MEGABYTE: usize = 1 << 20;

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap()
}

#[test]
fn no_virtual_time_passes_in_a_thousand_exchanges_of_a_megabyte() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(MEGABYTE)).await;
        let client = client();
        let start = Instant::now();
        for n in 0..1000 {
            let response = client.get(server.url("/big")).send().await.unwrap();
            assert_eq!(
                response.bytes().await.unwrap().len(),
                MEGABYTE,
                "exchange {n}"
            );
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(server.requests(), 1000);
    });
}

#[test]
fn no_virtual_time_passes_in_fifty_concurrent_uploads_and_downloads() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(MEGABYTE)).await;
        let client = client();
        let start = Instant::now();
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            let call = client
                .post(server.url("/"))
                .body(vec![b'y'; MEGABYTE])
                .send();
            calls.spawn(async move { call.await?.bytes().await });
        }
        while let Some(body) = calls.join_next().await {
            assert_eq!(body.unwrap().unwrap().len(), MEGABYTE);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(
            server
                .log()
                .entries()
                .iter()
                .all(|received| received.body.len() == MEGABYTE)
        );
    });
}

#[test]
fn new_connections_cost_no_virtual_time() {
    virtual_time().block_on(async {
        let server = Server::start(200.body("x").close()).await;
        let client = client();
        let start = Instant::now();
        for _ in 0..300 {
            client
                .get(server.url("/"))
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(server.connections(), 300);
    });
}

#[test]
fn a_delay_passes_on_the_virtual_clock() {
    let real = std::time::Instant::now();
    virtual_time().block_on(async {
        let hour = Duration::from_secs(3600);
        let server = Server::start(200.delay(hour)).await;
        let start = Instant::now();
        reqwest::get(server.url("/")).await.unwrap();
        assert_eq!(start.elapsed(), hour);
        let entry = server.log().last().unwrap();
        assert_eq!(entry.at, start);
        assert_eq!(entry.answered_at, Some(start + hour));
    });
    assert!(real.elapsed() < Duration::from_secs(60));
}

#[test]
fn silence_ends_in_the_timeout_of_the_client_to_the_millisecond() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence, 200.hang_after_head(), hang]).await;
        let client = client();
        for _ in 0..3 {
            let start = Instant::now();
            let result = async {
                client
                    .post(server.url("/"))
                    .body("x")
                    .send()
                    .await?
                    .bytes()
                    .await
            };
            assert!(result.await.unwrap_err().is_timeout());
            let waited = start.elapsed();
            assert!((1000..=1001).contains(&waited.as_millis()), "{waited:?}");
        }
    });
}

#[test]
fn a_dripping_body_takes_the_time_of_its_drops() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(100).drip(10, Duration::from_secs(2))).await;
        let start = Instant::now();
        let body = reqwest::get(server.url("/"))
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        assert_eq!(body.len(), 100);
        assert_eq!(start.elapsed(), Duration::from_secs(18));
    });
}

#[test]
fn a_client_that_does_not_read_the_answer_can_still_sleep() {
    virtual_time().block_on(async {
        let server = Server::start(script![503.body_len(32 * MEGABYTE), 200]).await;
        let client = reqwest::Client::new();
        let start = Instant::now();
        let unread = client.get(server.url("/")).send().await.unwrap();
        sleep(Duration::from_secs(30)).await;
        drop(unread);
        client.get(server.url("/")).send().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(30));
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn timers_fire_in_their_order_while_requests_are_under_way() {
    virtual_time().block_on(async {
        let server = Server::start(200.delay(Duration::from_millis(7))).await;
        let client = client();
        let start = Instant::now();
        let mut calls = JoinSet::new();
        for n in 0..40_u64 {
            let call = client.get(server.url(&format!("/{n}")));
            calls.spawn(async move {
                sleep(Duration::from_millis(n * 10)).await;
                call.send().await.map(|_| (n, Instant::now()))
            });
        }
        for expected in 0..40 {
            let (n, at) = calls.join_next().await.unwrap().unwrap().unwrap();
            assert_eq!(n, expected);
            assert_eq!(at - start, Duration::from_millis(n * 10 + 7));
        }
    });
}

#[test]
fn the_clock_goes_on_from_one_block_on_to_the_next() {
    let time = virtual_time();
    let start = time.block_on(async { Instant::now() });
    time.block_on(async {
        sleep(Duration::from_secs(5)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    });
}
