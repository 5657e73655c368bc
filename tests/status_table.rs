//! Every row of the status table over a real socket: how many requests the server sees for a GET, a POST, a POST with an
//! `Idempotency-Key` and a body that can be sent only once, when it gives the same answer for ever. The numbers are
//! written down here; nothing is asked of the code under test.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "status_table/classifier.rs"]
mod classifier;
mod common;

use std::time::Duration;

use common::{client, policies, stream};
use http::Method;
use steadfast::policy::{Retry, StatusClass};
use steadfast::prelude::*;
use steadfast::record::{Reason, Stop};
use steadfast::{Policy, Rule};
use steadfast_testkit::{Received, Script, Server, Step, script, virtual_time};

/// How many requests the server sees for GET, POST, POST with a key, and any method with a stream as its body.
type Requests = [usize; 4];

const RETURNED: Requests = [1, 1, 1, 1];
const RETRY: Requests = [3, 1, 3, 1];
const RETRY_ANY: Requests = [3, 3, 3, 1];
const ONCE_MORE: Requests = [2, 1, 2, 1];
const ONCE_MORE_ANY: Requests = [2, 2, 2, 1];

/// The table as the guide has it, in the chapter of statuses.
const TABLE: &[(&[u16], Requests)] = &[
    (&[200, 201, 202, 204, 206, 226, 299], RETURNED),
    (&[300, 301, 302, 304, 307, 308, 399], RETURNED),
    (&[600, 700, 999], RETURNED),
    (
        &[400, 401, 402, 403, 404, 405, 406, 409, 410, 411],
        RETURNED,
    ),
    (
        &[412, 413, 414, 415, 416, 417, 418, 422, 423, 424],
        RETURNED,
    ),
    (&[426, 428, 431, 451], RETURNED),
    (&[408], RETRY),
    (&[421], ONCE_MORE_ANY),
    (&[425, 429], RETRY_ANY),
    (&[500], ONCE_MORE),
    (&[501, 505, 506, 507, 508, 510, 511, 526], RETURNED),
    (
        &[502, 504, 509, 520, 521, 522, 523, 524, 525, 527, 530],
        RETRY,
    ),
    (&[503, 529], RETRY),
];
const ANY_OTHER_4XX: Requests = RETURNED;
const ANY_OTHER_5XX: Requests = ONCE_MORE;

fn promised(status: u16) -> Requests {
    let row = TABLE
        .iter()
        .find(|(statuses, _)| statuses.contains(&status));
    match (row, status) {
        (Some((_, requests)), _) => *requests,
        (None, 400..=499) => ANY_OTHER_4XX,
        (None, 500..=599) => ANY_OTHER_5XX,
        (None, _) => RETURNED,
    }
}

/// The four numbers for a policy and an answer that never changes, each call with a budget of its own.
async fn counts(policy: Policy, answer: Step) -> Requests {
    let server = Server::start(answer).await;
    let transport = reqwest::Client::new();
    let mut requests = [0; 4];
    for (kind, requests) in requests.iter_mut().enumerate() {
        let client = policies(policy.clone()).wrap(transport.clone());
        let method = if kind == 0 { Method::GET } else { Method::POST };
        let mut request = client.request(method, server.url("/"));
        request = match kind {
            2 => request.header("idempotency-key", "8e03978e"),
            3 => request.body(stream("once")),
            _ => request,
        };
        let before = server.requests();
        request.send().await.unwrap();
        *requests = server.requests() - before;
    }
    requests
}

/// Sends one GET under a policy and returns the response and how many requests the server saw.
async fn get(policy: Policy, script: impl Into<Script>) -> (reqwest::Response, usize) {
    let server = Server::start(script).await;
    let response = client(policy).get(server.url("/")).send().await.unwrap();
    // The server is gone then; its answers are as long as its socket's buffer at most.
    let requests = server.requests();
    (response, requests)
}

