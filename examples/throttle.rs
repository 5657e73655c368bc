//! Pace before the server has to say no: learned from its headers, configured, and planned.
//!
//! `cargo run --example throttle`

use std::error::Error;

use futures_util::future::join_all;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::{Policies, Policy, Quota, Rate};
use steadfast_testkit::{Limited, Says};

const URL: &str = "http://api.example.com/v1/items";

/// How many of 30 calls that are made at once succeed.
async fn thirty(client: &ClientWithMiddleware) -> usize {
    let calls = join_all((0..30).map(|_| client.get(URL).send())).await;
    let good = calls
        .iter()
        .flatten()
        .filter(|answer| answer.status() == 200);
    good.count()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // An API that lets 20 per second through, 10 of them at once, and says so in its headers.
    let api = || Limited::token_bucket(20, 10).says(Says::RateLimit);

    let server = api();
    let bare = ClientBuilder::new(reqwest::Client::new())
        .with(server.clone())
        .build();
    let good = thirty(&bare).await;
    println!(
        "bare:       {good} of 30 succeed, {} refusals",
        server.refused()
    );

    // Nothing is configured: the first answers tell the limit, and the rest keeps to it.
    let server = api();
    let policies = Policies::standard();
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(server.clone())
        .build();
    let good = thirty(&client).await;
    println!(
        "learned:    {good} of 30 succeed, {} refusals",
        server.refused()
    );
    for scope in policies.throttle().snapshot() {
        println!(
            "            {} has {:?} left",
            scope.origin,
            scope.remaining.unwrap_or(0)
        );
    }

    // Known limits: several windows at once, the share of this process, and a plan.
    let plan = Policy::standard()
        .rate_limit([
            Rate::per_second(20).burst(10),
            Rate::per_hour(6000).share(1, 6),
        ])
        .quota(Quota::per_day(40).warn_at(75));
    let policies = Policies::builder()
        .endpoint("api.example.com/**", plan)
        .build()?;
    let server = api();
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(server.clone())
        .build();
    let good = thirty(&client).await;
    println!(
        "configured: {good} of 30 succeed, {} refusals",
        server.refused()
    );

    // Ask first: a batch job waits for its turn before it builds a large request.
    policies.throttle().ready(&client.get(URL).build()?).await?;
    println!("asked:      ready");

    // 10 of the day's 40 are left: the others fail at once and say when they could be made.
    for call in join_all((0..30).map(|_| client.get(URL).send())).await {
        if let Err(error) = call {
            println!("quota:      {}", steadfast::Error::from(error));
            break;
        }
    }
    Ok(())
}
