//! The README's code, run: a client that is wrapped, policies per endpoint, options for one call, one error type.
//!
//! `cargo run --example first_minute`

use std::time::Duration;

use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{ErrorKind, Policies, Policy, Rate, Rule};
use steadfast_testkit::{Server, script};

async fn first_minute(api: &str) -> Result<Vec<String>, steadfast::Error> {
    let client = steadfast::wrap(reqwest::Client::new());
    let response = client.get(format!("{api}/v1/items")).send().await?;
    println!("{}", response.record());
    let items = response.ensure_success().await?.json().await?;
    Ok(items)
}

fn client(api: &str) -> Result<ClientWithMiddleware, steadfast::InvalidPolicies> {
    let search = Policy::standard().rate_limit(Rate::per_second(5).burst(10));
    let reports = Policy::patient().on(409, Rule::retry(1)).buffer(1 << 20);
    let policies = Policies::builder()
        .default_policy(Policy::standard().attempts(4))
        .endpoint(format!("GET {api}/v1/search/**"), search)
        .endpoint(format!("{api}/v1/reports/**"), reports)
        .build()?; // a mistake is named here, not at the first request
    Ok(policies.wrap(reqwest::Client::new()))
}

async fn order(client: &ClientWithMiddleware, api: &str) -> Result<(), steadfast::Error> {
    let request = client.post(format!("{api}/v1/orders")).body("12 cups");
    let request = request.call(|c| c.repeatable(true).retry_for(Duration::from_secs(5)));
    request.send().await?.ensure_success().await?;
    Ok(())
}

fn explain(error: &steadfast::Error) -> String {
    match error.kind() {
        ErrorKind::Status => match error.details() {
            Some(details) => details.advice().to_string(), // meaning, findings, next steps
            None => error.to_string(),
        },
        ErrorKind::RateLimited => format!("nothing was sent: {error}"),
        _ => error.to_string(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder()
        .on(
            "/v1/items",
            script![503.retry_after(1), 502, 200.json(r#"["tea", "cups"]"#)],
        )
        .on("/v1/orders", script![504, 201])
        .on(
            "/v1/search/**",
            script![404.header("x-request-id", "req_7")],
        )
        .start()
        .await;
    let api = format!("http://{}", server.address());

    println!("items: {:?}", first_minute(&api).await?);
    let client = client(&api)?;
    order(&client, &api).await?;
    println!(
        "order: sent {} times, declared repeatable",
        server.requests_to("/v1/orders")
    );
    let response = client
        .get(format!("{api}/v1/search/{{term}}"))
        .send()
        .await?;
    if let Err(error) = response.ensure_success().await {
        println!("search: {}", explain(&error));
    }
    Ok(())
}
