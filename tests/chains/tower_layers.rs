//! Tower layers as middlewares, and the policies as a tower layer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::layers::TowerMiddleware;
use steadfast::policy::Overlay;
use steadfast::prelude::*;
use steadfast::{Policies, Policy, Rate, Record};
use steadfast_testkit::{Server, Step, Transport, TransportError, script, virtual_time};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::util::{MapErr, MapRequestLayer};
use tower::{BoxError, Layer, ServiceExt};

use super::SECOND;
use super::common::{Watch, policies};

fn tagged(mut request: reqwest::Request) -> reqwest::Request {
    let count = request.headers().get_all("x-tag").iter().count();
    request
        .headers_mut()
        .append("x-tag", HeaderValue::from(count));
    request
}

/// A client with one layer outside of steadfast or inside.
fn chain(
    outside: bool,
    layer: impl for<'a> steadfast::layers::LayerFor<'a>,
) -> ClientWithMiddleware {
    let builder = ClientBuilder::new(reqwest::Client::new());
    let (ours, other) = (
        Policies::standard().middleware(),
        TowerMiddleware::new(layer),
    );
    match outside {
        true => builder.with(other).with(ours).build(),
        false => builder.with(ours).with(other).build(),
    }
}

#[test]
fn map_request_runs_once_per_attempt_inside_and_leaves_no_traces() {
    virtual_time().block_on(async {
        for outside in [true, false] {
            let server = Server::start(script![503, reset, 200]).await;
            let client = chain(outside, MapRequestLayer::new(tagged));
            assert_eq!(
                client.get(server.url("/")).send().await.unwrap().status(),
                200
            );
            for received in server.log().entries() {
                assert_eq!(received.headers.get_all("x-tag").iter().count(), 1);
            }
        }
    });
}

#[test]
fn a_timeout_of_tower_inside_ends_an_attempt_and_outside_the_call() {
    virtual_time().block_on(async {
        let server = Server::start(script![silence]).await;
        let start = Watch::start();
        let client = chain(true, TimeoutLayer::new(SECOND));
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert!(error.to_string().contains("request timed out"), "{error}");
        assert_eq!((server.requests(), start.elapsed()), (1, SECOND));

        let client = chain(false, TimeoutLayer::new(SECOND));
        let (record, result) = client.get(server.url("/")).send_recorded().await;
        assert!(
            result
                .unwrap_err()
                .to_string()
                .contains("request timed out")
        );
        assert_eq!(
            record.attempt_count(),
            1,
            "another layer's own decision is not retried: {record}"
        );
    });
}

#[test]
fn a_concurrency_limit_inside_holds_no_permit_while_a_call_waits() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/slow", script![503.retry_after(20), 200])
            .fallback(200)
            .start()
            .await;
        let client = Arc::new(chain(false, GlobalConcurrencyLimitLayer::new(1)));
        let waiting = tokio::spawn(client.get(server.url("/slow")).send());
        server.log().wait_for(1).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let start = Watch::start();
        client.get(server.url("/quick")).send().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    });
}

#[test]
fn a_concurrency_limit_holds_over_all_calls() {
    virtual_time().block_on(async {
        for outside in [true, false] {
            let server = Server::start(Step::from(200).delay(SECOND)).await;
            let client = chain(outside, GlobalConcurrencyLimitLayer::new(2));
            let calls: Vec<_> = (0..6)
                .map(|_| tokio::spawn(client.get(server.url("/")).send()))
                .collect();
            let start = Watch::start();
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap().status(), 200);
            }
            let took = start.elapsed();
            assert!(
                took >= 3 * SECOND && took < 3 * SECOND + SECOND / 2,
                "{took:?}"
            );
        }
    });
}

#[test]
fn the_layer_stands_over_a_reqwest_client() {
    virtual_time().block_on(async {
        let server = Server::start(script![503, reset, 200.body("hello")]).await;
        let service = Policies::standard().layer().layer(reqwest::Client::new());
        let request = reqwest::Request::new(http::Method::GET, server.url("/").parse().unwrap());
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.record().attempt_count(), 3);
        assert_eq!(response.text().await.unwrap(), "hello");
    });
}

/// The errors of a transport that steadfast does not know, in a box.
fn boxed(transport: &Transport) -> MapErr<Transport, fn(TransportError) -> BoxError> {
    MapErr::new(transport.clone(), BoxError::from)
}

#[test]
fn the_layer_stands_over_services_of_http() {
    virtual_time().block_on(async {
        let transport = Transport::new(script![503, reset, 200.body("hello")]);
        let service = Policies::standard().layer().layer(boxed(&transport));
        let request = Request::put("https://api.example.com/v1/items/7")
            .body(Full::new(Bytes::from("order")));
        let response = service.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(
            response
                .extensions()
                .get::<Record>()
                .unwrap()
                .attempt_count(),
            3
        );
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "hello"
        );
        for received in transport.log().entries() {
            assert_eq!(received.body, "order");
        }
    });
}

#[test]
fn a_request_of_http_carries_its_overlay() {
    virtual_time().block_on(async {
        let transport = Transport::new(503);
        let service = Policies::standard().layer().layer(boxed(&transport));
        let overlay = Overlay::new().attempts(2).repeatable(true);
        let request = Request::post("https://api.example.com/").extension(Arc::new(overlay));
        let response = service
            .oneshot(request.body(Full::<Bytes>::default()).unwrap())
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), transport.requests()), (503, 2));
    });
}

#[test]
fn middleware_and_layer_of_one_handle_share_a_rate() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let policies = policies(Policy::standard().rate_limit(Rate::per_second(1).burst(1)));
        let client = policies.wrap(reqwest::Client::new());
        let service = policies.layer().layer(reqwest::Client::new());
        let start = Watch::start();
        client.get(server.url("/")).send().await.unwrap();
        let request = reqwest::Request::new(http::Method::GET, server.url("/").parse().unwrap());
        service.oneshot(request).await.unwrap();
        assert_eq!(start.elapsed(), SECOND);
    });
}

/// Seconds that two calls take under a rate of one per minute.
async fn two(hosts: [&[&str]; 2]) -> u64 {
    let rate = Policy::standard().rate_limit(Rate::per_minute(1));
    let client = tower::ServiceBuilder::new()
        .layer(policies(rate).layer())
        .map_err(BoxError::from)
        .service(Transport::new(script![200].cycle()));
    let start = Watch::start();
    for hosts in hosts {
        let mut request = Request::get("/items");
        for host in hosts {
            request = request.header("host", *host);
        }
        let request = request.body(String::new()).unwrap();
        let answer = client.clone().oneshot(request).await;
        assert_eq!(
            answer
                .map_err(|failure| failure.to_string())
                .unwrap()
                .status(),
            200
        );
    }
    start.elapsed().as_secs()
}

#[test]
fn requests_without_a_host_in_their_uri_share_what_those_to_the_same_host_share() {
    virtual_time().block_on(async {
        assert_eq!(two([&["a.test"], &["a.test"]]).await, 60);
        assert_eq!(two([&["a.test"], &["b.test"]]).await, 0);
        assert_eq!(two([&["a.test"], &["a.test:8080"]]).await, 0);
        assert_eq!(
            two([&[], &[]]).await,
            0,
            "nobody says that it is one server"
        );
        assert_eq!(two([&["a.test"], &["a.test", "b.test"]]).await, 0);
    });
}
