//! Pace before the server has to say no: `cargo run --example throttle`

use std::error::Error;

use futures_util::future::join_all;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, RequestBuilder};
use steadfast::prelude::*;
use steadfast::{InvalidPolicies, LimitScope, Policies, Policy, Priority, Quota, Rate};
use steadfast_testkit::{Limited, Says};

const URL: &str = "http://api.example.com/v1/items";

fn planned() -> Result<Policies, InvalidPolicies> {
    let rates = [
        Rate::per_second(20).burst(10),
        Rate::per_hour(6000).share(1, 6),
    ];
    let quota = Quota::per_day(40).scope(LimitScope::Credential).warn_at(75);
    let api = Policy::standard()
        .rate_limit(rates)
        .cost_of(|request| 1 + 4 * u32::from(request.url.path.ends_with("/batch")))
        .quota(quota);
    Policies::builder()
        .endpoint("api.example.com/**", api)
        .build()
}

fn in_a_batch(request: RequestBuilder) -> RequestBuilder {
    request.call(|c| c.priority(Priority::Low))
}

/// An API that lets 20 per second through, 10 of them at once, and says so in its headers.
fn api() -> Limited {
    Limited::token_bucket(20, 10).says(Says::RateLimit)
}

/// How many of 30 calls that are made at once succeed.
async fn thirty(client: &ClientWithMiddleware) -> usize {
    let calls = join_all((0..30).map(|_| client.get(URL).send())).await;
    let good = calls.iter().flatten();
    good.filter(|answer| answer.status() == 200).count()
}

fn tell(what: &str, good: usize, server: &Limited) {
    let refusals = server.refused();
    println!("{what:11} {good} of 30 succeed, {refusals} refusals");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chain = || ClientBuilder::new(reqwest::Client::new());

    let server = api();
    let good = thirty(&chain().with(server.clone()).build()).await;
    tell("bare:", good, &server);

    // Nothing is configured: the first answers tell the limit, and the rest keeps to it.
    let (server, policies) = (api(), Policies::standard());
    let client = chain()
        .with(policies.middleware())
        .with(server.clone())
        .build();
    let good = thirty(&client).await;
    tell("learned:", good, &server);

    // What is known is said: rates, the share of this process, and a plan.
    let (server, policies) = (api(), planned()?);
    let client = chain()
        .with(policies.middleware())
        .with(server.clone())
        .build();
    let good = thirty(&client).await;
    tell("configured:", good, &server);

    // Ask first: a batch job waits for its turn before it builds a large request.
    policies.throttle().ready(&client.get(URL).build()?).await?;
    println!("asked:      ready");

    // 10 of the day's 40 are left: the others fail at once and say when they could be made.
    let calls = join_all((0..30).map(|_| client.get(URL).send())).await;
    if let Some(error) = calls.into_iter().find_map(Result::err) {
        println!("quota:      {}", steadfast::Error::from(error));
    }

    // A batch gives way to a person, who calls last.
    let policy = Policy::standard().rate_limit(Rate::per_second(20).burst(1));
    let policies = Policies::builder().default_policy(policy).build()?;
    let client = chain().with(policies.middleware()).with(api()).build();
    let batch = join_all((0..20).map(|_| in_a_batch(client.get(URL)).send()));
    let person = client.get(URL).send();
    let first = tokio::select! {
        biased;
        _ = batch => "the batch",
        _ = person => "the person",
    };
    println!("priority:   {first} is done first");
    Ok(())
}
