//! Errors are those of the bare client.

use reqwest::Client;
use steadfast::error::FailureKind;
use steadfast::policy::Redirects;
use steadfast::prelude::*;
use steadfast::record::Outcome;
use steadfast::{Error, ErrorKind, Policy};
use steadfast_testkit::{Server, Step, refused_port, virtual_time};

use super::common::policies;
use super::{following, wrapped};

#[test]
fn too_many_redirects_are_an_error_of_the_transport_and_of_kind_redirect() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(302).header("location", "/")).await;
        let client = following(Redirects::limited(2), Client::builder());
        let (record, result) = client.post(server.url("/")).send_recorded().await;
        let error = result.unwrap_err();
        assert!(error.is_redirect());
        assert_eq!(error.url().unwrap().as_str(), server.url("/"));
        assert_eq!(Error::from(error).kind(), ErrorKind::Redirect);
        let outcome = record.attempts()[0].outcome;
        assert_eq!(outcome, Outcome::Failed(FailureKind::Redirect));
        assert_eq!((record.attempt_count(), server.requests()), (1, 3));
    });
}

#[test]
fn a_redirect_to_another_scheme_fails_the_redirect_and_not_the_request() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(307).header("location", "ftp://a.com/")).await;
        let client = wrapped(Client::builder());
        let (record, result) = client.post(server.url("/")).send_recorded().await;
        assert!(result.unwrap_err().is_builder(), "as with the bare client");
        let outcome = record.attempts()[0].outcome;
        assert_eq!(outcome, Outcome::Failed(FailureKind::Redirect));
    });
}

/// The `POST` was carried out, so it is not sent again; it was sent again when reqwest followed out of sight.
#[test]
fn a_post_is_not_repeated_for_a_server_that_a_redirect_led_to_in_vain() {
    virtual_time().block_on(async {
        let away = format!("http://{}/", refused_port());
        let server = Server::start(Step::from(303).header("location", away)).await;
        let client = policies(Policy::standard());
        let client = client.wrap_builder(Client::builder()).unwrap();
        let (record, result) = client.post(server.url("/")).send_recorded().await;
        assert!(result.unwrap_err().is_connect());
        assert_eq!(server.requests(), 1, "{record}");
        let (record, _) = client.get(server.url("/")).send_recorded().await;
        assert_eq!(record.attempt_count(), 3, "a GET is: {record}");
    });
}
