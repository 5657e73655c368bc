//! The first minute: an API that is overloaded, then fails, then answers. `cargo run --example hello`

use steadfast::prelude::*;
use steadfast_testkit::{Server, script};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An API that is overloaded, then fails, then answers.
    let api = Server::start(script![
        503.retry_after(1),
        502,
        200.json(r#"["tea", "cups"]"#)
    ])
    .await;

    let client = steadfast::wrap(reqwest::Client::new()); // the one line that is new
    let response = client.get(api.url("/v1/items")).send().await?;
    println!("{}", response.record());

    let items: Vec<String> = response.ensure_success().await?.json().await?;
    println!("{items:?}");
    Ok(())
}
