//! What is found in an exchange, and how a report reads.

mod path;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::hint::{HintSource, Hints, RetryAfter, spent_quota};

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    headers
}

/// The findings for a status, response headers and a path, as sentences.
fn found(code: u16, lines: &[(&'static str, &str)], path: &str) -> Vec<String> {
    let headers = headers(lines);
    let facts = Facts::new(status(code), &headers)
        .method(&Method::POST)
        .path(path);
    sentences(&facts)
}

fn sentences(facts: &Facts<'_>) -> Vec<String> {
    Advice::about(facts)
        .findings()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn allow_is_shown_with_what_was_sent() {
    let allow = [("allow", "GET, HEAD")];
    for code in [405, 501] {
        assert_eq!(
            found(code, &allow, ""),
            ["the server allows GET, HEAD here; POST was sent"]
        );
        assert_eq!(found(code, &[], ""), [""; 0]);
    }
    let lines = [("allow", "GET"), ("allow", "HEAD")];
    assert_eq!(
        found(405, &lines, ""),
        ["the server allows GET, HEAD here; POST was sent"]
    );
    let none = [("allow", "")];
    assert_eq!(
        found(405, &none, ""),
        ["the server allows no method here; POST was sent"]
    );
}

#[test]
fn a_401_names_the_scheme_and_the_error_but_never_a_token() {
    for (challenge, sentence) in [
        ("Basic realm=\"x\"", "the server wants Basic authentication"),
        (
            "Bearer realm=\"x\", error_description=\"gone\", error=\"invalid_token\"",
            "the server wants Bearer authentication and says invalid_token",
        ),
        (
            "Negotiate YIIS3CR3T=",
            "the server wants Negotiate authentication",
        ),
    ] {
        assert_eq!(
            found(401, &[("www-authenticate", challenge)], ""),
            [sentence]
        );
    }
    let (response, mut request) = (HeaderMap::new(), HeaderMap::new());
    let facts = Facts::new(status(401), &response);
    assert_eq!(
        sentences(&facts),
        [""; 0],
        "nothing is known of the request's headers"
    );
    let bare = facts.request_headers(&request);
    assert_eq!(
        sentences(&bare),
        ["the request carried no Authorization or API key header"]
    );
    request.insert("authorization", HeaderValue::from_static("Bearer S3CR3T"));
    assert_eq!(sentences(&facts.request_headers(&request)), [""; 0]);
}

#[test]
fn a_piece_of_a_path_that_is_quoted_cannot_steer_a_terminal() {
    let said = found(404, &[], "/v1/{a\u{202e}\u{1b}b}").join(" ");
    assert!(said.contains("{a\u{fffd}\u{fffd}b}"), "{said:?}");
}

#[test]
fn what_a_server_says_is_wrong_cannot_steer_a_terminal() {
    let none = HeaderMap::new();
    let body = "{\"message\":\"a\u{202e}\u{1b}[31m\\u202e\\nb\"}";
    let facts = Facts::new(status(400), &none).body_start(body.as_bytes());
    let said = sentences(&facts).join(" ");
    assert!(said.contains("a\u{fffd}\u{fffd}[31m\u{fffd} b"), "{said:?}");
}

#[test]
fn the_providers_request_id_is_quoted_when_it_is_harmless() {
    let id = |name, value| found(500, &[(name, value)], "");
    for name in [
        "x-request-id",
        "request-id",
        "x-github-request-id",
        "x-amzn-requestid",
        "cf-ray",
    ] {
        assert_eq!(
            id(name, "req_7-A"),
            [format!("tell the provider's support {name}: req_7-A")]
        );
    }
    for odd in ["", "a b", "x\ty", &"9".repeat(201)] {
        assert_eq!(id("x-request-id", odd), [""; 0], "{odd:?}");
    }
}

#[test]
fn a_429_has_two_answers() {
    let headers = HeaderMap::new();
    let facts = Facts::new(status(429), &headers);
    let fast = Advice::about(&facts);
    assert_eq!(
        (fast.advice().title, fast.advice().repeating_helps),
        ("Too Many Requests", Helps::Yes)
    );
    let quota = spent_quota(br#"{"status":"OVER_DAILY_LIMIT"}"#, &headers);
    let spent = Advice::about(&facts.quota(quota));
    assert_eq!(
        (spent.advice().title, spent.advice().repeating_helps),
        ("Quota Used Up", Helps::No)
    );
    assert_eq!(
        sentences(&facts.quota(quota)),
        ["the daily quota is used up"]
    );
    assert!(
        spent.summary().starts_with("429 Quota Used Up: "),
        "{}",
        spent.summary()
    );
    let quota = spent_quota(b"You have reached your daily limit.", &headers);
    let said = Advice::about(&facts.quota(quota));
    assert_eq!(said.advice().title, "Too Many Requests");
    assert_eq!(
        sentences(&facts.quota(quota)),
        ["the answer's text says that the daily quota is used up"]
    );
}

#[test]
fn a_403_that_is_a_rate_limit_is_not_called_a_matter_of_permission() {
    let headers = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "30")]);
    let wall = || std::time::UNIX_EPOCH;
    let hints = Hints::read_refusal(status(403), &headers, wall);
    let facts = Facts::new(status(403), &headers).hints(hints);
    assert_eq!(Advice::about(&facts).advice().waiting_helps, Helps::Yes);
    assert_eq!(
        sentences(&facts),
        [
            "the server asks to wait 30 s (X-RateLimit-Reset)",
            "nothing is left of the rate limit"
        ]
    );
}

#[test]
fn a_wait_is_shown_as_it_was_read_or_else_as_it_was_sent() {
    let sent = headers(&[("retry-after", "120")]);
    let mut hints = Hints::default();
    for code in [429, 503] {
        assert_eq!(
            found(code, &[("retry-after", "soon")], ""),
            ["the server sent Retry-After: soon"]
        );
        hints.retry_after = Some(RetryAfter::new(
            Duration::from_secs(120),
            HintSource::RetryAfter,
        ));
        let facts = Facts::new(status(code), &sent).hints(hints);
        assert_eq!(
            sentences(&facts),
            ["the server asks to wait 2 min (Retry-After)"]
        );
    }
}

#[test]
fn what_was_sent_stands_beside_what_is_wanted() {
    let response = headers(&[("accept-post", "application/json")]);
    let mut request = headers(&[("content-type", "text/plain")]);
    let facts = Facts::new(status(415), &response);
    assert_eq!(
        sentences(&facts.request_headers(&request)),
        [
            "the request was sent with content-type: text/plain",
            "the server says accept-post: application/json"
        ]
    );
    request.clear();
    let unsaid = sentences(&facts.request_headers(&request));
    assert_eq!(unsaid[0], "the request was sent without content-type");
}

#[test]
fn the_body_of_a_400_speaks_for_itself() {
    let headers = HeaderMap::new();
    let says =
        |body: &str| sentences(&Facts::new(status(400), &headers).body_start(body.as_bytes()));
    for (body, text) in [
        (
            r#"{"title":"Bad","detail":"age must be \"positive\""}"#,
            r#"age must be "positive""#,
        ),
        (
            r#"{"error":{"code":7,"message":"no\nsuch field"}}"#,
            "no such field",
        ),
        (
            r#"{"error":"invalid_grant","error_description":"expired"}"#,
            "expired",
        ),
        (r#" [{"message" : "caf\u00e9"}]"#, "café"),
        (r#"{"message":"cut in the mi"#, "cut in the mi"),
    ] {
        assert_eq!(says(body), [format!("the server says: {text}")], "{body}");
    }
    for body in [
        "",
        "message",
        "<html>",
        "{\"message\":7}",
        "{\"message\":\"\"}",
        "{\"x\":1}",
    ] {
        assert_eq!(says(body), [""; 0], "{body}");
    }
}

#[test]
fn a_web_page_is_a_sign_of_a_gateway() {
    let lines = [
        ("content-type", "Text/HTML; charset=utf-8"),
        ("server", "cloudflare"),
    ];
    let sentence = "the answer is a web page, perhaps not from the API itself (Server: cloudflare)";
    assert_eq!(found(502, &lines, ""), [sentence]);
    assert_eq!(found(400, &lines, ""), [""; 0]);
}

#[test]
fn a_report_reads_from_what_was_found_to_what_is_usual() {
    let headers = headers(&[("x-request-id", "r1")]);
    let facts = Facts::new(status(404), &headers).path("/u/null");
    let report = Advice::about(&facts);
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("404 Not Found: nothing is at this address"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("  here: the URL contains `null`"),
        "{text}"
    );
    assert_eq!(
        lines[2],
        "  here: tell the provider's support x-request-id: r1"
    );
    assert_eq!(
        lines[3],
        "  usually on the side of the caller; waiting helps: no; repeating helps: no"
    );
    assert!(
        lines[4].starts_with("  likely: a typo") && lines.len() == 11,
        "{text}"
    );
    assert_eq!(report.summary().lines().count(), 1);
    assert!(Advice::of(status(200)).causes.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(256)))]

    #[test]
    fn no_exchange_panics_and_no_credential_is_shown(
        code in 100_u16..1000, path in "(/|\\PC|%[0-9A-F]{2}|\\{|\\}|\\?|=|#){0,12}",
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            "\\{\"(message|detail)\":\"(\\\\|u|\"|\\PC){0,12}".prop_map(String::into_bytes),
        ],
        name in prop::sample::select(vec![
            "allow", "www-authenticate", "proxy-authenticate", "retry-after", "x-request-id",
            "accept", "content-range", "upgrade", "link", "server", "content-type",
        ]),
        value in prop::collection::vec(any::<u8>(), 0..300),
        secret_in in prop::sample::select(vec!["authorization", "x-api-key", "cookie"]),
    ) {
        const SECRET: &str = "S3CR3T-51CA";
        let (mut response, mut request) = (HeaderMap::new(), HeaderMap::new());
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            response.insert(HeaderName::from_static(name), value.clone());
            request.insert(HeaderName::from_static(name), value);
        }
        request.insert(HeaderName::from_static(secret_in), HeaderValue::from_static(SECRET));
        let facts = Facts::new(status(code), &response)
            .path(&path)
            .request_headers(&request)
            .body_start(&body);
        let report = Advice::about(&facts);
        let shown = format!("{report}{report:?}");
        prop_assert!(!shown.contains(SECRET), "{}", shown);
        for finding in report.findings() {
            let text = finding.to_string();
            let bounded = text.chars().count() < 300;
            prop_assert!(bounded && !text.contains(char::is_control), "{}", text);
        }
        prop_assert!(code >= 400 || report.findings().is_empty());
    }
}
