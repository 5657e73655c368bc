//! Mistakes in policies and calls: named with the pattern, the field, the value and what would be right.

use std::time::Duration;

use steadfast::prelude::*;
use steadfast::{Error, ErrorKind, Policies, Policy, Rate, Rule};
use steadfast_testkit::{Server, Step, virtual_time};

use super::SECOND;
use super::common::client;

#[test]
fn a_value_that_makes_no_sense_is_named_when_policies_are_built() {
    let zero = Duration::ZERO;
    let standard = Policy::standard;
    for (policy, message) in [
        (
            standard().attempts(0),
            "`attempts` is 0, but has to be at least 1",
        ),
        (
            standard().attempt_timeout(zero),
            "`attempt_timeout` is 0s, but has to be more than no time",
        ),
        (
            standard().deadline(zero),
            "`deadline` is 0s, but has to be more than no time",
        ),
        (
            standard().attempt_timeout(2 * SECOND).deadline(SECOND),
            "`attempt_timeout` is 2s with a deadline of 1s, but has to be no longer than the deadline",
        ),
        (
            standard().rate_limit(Rate::per_second(0)),
            "`rate_limit` is 0 per second (the count is 0), but has to be at least one attempt per period",
        ),
        (
            standard().on(99, Rule::RETRY),
            "`on` is 99..=99 leaves 100..=999, but has to be a set of statuses within 100..=999",
        ),
    ] {
        let mistake = Policies::builder()
            .default_policy(policy.clone())
            .build()
            .unwrap_err();
        assert_eq!(mistake.to_string(), format!("default policy: {message}"));
        let pattern = "GET https://api.example.com/v1/**";
        let mistake = Policies::builder()
            .endpoint(pattern, policy)
            .build()
            .unwrap_err();
        assert_eq!(
            mistake.to_string(),
            format!("endpoint `{pattern}`: {message}")
        );
    }
}

#[test]
fn a_pattern_that_makes_no_sense_is_named() {
    for (pattern, part) in [
        (
            "get https://api.example.com/**",
            "write it in capitals, as in `GET`",
        ),
        (
            "gopher://api.example.com/**",
            "`http` and `https` are known",
        ),
        (
            "https://a*.example.com/**",
            "one exact host, or `*.` and a name",
        ),
        (
            "https://api.example.com/a/*/b",
            "`/**` for any rest and only at the end",
        ),
        ("https://api.example.com:99999/", "1 to 65535"),
        (
            "https://user@api.example.com/",
            "credentials do not belong there",
        ),
        ("", "[METHOD[,METHOD] ][scheme://]host[:port][/path]"),
    ] {
        let mistake = Policies::builder()
            .endpoint(pattern, Policy::standard())
            .build()
            .unwrap_err();
        let shown = mistake.to_string();
        assert!(
            shown.contains(&format!("`{pattern}`")) && shown.contains(part),
            "{shown}"
        );
    }
}

#[test]
fn the_same_pattern_twice_is_a_mistake() {
    let twice = Policies::builder()
        .endpoint("https://api.example.com/v1/**", Policy::standard())
        .endpoint(
            "https://API.example.com:443/v1/**",
            Policy::standard().attempts(5),
        )
        .build()
        .unwrap_err();
    let shown = twice.to_string();
    assert!(
        shown.contains("stands twice; which of the two policies is meant?"),
        "{shown}"
    );
}

#[test]
fn a_mistake_in_a_call_is_an_error_of_send_and_nothing_is_sent() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(200)).await;
        let client = client(Policy::standard());
        let calls = [
            (
                client.get(server.url("/")).call(|c| c.attempts(0)),
                "invalid call: `attempts` is 0, but has to be at least 1",
            ),
            (
                client
                    .get(server.url("/"))
                    .call(|c| c.deadline(Duration::ZERO)),
                "invalid call: `deadline` is 0s, but has to be more than no time",
            ),
            (
                client
                    .get(server.url("/"))
                    .call(|c| c.attempt_timeout(Duration::ZERO)),
                "invalid call: `attempt_timeout` is 0s, but has to be more than no time",
            ),
        ];
        for (call, message) in calls {
            let error = call.send().await.unwrap_err();
            assert!(!error.may_have_been_sent() && !error.timed_out());
            let error = Error::from(error);
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert_eq!(error.to_string(), message);
            assert!(!error.is_transient());
        }
        assert_eq!(server.requests(), 0);
    });
}

#[test]
fn an_error_of_another_middleware_is_its_own_and_not_repeated() {
    struct Refuses;
    #[async_trait::async_trait]
    impl reqwest_middleware::Middleware for Refuses {
        async fn handle(
            &self,
            _: reqwest::Request,
            _: &mut http::Extensions,
            _: reqwest_middleware::Next<'_>,
        ) -> reqwest_middleware::Result<reqwest::Response> {
            Err(reqwest_middleware::Error::Middleware(anyhow::anyhow!(
                "no token to sign with"
            )))
        }
    }
    virtual_time().block_on(async {
        let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
            .with(Policies::standard().middleware())
            .with(Refuses)
            .build();
        let (record, result) = client.get("http://127.0.0.1/").send_recorded().await;
        assert_eq!(record.attempt_count(), 1);
        let error = Error::from(result.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Middleware);
        assert_eq!(error.to_string(), "no token to sign with");
        assert!(!error.is_transient());
    });
}

#[test]
fn a_url_without_a_scheme_says_so_and_was_not_sent() {
    virtual_time().block_on(async {
        let client = client(Policy::standard());
        for (url, expected) in [
            (
                "api.example.com/v1",
                "invalid request: relative URL without a base (a URL begins with its scheme, as in `https://api.example.com`)",
            ),
            ("https://", "invalid request: empty host"),
            (
                "ftp://files.example/a",
                "invalid request: URL scheme is not allowed: ftp://files.example/a",
            ),
        ] {
            let (record, result) = client.get(url).send_recorded().await;
            let error = Error::from(result.unwrap_err());
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(!error.may_have_been_sent() && !record.may_have_been_sent(), "{record}");
        }
        let (record, _) = client.get("api.example.com").send_recorded().await;
        assert_eq!((record.attempt_count(), record.to_string()), (0, "no attempt".to_owned()));
    });
}
