//! A timeout spans all hops and the body.

use std::time::Duration;

use reqwest::Client;
use steadfast::{Policies, Policy};
use steadfast_testkit::{Server, StatusExt, virtual_time};

use super::common::Watch;
use super::{bare, once};

const SECOND: Duration = Duration::from_secs(1);

/// Three hops of a second each, and a body that takes a second.
async fn slow() -> Server {
    Server::builder()
        .on("/1", 302.header("location", "/2").delay(SECOND))
        .on("/2", 302.header("location", "/3").delay(SECOND))
        .on("/3", 200.body_len(2).drip(1, SECOND).delay(SECOND))
        .start()
        .await
}

#[test]
fn a_timeout_of_client_or_request_ends_where_the_bare_clients_does() {
    virtual_time().block_on(async {
        let server = slow().await;
        for (limit, of_client) in [
            (2_500, true),
            (2_500, false),
            (3_500, true),
            (3_500, false),
            (9_000, true),
        ] {
            let limit = Duration::from_millis(limit);
            let mut seen = Vec::new();
            for make in [bare, once] {
                let builder = Client::builder();
                let builder = match of_client {
                    true => builder.timeout(limit),
                    false => builder.timeout(20 * SECOND),
                };
                let request = make(builder).get(server.url("/1"));
                let request = match of_client {
                    true => request,
                    false => request.timeout(limit),
                };
                let watch = Watch::start();
                let (head, body) = match request.send().await {
                    Ok(response) => (true, response.bytes().await.is_ok()),
                    Err(error) => {
                        assert!(error.is_timeout());
                        (false, false)
                    }
                };
                let took = watch.elapsed().as_millis() / 10;
                seen.push((head, body, took));
            }
            assert_eq!(seen[1], seen[0], "{limit:?} {of_client}");
        }
    });
}

#[test]
fn the_attempt_timeout_spans_all_hops() {
    virtual_time().block_on(async {
        let server = slow().await;
        let policy = Policy::standard().attempts(1).attempt_timeout(2 * SECOND);
        let policies = Policies::builder().default_policy(policy).build().unwrap();
        let client = policies.wrap_builder(Client::builder()).unwrap();
        let watch = Watch::start();
        assert!(client.get(server.url("/1")).send().await.is_err());
        assert_eq!(watch.elapsed().as_secs(), 2);
    });
}