#[test]
fn every_status_brings_the_promised_number_of_requests() {
    virtual_time().block_on(async {
        let answer = Step::dynamic(|request: &Received| {
            Step::status(request.header("x-answer").unwrap().parse().unwrap())
        });
        let server = Server::start(answer).await;
        let transport = reqwest::Client::new();
        let outside = [
            200, 201, 202, 204, 206, 226, 299, 300, 301, 302, 304, 307, 308, 399, 600, 700, 999,
        ];
        for status in outside.into_iter().chain(400..=599) {
            for (kind, promised) in promised(status).into_iter().enumerate() {
                let methods: &[Method] = match kind {
                    0 => &[Method::GET],
                    1 | 2 => &[Method::POST],
                    _ => &[Method::GET, Method::PUT, Method::POST],
                };
                for method in methods {
                    let client = steadfast::Policies::standard().wrap(transport.clone());
                    let mut request = client
                        .request(method.clone(), server.url("/"))
                        .header("x-answer", status);
                    request = match kind {
                        2 => request.header("idempotency-key", "8e03978e").body("whole"),
                        3 => request.body(stream("once")),
                        _ => request,
                    };
                    let before = server.requests();
                    let response = request.send().await.unwrap();
                    assert_eq!(response.status().as_u16(), status);
                    assert_eq!(
                        server.requests() - before,
                        promised,
                        "{status} {method}, kind {kind}"
                    );
                    assert_eq!(
                        response.record().attempt_count(),
                        promised,
                        "{status} {method}, kind {kind}"
                    );
                }
            }
        }
    });
}

#[test]
fn a_403_is_repeated_only_with_a_sign_of_a_rate_limit() {
    virtual_time().block_on(async {
        let signs = [
            (Step::from(403), RETURNED),
            (Step::from(403).retry_after(1), RETRY_ANY),
            (Step::from(403).retry_after_ms(300), RETRY_ANY),
            (
                Step::from(403).header("x-ratelimit-remaining", "0"),
                RETRY_ANY,
            ),
            (
                Step::from(403).header("ratelimit", "\"default\";r=0;t=2"),
                RETRY_ANY,
            ),
            (
                Step::from(403).header("x-ratelimit-remaining", "12"),
                RETURNED,
            ),
        ];
        for (answer, promised) in signs {
            let shown = format!("{answer:?}");
            assert_eq!(
                counts(Policy::standard(), answer).await,
                promised,
                "{shown}"
            );
        }
    });
}

#[test]
fn a_413_is_repeated_only_when_the_server_says_when() {
    virtual_time().block_on(async {
        assert_eq!(counts(Policy::standard(), Step::from(413)).await, RETURNED);
        let later = Step::from(413).retry_after(2);
        assert_eq!(counts(Policy::standard(), later).await, RETRY);
    });
}

#[test]
fn a_misdirected_request_leaves_a_connection_whose_answer_is_still_arriving() {
    // A short answer is read with its head, and then the pool has the connection back: nothing outside of reqwest can
    // end one that is idle again.
    virtual_time().block_on(async {
        let server = Server::start(script![
            421.body_len(60_000).drip(1000, Duration::from_secs(1)),
            200
        ])
        .await;
        let response = client(Policy::standard())
            .post(server.url("/"))
            .body("x")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let log = server.log().entries();
        assert_ne!(log[0].connection, log[1].connection);
    });
}

