//! Requests that an HTTP/2 server did not process are sent again: outside of attempts and budget, and visibly.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::record::Hops;
use steadfast::{Policies, Policy};

use super::common::http2::{Act, Http2, REFUSED_STREAM, run};
use super::common::{policies, stream};
use super::{bare, once};

const REFUSE: Act = Act::Reset(REFUSED_STREAM);

fn h2() -> ClientBuilder {
    Client::builder().http2_prior_knowledge()
}

/// What a client got, and how many requests the server saw.
async fn sent(client: &ClientWithMiddleware, acts: &'static [Act]) -> (Option<Hops>, bool, usize) {
    let server = Http2::start(acts).await;
    let request = client.post(&server.url).body("order");
    let result = request.send().await;
    let hops = result.as_ref().ok();
    let hops = hops.and_then(|response| response.extensions().get::<Hops>().copied());
    (hops, result.is_ok(), server.seen())
}

#[test]
fn what_the_bare_client_completes_over_refusals_is_completed() {
    run(async {
        for (acts, resent) in [
            (&[Act::Answer][..], Some(0)),
            (&[REFUSE, Act::Answer], Some(1)),
            (&[Act::GoAway, Act::Answer], Some(1)),
            (&[REFUSE, Act::GoAway, Act::Answer], Some(2)),
            (&[Act::GoAway, Act::GoAway, Act::Answer], Some(2)),
            (&[REFUSE, REFUSE, REFUSE, Act::Answer], None),
            (&[Act::GoAway, REFUSE, Act::GoAway, Act::Answer], None),
        ] {
            let (_, expected, requests) = sent(&bare(h2()), acts).await;
            let (hops, ok, seen) = sent(&once(h2()), acts).await;
            assert_eq!((ok, seen), (expected, requests));
            assert_eq!(ok, resent.is_some());
            let counted = hops.map_or(0, |hops| hops.resent);
            assert_eq!(counted, resent.unwrap_or(0));
        }
    });
}

#[test]
fn resends_take_neither_attempts_nor_budget() {
    run(async {
        let policy = Policy::standard().attempts(1);
        let policy = policy.budget(steadfast::policy::BudgetConfig::new(0, 0, 1).unwrap());
        let client = policies(policy).wrap_builder(h2()).unwrap();
        for _ in 0..5 {
            let (hops, ok, seen) = sent(&client, &[REFUSE, Act::GoAway, Act::Answer]).await;
            assert_eq!((hops.unwrap().resent, ok, seen), (2, true, 3));
        }
    });
}

#[test]
fn a_body_that_can_be_sent_once_is_sent_once() {
    run(async {
        for make in [bare, once] {
            let server = Http2::start(&[REFUSE, Act::Answer]).await;
            let request = make(h2()).post(&server.url).body(stream("order"));
            assert!(request.send().await.is_err());
            assert_eq!(server.seen(), 1);
        }
    });
}

#[test]
fn each_hop_is_sent_again_by_itself() {
    run(async {
        const ACTS: &[Act] = &[
            REFUSE,
            Act::GoAway,
            Act::Redirect(b"303", "/done"),
            REFUSE,
            Act::GoAway,
            Act::Answer,
        ];
        for make in [bare, once] {
            let (hops, ok, seen) = sent(&make(h2()), ACTS).await;
            assert_eq!((ok, seen), (true, 6));
            if let Some(hops) = hops {
                assert_eq!((hops.followed, hops.resent), (1, 4));
            }
        }
    });
}

/// A redirect that the client follows itself, and a refusal behind it.
#[test]
fn a_refusal_where_the_client_itself_followed_is_not_taken_for_one_of_the_first_request() {
    run(async {
        let there = Http2::start(&[REFUSE, Act::Answer]).await;
        let location: &'static str = there.url.clone().leak();
        let acts: &'static [Act] = vec![Act::Redirect(b"303", location)].leak();
        let here = Http2::start(acts).await;
        let auth = (
            HeaderName::from_static("authorization"),
            HeaderValue::from_static("Bearer t"),
        );
        let builder = h2().default_headers(HeaderMap::from_iter([auth]));
        let client = Policies::standard().wrap_builder(builder).unwrap();
        let response = client.post(&here.url).body("order").send().await.unwrap();
        assert_eq!(
            (here.seen(), there.seen()),
            (1, 2),
            "the order is sent once"
        );
        let hops = response.extensions().get::<Hops>().unwrap();
        assert_eq!((hops.followed, hops.resent), (1, 1));
    });
}

#[test]
fn the_record_shows_resends_and_redirects() {
    run(async {
        let server = Http2::start(&[REFUSE, Act::Answer]).await;
        let client = once(h2());
        let response = client.get(&server.url).send().await.unwrap();
        let record = response.record();
        assert_eq!(record.attempt_count(), 1);
        assert!(
            record.to_string().ends_with(": 200 (resent 1x)"),
            "{record}"
        );
        let server = Http2::start(&[
            Act::Redirect(b"302", "/2"),
            Act::Redirect(b"302", "/3"),
            Act::Answer,
        ])
        .await;
        let response = client.get(&server.url).send().await.unwrap();
        let record = response.record();
        assert!(
            record.to_string().ends_with(": 200 (followed 2 redirects)"),
            "{record}"
        );

        let server = Http2::start(&[REFUSE]).await;
        let policy = Policy::standard().backoff(steadfast::Backoff::fixed(Duration::ZERO));
        let client = policies(policy).wrap_builder(h2()).unwrap();
        let (record, _) = client.get(&server.url).send_recorded().await;
        assert_eq!(record.attempt_count(), 3);
        let resent: Vec<_> = record
            .attempts()
            .iter()
            .map(|attempt| attempt.hops.resent)
            .collect();
        assert_eq!(resent, [2, 2, 2], "{record}");
    });
}
