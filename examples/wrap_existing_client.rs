//! Wraps a client that exists: same builder methods, same timeouts, same TLS, other answers. The second half joins
//! a chain of reqwest-middleware and gives each attempt a fresh token.
//!
//! `cargo run --example wrap_existing_client`

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::AUTHORIZATION;
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use steadfast::Policies;
use steadfast::prelude::*;
use steadfast_testkit::{Server, script};

/// A middleware of yours: signs what passes through it.
#[derive(Default)]
struct Tokens(AtomicU32);

#[async_trait::async_trait]
impl Middleware for Tokens {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let token = format!("Bearer token-{}", self.0.fetch_add(1, Ordering::Relaxed));
        let value = token.parse().map_err(anyhow::Error::from)?;
        request.headers_mut().insert(AUTHORIZATION, value);
        next.run(request, extensions).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let flaky = || script![503, 502, 200.json(r#"["tea", "cups"]"#)].cycle();
    let server = Server::start(flaky()).await;

    // The client that you have, with its own settings.
    let existing = reqwest::Client::builder()
        .timeout(Duration::from_secs(5)) // holds per attempt from now on
        .user_agent("shop/1.0")
        .build()?;
    let answer = existing.get(server.url("/items")).send().await?;
    println!("bare:      {}", answer.status());

    // The one line. Everything below it compiles as before.
    let server = Server::start(flaky()).await;
    let client = steadfast::wrap(existing.clone());
    let answer = client.get(server.url("/items")).send().await?;
    println!("wrapped:   {}, {}", answer.status(), answer.record());
    println!(
        "body:      {}",
        answer.json::<Vec<String>>().await?.join(", ")
    );

    // In a chain: what comes after steadfast runs once per attempt.
    let server = Server::start(flaky()).await;
    let client = ClientBuilder::new(existing)
        .with(Policies::standard().middleware())
        .with(Tokens::default())
        .build();
    let answer = client.get(server.url("/items")).send().await?;
    println!("in a chain: {}", answer.record());
    for attempt in server.log().entries() {
        println!(
            "            {}",
            attempt.header("authorization").unwrap_or("no token")
        );
    }
    Ok(())
}
