//! Different policies for different endpoints: a rate limit for the search, one attempt for payments, a rule of your
//! own for one status, and options for a single call. A mistake is named when the policies are built.
//!
//! `cargo run --example endpoint_policies`
#![expect(clippy::disallowed_methods, reason = "a stopwatch for the reader")]

use std::error::Error;
use std::time::{Duration, Instant};

use steadfast::prelude::*;
use steadfast::{Policies, Policy, Rate, Rule};
use steadfast_testkit::{Server, script};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .on("/v1/search", 200)
        .on("/v1/payments", script![503, 200])
        .on("/v1/reports", script![409, 200])
        .on("/v1/orders", script![502, 502, 200])
        .start()
        .await;
    let host = format!("http://{}", server.address());

    let policies = Policies::builder()
        .endpoint(
            format!("GET {host}/v1/search/**"),
            Policy::standard().rate_limit(Rate::per_second(10).burst(3)),
        )
        .endpoint(
            format!("{host}/v1/payments"),
            Policy::standard().attempts(1),
        )
        // This API answers 409 while a report is still being written.
        .endpoint(
            format!("{host}/v1/reports"),
            Policy::standard().on(409, Rule::retry(1)),
        )
        .build()?;
    let client = policies.wrap(reqwest::Client::new());

    println!("search, 10 per second, a burst of 3:");
    let start = Instant::now();
    for call in 1..=6 {
        client.get(server.url("/v1/search")).send().await?;
        println!(
            "  call {call} answered after {:>3} ms",
            start.elapsed().as_millis()
        );
    }

    let answer = client.put(server.url("/v1/payments")).send().await?;
    println!("payments, one attempt: {}", answer.record());
    let answer = client.get(server.url("/v1/reports")).send().await?;
    println!("reports, 409 once more: {}", answer.record());

    // What differs for one call only. A POST is not retried after a 502 ...
    let url = server.url("/v1/orders");
    let answer = client.post(&url).send().await?;
    println!("POST: {}", answer.record());
    // ... unless you say that this one is safe to send twice.
    let answer = client
        .post(&url)
        .call(|c| c.repeatable(true).retry_for(Duration::from_secs(5)))
        .send()
        .await?;
    println!("POST, repeatable: {}", answer.record());

    for (pattern, policy) in [
        ("https://*.example.com/**", Policy::standard()),
        ("https://api.example.com/**", Policy::standard().attempts(0)),
    ] {
        if let Err(mistake) = Policies::builder().endpoint(pattern, policy).build() {
            println!("mistake: {mistake}");
        }
    }
    Ok(())
}
