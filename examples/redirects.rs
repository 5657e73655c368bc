//! Takes a client's builder, so that records show redirects, and keeps an API key away from another origin.
//!
//! `cargo run --example redirects`

use std::error::Error;

use steadfast::Policies;
use steadfast::policy::Redirects;
use steadfast::prelude::*;
use steadfast_testkit::{Server, StatusExt, script};

fn client() -> Result<reqwest_middleware::ClientWithMiddleware, Box<dyn std::error::Error>> {
    let policies = Policies::builder()
        .redirects(Redirects::limited(5)) // or same_origin(), none(); default: limited(10), as reqwest's
        .build()?;
    Ok(policies.wrap_builder(reqwest::Client::builder())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Another port is another origin.
    let files = Server::start(script![503, 200.body("tea")]).await;
    let api = Server::builder()
        .on("/old", 308.header("location", "/new"))
        .on("/new", 302.header("location", files.url("/tea.txt")))
        .start()
        .await;

    let client = client()?;
    let request = client.get(api.url("/old")).header("x-api-key", "51ca");
    let answer = request.send().await?;
    println!("{}", answer.record());
    println!("{} from {}", answer.status(), answer.url());
    for request in api.log().entries().iter().chain(&files.log().entries()) {
        let key = request.header("x-api-key").unwrap_or("no key");
        println!("{} {} came with {key}", request.method, request.path);
    }
    Ok(())
}
