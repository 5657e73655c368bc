//! What the presets promise.

use std::time::Duration;

use steadfast::Policy;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast_testkit::{Server, Step, script, virtual_time};

use super::SECOND;
use super::common::{Watch, client};

#[test]
fn standard_never_cuts_what_is_under_way() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(200).delay(3600 * SECOND)).await;
        let response = client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), server.requests()), (200, 1));
    });
}

#[test]
fn guarded_cuts_an_attempt_at_30_s_and_the_call_at_60_s() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let start = Watch::start();
        let (record, result) = client(Policy::guarded())
            .get(server.url("/"))
            .send_recorded()
            .await;
        assert!(result.unwrap_err().timed_out());
        assert_eq!(record.attempts()[0].took, 30 * SECOND);
        assert!(start.elapsed() <= 60 * SECOND, "{:?}", start.elapsed());
        assert_eq!(record.attempt_count(), server.requests());
    });
}

#[test]
fn guarded_leaves_a_body_that_streams_alone() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(200).body_len(200).drip(1, SECOND)).await;
        let start = Watch::start();
        let response = client(Policy::guarded())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.bytes().await.unwrap().len(), 200);
        assert!(start.elapsed() > 150 * SECOND);
    });
}

#[test]
fn interactive_is_over_after_10_s() {
    virtual_time().block_on(async {
        for step in [
            Step::silence(),
            Step::from(503),
            Step::from(503).retry_after(4),
            Step::from(502).delay(3 * SECOND),
        ] {
            let shown = format!("{step:?}");
            let server = Server::start(step).await;
            let start = Watch::start();
            let client = client(Policy::interactive().attempts(100));
            let (record, _) = client.get(server.url("/")).send_recorded().await;
            assert!(start.elapsed() <= 10 * SECOND, "{shown}: {record}");
            assert!(
                record.attempt_count() >= 1 && !record.is_accepted(),
                "{shown}: {record}"
            );
        }
    });
}

#[test]
fn patient_makes_ten_attempts_and_waits_up_to_an_hour() {
    virtual_time().block_on(async {
        let server = Server::start(503).await;
        let response = client(Policy::patient())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.record().stop(), server.requests()),
            (Stop::Attempts(10), 10)
        );

        let server = Server::start(script![429.retry_after(3000), 200]).await;
        let start = Watch::start();
        let response = client(Policy::patient())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert!(start.elapsed() >= 3000 * SECOND);

        let server = Server::start(Step::from(429).retry_after(4000)).await;
        let start = Watch::start();
        let response = client(Policy::patient())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.status().as_u16(), start.elapsed()),
            (429, Duration::ZERO)
        );
    });
}