#[test]
fn a_spent_quota_is_asked_once_and_the_record_says_why() {
    virtual_time().block_on(async {
        for body in [
            r#"{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}"#,
            r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#,
            r#"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded"}"#,
        ] {
            let (response, requests) = get(Policy::standard(), Step::from(429).json(body)).await;
            assert_eq!(requests, 1, "{body}");
            assert_eq!(response.record().stop(), Stop::FailFast(Reason::QuotaUsedUp));
            assert!(response.record().to_string().ends_with("429; not retried: the quota is used up"));
            assert_eq!(response.text().await.unwrap(), body, "looked into, and given back whole");
        }
        let (_, requests) = get(Policy::standard(), Step::from(429).json(r#"{"message":"3 requests per second"}"#)).await;
        assert_eq!(requests, 3, "too fast is not too much");
    });
}

#[test]
fn a_sentence_about_a_quota_changes_the_record_and_nothing_else() {
    virtual_time().block_on(async {
        let body = r#"{"message":"monthly limit reached"}"#;
        let (response, requests) = get(Policy::standard(), Step::from(429).json(body)).await;
        assert_eq!((requests, response.record().stop()), (3, Stop::Attempts(3)));
        let record = response.record().to_string();
        let said = "; an answer's text says that the monthly quota is used up";
        assert!(record.ends_with(said), "{record}");
    });
}

#[test]
fn the_servers_word_overrides_the_table_but_not_what_is_repeatable() {
    virtual_time().block_on(async {
        for header in ["x-should-retry", "stripe-should-retry"] {
            for status in [400, 404, 409, 501] {
                let answer = Step::from(status).header(header, "true");
                assert_eq!(
                    counts(Policy::standard(), answer).await,
                    RETRY,
                    "{status} {header}"
                );
            }
            for status in [429, 500, 502, 503] {
                let answer = Step::from(status).header(header, "false");
                assert_eq!(
                    counts(Policy::standard(), answer).await,
                    RETURNED,
                    "{status} {header}"
                );
            }
            let nonsense = Step::from(503).header(header, "maybe");
            assert_eq!(counts(Policy::standard(), nonsense).await, RETRY);
        }
        let (response, _) = get(
            Policy::standard(),
            Step::from(503).header("x-should-retry", "false"),
        )
        .await;
        assert_eq!(response.record().stop(), Stop::FailFast(Reason::Server));
    });
}

#[test]
fn a_grpc_pushback_is_a_wait_or_never() {
    virtual_time().block_on(async {
        let pushback = |value: &str| Step::from(503).header("grpc-retry-pushback-ms", value);
        for never in ["-1", "soon", "1.5.2"] {
            assert_eq!(
                counts(Policy::standard(), pushback(never)).await,
                RETURNED,
                "{never}"
            );
        }
        let (response, requests) = get(Policy::standard(), pushback("1500")).await;
        assert_eq!(requests, 3);
        let record = response.record();
        // The second wait is at least the backoff, too: 2 s at most.
        for (attempt, most) in record.attempts()[..2].iter().zip([1650, 2000]) {
            let wait = attempt.wait.unwrap().time.as_millis();
            assert!((1500..=most).contains(&wait), "{wait} ms");
        }
    });
}

#[test]
fn a_keyed_request_has_the_same_key_on_every_attempt() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, reset, 200]).await;
        let request = client(Policy::standard()).post(server.url("/"));
        let response = request
            .header("idempotency-key", "8e03978e")
            .body("order")
            .send()
            .await;
        assert_eq!(response.unwrap().status(), 200);
        let log = server.log().entries();
        assert_eq!(log.len(), 3);
        for received in log {
            assert_eq!(received.header("idempotency-key"), Some("8e03978e"));
            assert_eq!(received.body, "order");
        }
    });
}

#[test]
fn what_is_declared_not_repeatable_is_sent_once_unless_it_was_not_processed() {
    virtual_time().block_on(async {
        for (script, requests) in [
            (script![503], 1),
            (script![reset], 1),
            (script![fin], 1),
            (script![429], 3),
        ] {
            let server = Server::start(script).await;
            let request = client(Policy::standard()).put(server.url("/"));
            let _ = request.call(|c| c.repeatable(false)).send().await;
            assert_eq!(server.requests(), requests);
        }
    });
}

#[test]
fn a_policy_overrides_single_rows_ranges_and_classes() {
    virtual_time().block_on(async {
        let standard = Policy::standard;
        let rows = [
            (standard().on(409, Rule::retry(2)), 409, [3, 1, 3, 1]),
            (standard().on(409, Rule::retry(1)), 409, [2, 1, 2, 1]),
            (standard().on(409, Rule::retry(0)), 409, RETURNED),
            (
                standard().on(409, Retry::BACKOFF.any_method()),
                409,
                RETRY_ANY,
            ),
            (
                standard().on(StatusClass::ServerError, Rule::FailFast),
                503,
                RETURNED,
            ),
            (
                standard().on(StatusClass::ServerError, Rule::FailFast),
                429,
                RETRY_ANY,
            ),
            (standard().on(500..=503, Rule::RETRY), 501, RETRY),
            (standard().on(500..=503, Rule::RETRY), 504, RETRY),
            (standard().on(500..=503, Rule::RETRY), 505, RETURNED),
            (standard().on(200..=299, Rule::RETRY), 204, RETRY),
            (standard().on(600.., Rule::retry(1)), 999, ONCE_MORE),
            (standard().on(503, Rule::Accept), 503, RETURNED),
            // The last word on a status wins.
            (
                standard()
                    .on(503, Rule::FailFast)
                    .on(500..=599, Rule::RETRY),
                503,
                RETRY,
            ),
            (
                standard()
                    .on(500..=599, Rule::RETRY)
                    .on(503, Rule::FailFast),
                503,
                RETURNED,
            ),
            (standard().attempts(5), 503, [5, 1, 5, 1]),
            (standard().attempts(1), 503, RETURNED),
            (standard().repeatable(true), 503, [3, 3, 3, 1]),
            (standard().repeatable(false), 503, RETURNED),
            (standard().repeatable(false), 425, RETRY_ANY),
        ];
        for (index, (policy, status, promised)) in rows.into_iter().enumerate() {
            assert_eq!(
                counts(policy, Step::status(status)).await,
                promised,
                "row {index}"
            );
        }
    });
}
