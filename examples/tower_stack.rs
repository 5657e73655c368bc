//! The layers for people who build on tower: one of them alone, two of them in a `ServiceBuilder`, and the whole
//! stack as one layer; over a `reqwest::Client` and over a service of `http::Request`.
//!
//! `cargo run --example tower_stack`
#![expect(clippy::disallowed_methods, reason = "a stopwatch for the reader")]

use std::error::Error;
use std::time::Instant;

use steadfast::{Policies, Policy, Rate, Record};
use steadfast_testkit::{Server, Transport, script};
use steadfast_tower::retry::RetryLayer;
use steadfast_tower::throttle::ThrottleLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(script![503.retry_after_ms(200), 502, 200].cycle()).await;
    let url = server.url("/items");
    let get = || {
        reqwest::Request::new(
            http::Method::GET,
            url.parse().unwrap_or_else(|_| unreachable!()),
        )
    };

    // One layer over the client that you have: a `reqwest::Client` is a tower service.
    let retry = RetryLayer::new(&Policy::standard())?;
    let mut client = ServiceBuilder::new()
        .layer(retry.clone())
        .service(reqwest::Client::new());
    let answer = client.ready().await?.call(get()).await?;
    println!(
        "retry over reqwest: {}, {}",
        answer.status(),
        record(answer.extensions())
    );

    // Two layers. The rate limit stands inside of the retry, so every attempt pays.
    let mut client = ServiceBuilder::new()
        .layer(retry)
        .layer(ThrottleLayer::new(Rate::per_second(5).burst(1))?)
        .service(reqwest::Client::new());
    let start = Instant::now();
    let answer = client.ready().await?.call(get()).await?;
    println!(
        "retry over throttle: {} after {} ms, at least 200 ms apart",
        answer.status(),
        start.elapsed().as_millis()
    );

    // The whole stack as one layer, over a service of `http::Request`: here a scripted one, without a socket.
    let transport = Transport::new(script![500, 200.body("hello")]);
    let client = ServiceBuilder::new()
        .layer(Policies::standard().layer())
        // An error type that is not known here: as a `BoxError`, or implement `steadfast_tower::Fault` for it.
        .map_err(tower::BoxError::from)
        .service(transport.clone());
    let request = http::Request::get("https://api.example.com/v1/items").body(String::new())?;
    let answer = client
        .oneshot(request)
        .await
        .map_err(|failure| failure.to_string())?;
    println!(
        "the whole stack over http::Request: {}, {}",
        answer.status(),
        record(answer.extensions())
    );
    println!("the transport saw {} requests", transport.requests());
    Ok(())
}

/// A response that was not accepted at the first attempt carries its record.
fn record(extensions: &http::Extensions) -> Record {
    extensions.get::<Record>().cloned().unwrap_or_default()
}
