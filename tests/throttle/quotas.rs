//! Plans for a day or a month: counted, told before they are used up, and not waited for.
//!
//! Days roll here. One that begins at midnight would begin anew under a test that runs at midnight, since the time of
//! day is the one clock that virtual time does not move.

use std::time::Duration;

use steadfast::{ErrorKind, LimitScope, Policy, Quota};
use steadfast_testkit::{Step, Transport, script};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::capture::hear;
use super::common::Watch;
use super::{HOUR, SECOND, get, one, status};

const URL: &str = "http://api.test/";

fn quota(text: &str) -> Quota {
    text.parse::<Quota>().unwrap().rolling()
}

#[tokio::test(start_paused = true)]
async fn the_fourth_call_of_three_a_day_fails_at_once_and_says_when_to_come_back() {
    let server = Transport::new(200);
    let client = one(Policy::standard().quota(quota("3/day")), server.clone());
    let start = Watch::start();
    for _ in 0..3 {
        assert_eq!(status(&client, URL).await, 200);
    }
    let error = get(&client, URL).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaUsedUp, "{error}");
    assert_eq!((start.elapsed(), server.requests()), (Duration::ZERO, 3));
    let wait = error.retry_after().unwrap();
    // The real time that passed meanwhile, and uses within half an hour that are forgotten together.
    let day = 24 * HOUR;
    assert!(wait > day - 60 * SECOND && wait <= day + HOUR, "{wait:?}");
    let text = error.to_string();
    let named = ["the quota of 3 per", "is used up; it resets in", URL];
    assert!(named.iter().all(|part| text.contains(part)), "{text}");
    assert!(error.is_transient() && !error.may_have_been_sent());
}

#[tokio::test(start_paused = true)]
async fn every_attempt_counts() {
    let server = Transport::new(503);
    let client = one(Policy::standard().quota(quota("4/day")), server.clone());
    get(&client, URL).await.unwrap();
    let last = get(&client, URL).await;
    assert_eq!(
        server.requests(),
        4,
        "three attempts, and one: {:?}",
        last.map(|response| response.status())
    );
    assert_eq!(
        get(&client, URL).await.unwrap_err().kind(),
        ErrorKind::QuotaUsedUp
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_that_a_quota_is_spent_is_believed() {
    let body = r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;
    let server = Transport::new(Step::from(429).body(body));
    let client = one(
        Policy::standard().quota(quota("1000/month")),
        server.clone(),
    );
    let start = Watch::start();
    let response = get(&client, URL).await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.text().await.unwrap(), body, "whole");
    let error = get(&client, URL).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaUsedUp, "{error}");
    assert!(error.retry_after().is_some());
    assert_eq!((start.elapsed(), server.requests()), (Duration::ZERO, 1));
}

#[test]
fn a_quota_warns_once_when_four_fifths_are_used() {
    let calls = |calls| {
        let (heard, ()) = hear(LevelFilter::WARN, async {
            let policy = Policy::standard().quota(quota("10/day"));
            let client = one(policy, Transport::new(200));
            for _ in 0..calls {
                assert_eq!(status(&client, URL).await, 200);
            }
        });
        let said = heard.said(Level::WARN);
        said.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(calls(7), Vec::<String>::new());
    for used in [8, 10] {
        let said = calls(used);
        assert_eq!(said.len(), 1, "{said:?}");
        let start = "8 of 10 requests of a quota are used: http://api.test";
        assert!(said[0].starts_with(start), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sentence_in_a_body_uses_up_no_quota_and_the_429_is_treated_by_its_headers() {
    for body in [
        r#"{"message":"Too many requests. Upgrade to Pro for $20/month."}"#,
        r#"{"message":"You have reached your monthly limit."}"#,
        r#"{"error":"too many requests","query":"monthly quota"}"#,
        r#"{"query":{"code":"insufficient_quota"},"error":{"code":"slow_down"}}"#,
        "monthly limit reached",
    ] {
        let refused = || Step::from(429).header("retry-after", "3").body(body);
        let server = Transport::new(script![refused(), 200]);
        let policy = Policy::standard().quota(quota("1000/month"));
        let client = one(policy, server.clone());
        let start = Watch::start();
        let response = get(&client, URL).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), server.requests()),
            (200, 2),
            "{body}"
        );
        let waited = start.elapsed();
        assert!(
            waited >= 3 * SECOND && waited < 4 * SECOND,
            "{body}: {waited:?}"
        );
        assert_eq!(status(&client, URL).await, 200, "{body}");
    }
}

#[test]
fn a_quota_warning_shows_the_identity_and_never_a_credential() {
    let said = |policy: Policy| {
        let (heard, ()) = hear(LevelFilter::WARN, async {
            let client = one(policy, Transport::new(200));
            let request = client
                .get(URL)
                .bearer_auth("s3cret")
                .header("x-api-key", "s3cret");
            request.send().await.unwrap();
        });
        heard.said(Level::WARN).join(" ")
    };
    let spent = || quota("1/day");
    for scope in [
        LimitScope::Endpoint,
        LimitScope::Origin,
        LimitScope::Credential,
    ] {
        let warning = said(Policy::standard().quota(spent().scope(scope)));
        assert!(warning.contains("1 of 1 requests"), "{scope}: {warning}");
        assert!(!warning.contains("s3cret"), "{scope}: {warning}");
    }
    let warning = said(Policy::standard().identity("acme").quota(spent()));
    assert!(warning.ends_with(" for acme"), "{warning}");
}
