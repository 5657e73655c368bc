//! Bodies of refused answers whose retry waits for the budget. The answer may still be the caller's, so nothing of it is
//! lost; and as far as that can be, its connection is free meanwhile.

use std::time::Duration;

use steadfast::policy::BudgetConfig;
use steadfast::record::Stop;
use steadfast::{Backoff, Policy};
use steadfast_testkit::{Server, Step, script, virtual_time};

use super::common::{Watch, client};
use super::{SECOND, bytes};

const WAIT: Duration = Duration::from_millis(100);
const BIG: usize = 4 << 20;

/// One retry is paid for; the next one waits for what trickles in, in thousandths of a token per second.
fn owing(trickle: u32) -> Policy {
    let budget = BudgetConfig::new(0, trickle, 1).unwrap();
    Policy::patient()
        .budget(budget)
        .throttled_backoff(Backoff::fixed(WAIT))
}

/// What it is, without its body.
fn name(step: &Step) -> String {
    let shown = format!("{step:?}");
    let (head, body) = shown.split_once("body: ").unwrap();
    format!("{head}{} bytes", body.len())
}

#[test]
fn a_wait_for_the_budget_keeps_no_connection_busy() {
    virtual_time().block_on(async {
        for answer in [
            Step::from(503),
            Step::from(503).body_len(1000),
            Step::from(503).body_len(60_000),
            Step::from(503).body_len(60_000).chunked(),
            Step::from(503).body_len(6000).drip(1000, SECOND),
        ] {
            let shown = name(&answer);
            let server = Server::builder()
                .on("/", script![answer; 2].then(200))
                .fallback(200)
                .start()
                .await;
            let client = client(owing(100));
            let call = tokio::spawn(client.get(server.url("/")).send());
            server.log().wait_for(2).await;
            tokio::time::sleep(7 * SECOND).await;
            let other = client.get(server.url("/other")).send();
            assert_eq!(other.await.unwrap().status(), 200);
            assert_eq!(server.requests_to("/"), 2, "{shown}: no token yet");
            let log = server.log().entries();
            assert_eq!(log[2].connection, log[1].connection, "{shown}");
            assert_eq!(call.await.unwrap().unwrap().status(), 200);
            let last = server.log().last().unwrap();
            assert_eq!(last.connection, log[1].connection, "{shown}");
        }
    });
}

#[test]
fn where_the_budget_never_comes_the_last_answer_is_returned_whole() {
    virtual_time().block_on(async {
        let minute = 60 * SECOND;
        for (length, step) in [
            (0, Step::from(503)),
            (1000, Step::from(503)),
            (60_000, Step::from(503)),
            (60_000, Step::from(503).chunked()),
            (70_000, Step::from(503).chunked()),
            (BIG, Step::from(503)),
            (BIG, Step::from(503).chunked()),
            (200, Step::from(503).drip(1, SECOND)),
            (1000, Step::from(421)),
        ] {
            let answer = step.body(bytes(length));
            let server = Server::start(script![503, answer]).await;
            let policy = owing(0).retry_for(minute).attempts(5);
            let start = Watch::start();
            let response = client(policy).get(server.url("/")).send().await.unwrap();
            let record = steadfast::ResponseExt::record(&response);
            assert_eq!(record.stop(), Stop::Budget, "{length}: {record}");
            assert_eq!(server.requests(), 2, "{length}");
            assert!(start.elapsed() <= minute, "{length}: {:?}", start.elapsed());
            let got = response.bytes().await.unwrap();
            assert!(got == bytes(length), "{length}: {} bytes", got.len());
        }
    });
}

#[test]
fn one_that_is_too_long_to_keep_is_dropped_once_the_retry_is_paid() {
    virtual_time().block_on(async {
        for answer in [
            Step::from(503).body_len(BIG),
            Step::from(503).body_len(BIG).chunked(),
            Step::from(421).body_len(1000),
        ] {
            let shown = name(&answer);
            let last = Step::from(200).delay(30 * SECOND);
            let server = Server::start(script![503, answer, last]).await;
            let client = client(owing(100));
            let call = tokio::spawn(client.get(server.url("/")).send());
            server.log().wait_for(3).await;
            tokio::time::sleep(SECOND).await;
            let open = server.open_connections();
            assert_eq!(open, 1, "the last attempt's alone: {shown}");
            assert_eq!(call.await.unwrap().unwrap().status(), 200);
        }
    });
}

/// Whether its answer was read to be kept, is still being read or stays unread.
#[test]
fn a_retry_never_waits_for_the_permit_of_its_own_answer() {
    virtual_time().block_on(async {
        for answer in [
            Step::from(503).body_len(60_000),
            Step::from(503).body_len(1000).drip(1, SECOND),
            Step::from(503).body_len(BIG),
            Step::from(503).body_len(BIG).chunked(),
            Step::from(421).body_len(1000),
        ] {
            let shown = name(&answer);
            let server = Server::start(script![503, answer, 200]).await;
            let client = client(owing(100).concurrency(1));
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status(), 200, "{shown}");
            let record = steadfast::ResponseExt::record(&response);
            assert_eq!(record.queued(), Duration::ZERO, "{shown}: {record}");
        }
    });
}

#[test]
fn others_go_on_while_an_answer_stays_unread_on_its_connection() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/", script![503, Step::from(503).body_len(BIG), 200])
            .fallback(200)
            .start()
            .await;
        let client = client(owing(100).concurrency(1));
        let call = tokio::spawn(client.get(server.url("/")).send());
        server.log().wait_for(2).await;
        tokio::time::sleep(SECOND).await;
        let start = Watch::start();
        let other = client.get(server.url("/other")).send().await.unwrap();
        assert_eq!(other.status(), 200);
        assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
        drop(other);
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
    });
}

#[test]
fn a_call_that_is_dropped_while_it_waits_for_the_budget_holds_nothing() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(503).body_len(BIG)).await;
        let client = client(owing(100));
        let call = client.get(server.url("/")).send();
        tokio::time::timeout(5 * SECOND, call).await.unwrap_err();
        tokio::time::sleep(SECOND).await;
        assert_eq!((server.requests(), server.open_connections()), (2, 0));
        // It took nothing from the budget: the token that came meanwhile pays for the retry of another call.
        tokio::time::sleep(10 * SECOND).await;
        let start = Watch::start();
        let call = client.get(server.url("/")).send();
        tokio::time::timeout(5 * SECOND, call).await.unwrap_err();
        assert!(start.elapsed() >= 5 * SECOND);
        assert_eq!(server.requests(), 4);
    });
}
