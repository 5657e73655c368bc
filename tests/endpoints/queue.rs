//! Time in the queue of a rate limit is seen, and is not spent on retrying.

use std::time::Duration;

use steadfast::prelude::*;
use steadfast::{Policy, Rate};
use steadfast_testkit::{Server, script, virtual_time};

use crate::common::client;

#[test]
fn a_wait_for_the_rate_limit_is_told() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = client(Policy::standard().rate_limit(Rate::per_second(2).burst(1)));
        let first = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(first.record().to_string(), "1 attempt");
        let second = client.get(server.url("/")).send().await.unwrap().record();
        let queued = second.queued();
        assert!((490..=510).contains(&queued.as_millis()), "{queued:?}");
        assert_eq!((second.attempt_count(), second.is_accepted()), (1, true));
        assert!(
            second.to_string().ends_with("queued in this client)"),
            "{second}"
        );
    });
}

#[test]
fn the_time_for_retrying_begins_when_the_first_attempt_has_its_turn() {
    virtual_time().block_on(async {
        let server = Server::start(script![200, 503, 200]).await;
        let client = client(
            Policy::standard()
                .rate_limit(Rate::per_minute(1))
                .attempts(2),
        );
        client.get(server.url("/")).send().await.unwrap();
        // One minute in the queue, and then the next turn is a minute away: beyond the 30 s, and said so.
        let record = client.get(server.url("/")).send().await.unwrap().record();
        assert_eq!(server.requests(), 2, "{record}");

        let patient = crate::common::client(
            Policy::standard()
                .rate_limit(Rate::per_minute(1))
                .retry_for(Duration::from_secs(61)),
        );
        let server = Server::start(script![200, 503, 200]).await;
        patient.get(server.url("/")).send().await.unwrap();
        // 60 s in the queue, the answer, 60 s more: within 61 s of its turn.
        let response = patient.get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.record());
        assert_eq!(
            response.record().queued().as_secs(),
            119,
            "{}",
            response.record()
        );
    });
}

#[test]
fn a_bound_without_a_rate_is_a_mistake() {
    let mistake = Policy::standard()
        .max_wait(Duration::from_secs(1))
        .prepare()
        .unwrap_err();
    assert_eq!(mistake.field(), "max_wait");
}
