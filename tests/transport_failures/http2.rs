//! HTTP/2 refusals, from a server that speaks just enough of it to refuse.

use std::time::Duration;

use http::Method;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::error::FailureKind;
use steadfast::prelude::*;
use steadfast::record::Outcome;
use steadfast::{Backoff, Policy};

use super::common::http2::{Act, Http2, INTERNAL_ERROR, REFUSED_STREAM, run};
use super::common::policies;
use super::{Seen, fails};

/// A client that does not wait between attempts; reqwest's own re-sends are off unless they are wanted.
fn client(resends: bool) -> ClientWithMiddleware {
    let policy = Policy::standard().backoff(Backoff::fixed(Duration::ZERO));
    let mut builder = reqwest::Client::builder().http2_prior_knowledge();
    if !resends {
        builder = builder.retry(reqwest::retry::never());
    }
    policies(policy).wrap(builder.build().unwrap())
}

/// What a GET and a POST come to, each with how many streams the server saw.
async fn both(acts: &'static [Act], resends: bool) -> [(Seen, usize); 2] {
    let server = Http2::start(acts).await;
    let get = fails(&client(resends), Method::GET, &server.url).await;
    let gets = server.seen();
    let post = fails(&client(resends), Method::POST, &server.url).await;
    let posts = server.seen() - gets;
    [(get, gets), (post, posts)]
}

#[test]
fn a_refused_stream_was_not_processed_so_every_method_is_sent_again() {
    run(async {
        for acts in [&[Act::Reset(REFUSED_STREAM)][..], &[Act::GoAway]] {
            for (seen, streams) in both(acts, false).await {
                assert_eq!((seen.kind(), streams), (FailureKind::Unprocessed, 3));
                assert_eq!(seen.record.attempt_count(), 3);
                assert!(!seen.error.connect() && !seen.error.timed_out());
                assert!(
                    seen.error.may_have_been_sent(),
                    "it reached the server, which refused it"
                );
            }
        }
    });
}

#[test]
fn reqwest_sends_a_refused_stream_again_by_itself_twice_per_attempt() {
    run(async {
        for (seen, streams) in both(&[Act::Reset(REFUSED_STREAM)], true).await {
            assert_eq!((seen.record.attempt_count(), streams), (3, 9));
        }
        const TWICE: &[Act] = &[Act::Reset(REFUSED_STREAM), Act::GoAway, Act::Answer];
        let server = Http2::start(TWICE).await;
        let response = client(true).post(&server.url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!((response.record().attempt_count(), server.seen()), (1, 3));
    });
}

#[test]
fn a_post_that_was_refused_is_answered_by_a_later_attempt() {
    run(async {
        const ONCE: &[Act] = &[Act::Reset(REFUSED_STREAM), Act::Answer];
        let server = Http2::start(ONCE).await;
        let response = client(false)
            .post(&server.url)
            .body("order")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!((response.record().attempt_count(), server.seen()), (2, 2));
    });
}

#[test]
fn a_buffered_body_that_is_cut_is_retried() {
    run(async {
        const ONCE: &[Act] = &[Act::Cut, Act::Answer];
        let server = Http2::start(ONCE).await;
        let request = client(false).get(&server.url).call(|c| c.buffer(1024));
        let (record, result) = request.send_recorded().await;
        assert_eq!((record.attempt_count(), server.seen()), (2, 2), "{record}");
        assert_eq!(result.unwrap().bytes().await.unwrap(), "");
        let cut = Outcome::Failed(FailureKind::Truncated);
        assert_eq!(record.attempts()[0].outcome, cut, "{record}");
    });
}

#[test]
fn a_body_that_is_cut_while_it_is_read_is_an_interruption() {
    run(async {
        let server = Http2::start(&[Act::Cut]).await;
        let response = client(false).get(&server.url).send().await.unwrap();
        let error = steadfast::Error::from(response.bytes().await.unwrap_err());
        assert_eq!(error.kind(), steadfast::ErrorKind::Interrupted, "{error}");
    });
}

#[test]
fn a_stream_that_broke_off_otherwise_may_have_been_processed() {
    run(async {
        for acts in [&[Act::Reset(INTERNAL_ERROR)][..], &[Act::GoAwayAfterTaking]] {
            let [(get, gets), (post, posts)] = both(acts, false).await;
            assert_eq!((get.kind(), gets), (FailureKind::Reset, 3));
            assert_eq!((post.kind(), posts), (FailureKind::Reset, 1));
            assert!(post.error.may_have_been_sent());
        }
    });
}
