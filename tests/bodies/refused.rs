//! Bodies of refused answers: read to keep the connection where that is cheap, dropped where it is not, and never in
//! the way of the next attempt. The last answer is the caller's, unread.

use std::time::Duration;

use steadfast::{Backoff, Policy};
use steadfast_testkit::{Server, Step, script, virtual_time};

use super::common::{Watch, client};
use super::{SECOND, bytes};

const WAIT: Duration = Duration::from_millis(100);
const BIG: usize = 4 << 20;

fn fixed() -> Policy {
    Policy::standard().throttled_backoff(Backoff::fixed(WAIT))
}

#[test]
fn refused_bodies_of_60_kb_keep_their_connection() {
    virtual_time().block_on(async {
        for answer in [
            Step::from(503).body_len(60_000),
            Step::from(503).body_len(60_000).chunked(),
        ] {
            let server = Server::start(script![answer; 2].then(200)).await;
            let response = client(fixed()).get(server.url("/")).send().await.unwrap();
            assert_eq!((response.status().as_u16(), server.requests()), (200, 3));
            assert_eq!(server.connections(), 1);
        }
    });
}

#[test]
fn a_refused_body_of_4_mb_is_dropped_and_holds_nothing() {
    virtual_time().block_on(async {
        for answer in [
            Step::from(503).body_len(BIG),
            Step::from(503).body_len(BIG).chunked(),
        ] {
            let server = Server::start(script![answer; 2].then(200)).await;
            let start = Watch::start();
            let response = client(fixed()).get(server.url("/")).send().await.unwrap();
            assert_eq!((response.status().as_u16(), server.requests()), (200, 3));
            assert_eq!(start.elapsed(), 2 * WAIT);
            assert_eq!(server.connections(), 3);
            drop(response);
            tokio::time::sleep(SECOND).await;
            assert!(
                server.open_connections() <= 1,
                "{}",
                server.open_connections()
            );
        }
    });
}

#[test]
fn a_refused_body_that_drips_does_not_delay_the_next_attempt() {
    virtual_time().block_on(async {
        let drip = Step::from(503).body_len(10_000).drip(1, SECOND);
        let server = Server::start(script![drip, 200]).await;
        let start = Watch::start();
        let response = client(fixed()).get(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(start.elapsed(), WAIT);
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn the_bound_of_the_drain_is_the_policys() {
    virtual_time().block_on(async {
        let server = Server::start(script![Step::from(503).body_len(BIG), 200]).await;
        let request = client(fixed().drain(BIG)).get(server.url("/"));
        assert_eq!(request.send().await.unwrap().status(), 200);
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn the_last_answer_is_handed_back_with_its_body_unread() {
    virtual_time().block_on(async {
        for status in [404, 500, 503] {
            let server = Server::start(Step::status(status).body(bytes(BIG))).await;
            let response = client(fixed().attempts(1))
                .get(server.url("/"))
                .send()
                .await
                .unwrap();
            let answered = server.log().last().unwrap().answered_at;
            assert_eq!(answered, None, "{status}: the server is still writing");
            assert!(response.bytes().await.unwrap() == bytes(BIG), "{status}");
        }
        let drip = Step::from(503).body(bytes(10)).drip(1, SECOND);
        let server = Server::start(drip).await;
        let start = Watch::start();
        let response = client(fixed()).get(server.url("/")).send().await.unwrap();
        assert_eq!(
            start.elapsed(),
            2 * WAIT,
            "three heads, and no body waited for"
        );
        assert_eq!(response.bytes().await.unwrap(), bytes(10));
    });
}
