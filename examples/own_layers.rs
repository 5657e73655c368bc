//! An idempotency key, a fallback, and a layer of one's own around each call.
//!
//! `cargo run --example own_layers`

use std::error::Error;

use http::{HeaderValue, StatusCode};
use steadfast::policy::{FallbackResponse, IdempotencyKey};
use steadfast::prelude::*;
use steadfast::{InvalidPolicies, Policies, Policy};
use steadfast_testkit::{Server, script};
use tower::util::MapRequestLayer;

fn shop(api: &str) -> Result<Policies, InvalidPolicies> {
    let orders = Policy::standard().idempotency_key(IdempotencyKey::standard());
    let empty = FallbackResponse::new(StatusCode::OK).body("[]");
    let version = MapRequestLayer::new(|mut request: reqwest::Request| {
        let version = HeaderValue::from_static("2026-11-01");
        request.headers_mut().insert("api-version", version);
        request
    });
    Policies::builder()
        .endpoint(format!("POST {api}/v1/orders"), orders)
        .endpoint(
            format!("{api}/v1/hints/**"),
            Policy::standard().fallback(empty),
        )
        .around_call(version)
        .build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .on("/v1/orders", script![502, 201])
        .on("/v1/hints/tea", 503)
        .start()
        .await;
    let client = shop(&format!("http://{}", server.address()))?.wrap(reqwest::Client::new());

    let order = client.post(server.url("/v1/orders")).body("12 cups");
    println!("{}", order.send().await?.record());
    let log = server.log().entries();
    let one = |name| log.iter().map(move |request| request.header(name));
    let keys: Vec<_> = one("idempotency-key").collect();
    println!("the same key on both attempts: {}", keys[0] == keys[1]);
    println!("api-version: {:?}", one("api-version").next().flatten());

    let hints = client.get(server.url("/v1/hints/tea")).send().await?;
    println!("{}", hints.record());
    println!("{}", hints.text().await?);
    Ok(())
}
