//! Secrets in a URL are in no message of ours, nor in any of its sources.

use std::error::Error as StdError;

use steadfast::prelude::*;
use steadfast::{Error, Policy, Rate};
use steadfast_testkit::{Server, Step, refused_port, script, virtual_time};

use super::SECOND;
use super::common::client;

const SECRETS: &[&str] = &["hunter2", "tok_5ecret", "AKIDEXAMPLE"];

/// The URL with a password and tokens in it.
fn secret(url: &str) -> String {
    let url = url.replace("http://", "http://admin:hunter2@");
    format!("{url}?token=tok_5ecret&page=2&X-Amz-Signature=AKIDEXAMPLE")
}

/// All that the error and its sources show.
fn all(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    if let Some(record) = error.record() {
        shown += &format!(" {record} {record:?}");
    }
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?} {error:#?}");
        source = error.source();
    }
    if let Some(details) = error.details() {
        shown += &format!(" {details} {details:?} {}", details.advice());
    }
    shown
}

#[test]
fn no_error_of_ours_shows_a_secret() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/status", 404)
            .on(
                "/problem",
                Step::from(400)
                    .header("content-type", "application/problem+json")
                    .body(r#"{"title":"bad"}"#),
            )
            .on("/reset", script![reset])
            .on("/silence", script![silence])
            .on("/half", Step::from(200).body_len(100).half_body())
            .on(
                "/loop",
                Step::from(302).header("location", "/loop?token=tok_5ecret"),
            )
            .fallback(200)
            .start()
            .await;
        let limited = Policy::standard()
            .rate_limit(Rate::per_hour(1))
            .max_wait(SECOND);
        let late = Policy::standard().deadline(SECOND);
        let calls = [
            (Policy::standard(), server.url("/status")),
            (Policy::standard(), server.url("/problem")),
            (Policy::standard(), server.url("/reset")),
            (Policy::standard(), server.url("/silence")),
            (Policy::standard(), server.url("/half")),
            (Policy::standard(), server.url("/loop")),
            (Policy::standard(), format!("http://{}/", refused_port())),
            (late, server.url("/silence")),
            (limited, server.url("/limited")),
        ];
        for (policy, url) in calls {
            let client = client(policy);
            if url.ends_with("/limited") {
                client.get(&url).send().await.unwrap();
            }
            let error = fails(client.get(secret(&url)).timeout(2 * SECOND)).await;
            let shown = all(&error);
            for secret in SECRETS {
                assert!(!shown.contains(secret), "{url}: {secret} in {shown}");
            }
            assert!(
                error.url().unwrap().as_str().contains("tok_5ecret"),
                "the URL itself is whole"
            );
        }
    });
}

async fn fails(request: reqwest_middleware::RequestBuilder) -> Error {
    async fn call(request: reqwest_middleware::RequestBuilder) -> Result<String, Error> {
        Ok(request.send().await?.ensure_success().await?.text().await?)
    }
    call(request).await.unwrap_err()
}

#[test]
fn the_page_is_shown_where_the_token_is_not() {
    virtual_time().block_on(async {
        let server = Server::start(404).await;
        let error = fails(client(Policy::standard()).get(secret(&server.url("/a")))).await;
        let shown = error.to_string();
        assert!(
            shown.contains("/a?token=REDACTED&page=2&X-Amz-Signature=REDACTED"),
            "{shown}"
        );
        assert!(!shown.contains("admin"), "{shown}");
    });
}
