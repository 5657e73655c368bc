//! `ensure_success`: an error status with everything one needs to know about it.

use std::time::Duration;

use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Error, ErrorKind, Policy};
use steadfast_testkit::{Server, Step, script, virtual_time};

use super::SECOND;
use super::common::{Watch, client};

/// What `ensure_success` makes of an answer, and when.
async fn refused(answer: Step) -> (Error, Duration) {
    let server = Server::start(answer).await;
    let start = Watch::start();
    let response = client(Policy::standard().attempts(1))
        .get(server.url("/v1/orders/7"))
        .send()
        .await
        .unwrap();
    (
        response.ensure_success().await.unwrap_err(),
        start.elapsed(),
    )
}

#[test]
fn a_success_passes_through_with_its_body() {
    virtual_time().block_on(async {
        for status in [200, 204, 299, 302, 304, 399, 600] {
            let server = Server::start(Step::status(status)).await;
            let response = client(Policy::standard())
                .get(server.url("/"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.ensure_success().await.unwrap().status(), status);
        }
        let server = Server::start(Step::from(200).body("hello")).await;
        let response = client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            response
                .ensure_success()
                .await
                .unwrap()
                .text()
                .await
                .unwrap(),
            "hello"
        );
    });
}

#[test]
fn every_error_status_is_an_error_with_its_status() {
    virtual_time().block_on(async {
        for status in 400..=599 {
            let (error, _) = refused(Step::status(status)).await;
            assert_eq!(error.kind(), ErrorKind::Status);
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(
                !error.details().unwrap().advice().summary().is_empty(),
                "{status}"
            );
        }
    });
}

#[test]
fn problem_details_are_read_and_shown() {
    virtual_time().block_on(async {
        let problem = r#"{"type":"https://api.example/funds","title":"Not enough credit","status":403,
            "detail":"Your balance is 30","instance":"/accounts/7","balance":30}"#;
        let answer = Step::from(422).header("content-type", "application/problem+json").body(problem);
        let (error, _) = refused(answer).await;
        let details = error.details().unwrap();
        let read = details.problem().unwrap();
        assert_eq!(read.type_uri.as_deref(), Some("https://api.example/funds"));
        assert_eq!(read.title.as_deref(), Some("Not enough credit"));
        assert_eq!(read.status, Some(403));
        assert_eq!(read.detail.as_deref(), Some("Your balance is 30"));
        assert_eq!(read.instance.as_deref(), Some("/accounts/7"));
        assert_eq!(read.extensions, [("balance".to_owned(), "30".to_owned())]);
        assert_eq!(details.body_start(), problem.as_bytes());
        assert_eq!(details.status(), 422, "the line that was sent counts, not the member");
        let shown = error.to_string();
        assert!(shown.starts_with("422 Unprocessable Entity from http://127.0.0.1:"), "{shown}");
        assert!(shown.contains("Not enough credit") && shown.contains("Your balance is 30"), "{shown}");
    });
}

#[test]
fn a_body_that_is_no_problem_is_kept_as_it_is() {
    virtual_time().block_on(async {
        for (content_type, body) in [
            ("text/plain", "field `amount` is missing"),
            ("application/problem+json", "{not json"),
            ("application/json", r#"{"title":"no problem document"}"#),
        ] {
            let (error, _) = refused(
                Step::from(400)
                    .header("content-type", content_type)
                    .body(body),
            )
            .await;
            let details = error.details().unwrap();
            assert_eq!(details.problem(), None, "{content_type}");
            assert_eq!(details.body_start(), body.as_bytes());
        }
    });
}

#[test]
fn a_long_body_is_read_to_16_kib_and_no_further() {
    virtual_time().block_on(async {
        let (error, _) = refused(Step::from(500).body_len(4 << 20)).await;
        assert_eq!(error.details().unwrap().body_start().len(), 16 * 1024);
    });
}

#[test]
fn a_body_that_drips_or_breaks_off_does_not_hide_the_error() {
    virtual_time().block_on(async {
        let (error, took) = refused(Step::from(400).body("0123456789").drip(1, SECOND)).await;
        assert_eq!(took, 5 * SECOND);
        let start = error.details().unwrap().body_start().len();
        assert!((5..=6).contains(&start), "{start}");
        for broken in [
            Step::from(400).body("0123456789").half_body(),
            Step::from(400).body("0123456789").half_body().rst(),
        ] {
            let (error, took) = refused(broken).await;
            assert_eq!(
                (error.status().unwrap().as_u16(), took),
                (400, Duration::ZERO)
            );
        }
    });
}

#[test]
fn the_providers_request_id_is_there_to_quote() {
    virtual_time().block_on(async {
        for header in [
            "x-request-id",
            "request-id",
            "x-github-request-id",
            "x-amzn-requestid",
            "cf-ray",
        ] {
            let (error, _) = refused(Step::from(404).header(header, "req_8e03")).await;
            assert_eq!(
                error.details().unwrap().request_id(),
                Some("req_8e03"),
                "{header}"
            );
            assert!(
                error.to_string().ends_with("(request id req_8e03)"),
                "{error}"
            );
        }
        let (error, _) = refused(Step::from(404)).await;
        assert_eq!(error.details().unwrap().request_id(), None);
    });
}

#[test]
fn the_advice_is_about_this_exchange() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(404)).await;
        let request = client(Policy::standard()).get(server.url("/v1/orders/undefined"));
        let error = request
            .send()
            .await
            .unwrap()
            .ensure_success()
            .await
            .unwrap_err();
        let advice = error.details().unwrap().advice().to_string();
        assert!(advice.contains("undefined"), "{advice}");
        let (error, _) = refused(Step::from(405).header("allow", "POST, PUT")).await;
        let advice = error.details().unwrap().advice().to_string();
        assert!(advice.contains("POST"), "{advice}");
    });
}

#[test]
fn the_error_of_a_call_that_was_given_up_has_its_history() {
    virtual_time().block_on(async {
        let server = Server::start(script![502, 503.retry_after(60)]).await;
        let request = client(Policy::standard()).get(server.url("/"));
        let error = request
            .send()
            .await
            .unwrap()
            .ensure_success()
            .await
            .unwrap_err();
        let record = error.record().unwrap();
        assert_eq!(record.attempt_count(), 2);
        assert!(matches!(record.stop(), Stop::Time(_)), "{record}");
        assert_eq!(error.retry_after(), Some(60 * SECOND));
        assert!(error.is_transient() && error.may_have_been_sent());
        let (error, _) = refused(Step::from(404)).await;
        assert_eq!(error.retry_after(), None);
        assert!(!error.is_transient() && !error.is_timeout() && !error.is_connect());
    });
}
