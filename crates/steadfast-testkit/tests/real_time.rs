//! Arrival times on the real clock.

use std::time::Duration;

use steadfast_testkit::{Server, StatusExt, real_time};

#[test]
fn arrivals_are_logged_as_far_apart_as_the_answers_took() {
    real_time().block_on(async {
        let delay = Duration::from_millis(20);
        let server = Server::start(200.delay(delay)).await;
        let client = reqwest::Client::new();
        for _ in 0..3 {
            client.get(server.url("/")).send().await.unwrap();
        }
        let log = server.log().entries();
        assert_eq!(log.len(), 3);
        for pair in log.windows(2) {
            assert!(pair[0].answered_at.unwrap() - pair[0].at >= delay);
            assert!(pair[1].at - pair[0].at >= delay);
        }
    });
}
