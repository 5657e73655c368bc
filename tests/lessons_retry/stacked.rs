//! Retries do not multiply: of several steadfast layers over one another, one is in charge.

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::Policy;
use steadfast::layers::TowerMiddleware;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast_testkit::{Script, Server, Step, script, virtual_time};
use steadfast_tower::retry::RetryLayer;
use tower::{Layer, ServiceExt};

use super::common::{client, policies};

fn standard() -> Policy {
    Policy::standard()
}

/// What makes a call fail for ever: statuses, and failed transports.
fn failures() -> Vec<Step> {
    vec![
        Step::from(503),
        Step::from(502),
        Step::from(429),
        Step::reset(),
        Step::closed(),
    ]
}

/// How many requests a server sees of one GET.
async fn requests(client: &ClientWithMiddleware, script: impl Into<Script>) -> usize {
    let server = Server::start(script).await;
    let _ = client.get(server.url("/")).send().await;
    server.requests()
}

#[test]
fn two_middlewares_in_one_chain_send_three_times() {
    virtual_time().block_on(async {
        for step in failures() {
            let twice = ClientBuilder::new(reqwest::Client::new())
                .with(policies(standard()).middleware())
                .with(policies(standard().attempts(5)).middleware())
                .build();
            let shown = format!("{step:?}");
            assert_eq!(
                requests(&twice, step).await,
                3,
                "the outer one is in charge: {shown}"
            );
        }
        let twice = ClientBuilder::new(reqwest::Client::new())
            .with(policies(standard()).middleware())
            .with(policies(standard()).middleware())
            .build();
        let server = Server::start(script![503, reset, 200]).await;
        let response = twice.get(server.url("/")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 3));
        assert_eq!(
            response.record().attempt_count(),
            3,
            "the record is the outer one's"
        );
    });
}

#[test]
fn a_retry_layer_below_the_middleware_does_not_multiply() {
    virtual_time().block_on(async {
        for step in failures() {
            let twice = ClientBuilder::new(reqwest::Client::new())
                .with(policies(standard()).middleware())
                .with(TowerMiddleware::retrying(
                    RetryLayer::new(&standard()).unwrap(),
                ))
                .build();
            let shown = format!("{step:?}");
            assert_eq!(requests(&twice, step).await, 3, "{shown}");
        }
    });
}

#[test]
fn a_retry_layer_above_the_middleware_does_not_multiply() {
    virtual_time().block_on(async {
        for step in failures() {
            let twice = ClientBuilder::new(reqwest::Client::new())
                .with(TowerMiddleware::retrying(
                    RetryLayer::new(&standard()).unwrap(),
                ))
                .with(policies(standard()).middleware())
                .build();
            let shown = format!("{step:?}");
            assert_eq!(requests(&twice, step).await, 3, "{shown}");
        }
    });
}

/// Answers only: nothing can be attached to the error of a failed transport, which stays what it was.
#[test]
fn the_layer_over_a_wrapped_client_sends_three_times_where_there_is_an_answer() {
    virtual_time().block_on(async {
        for step in [Step::from(503), Step::from(502), Step::from(429)] {
            let shown = format!("{step:?}");
            let server = Server::start(step).await;
            let wrapped = client(standard());
            let service = policies(standard()).layer().layer(wrapped.clone());
            let request = wrapped.get(server.url("/")).build().unwrap();
            let _ = service.oneshot(request).await;
            assert_eq!(server.requests(), 3, "{shown}");
        }
    });
}

#[test]
fn two_layers_over_one_client_send_three_times_and_the_record_says_who() {
    virtual_time().block_on(async {
        for step in failures() {
            let shown = format!("{step:?}");
            let server = Server::start(step).await;
            let inner = policies(standard()).layer().layer(reqwest::Client::new());
            let service = policies(standard()).layer().layer(inner);
            let request = reqwest::Client::new().get(server.url("/")).build().unwrap();
            let record = match service.oneshot(request).await {
                Ok(response) => response.record(),
                Err(failure) => failure.report.record,
            };
            assert_eq!(server.requests(), 3, "{shown}");
            assert_eq!(
                record.attempt_count(),
                3,
                "the history is not lost: {record}"
            );
            assert_ne!(record.stop(), Stop::Accepted, "{shown}");
        }
    });
}
