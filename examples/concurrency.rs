//! Limit how many calls are under way at once: `cargo run --example concurrency`

use std::error::Error;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::{Concurrency, InvalidPolicies, Policies, Policy};
use steadfast_testkit::{Server, StatusExt};

fn at_once(api: &str) -> Result<Policies, InvalidPolicies> {
    let few = Policy::standard().concurrency(4);
    let bounded = Concurrency::fixed(8)
        .max_wait(Duration::from_secs(1))
        .max_queue(100);
    let bounded = Policy::standard().concurrency(bounded);
    let found_out = Policy::standard().concurrency(Concurrency::adaptive());
    Policies::builder()
        .endpoint(format!("{api}/llm/**"), few)
        .endpoint(format!("{api}/db/**"), bounded)
        .endpoint(format!("{api}/v1/**"), found_out)
        .build()
}

async fn text(client: &ClientWithMiddleware, url: &str) -> Result<String, steadfast::Error> {
    Ok(client.get(url).send().await?.text().await?)
}

/// Makes 40 calls at once and reads their bodies.
async fn forty(client: &ClientWithMiddleware, url: &str) -> Result<(), steadfast::Error> {
    for text in join_all((0..40).map(|_| text(client, url))).await {
        text?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let answer = || 200.delay(Duration::from_millis(20)).body("hello");
    let server = Server::builder()
        .on("/llm/ask", answer())
        .on("/db/query", answer())
        .on("/v1/items", answer())
        .start()
        .await;
    let policies = at_once(server.url("").trim_end_matches('/'))?;
    let client = policies.wrap(reqwest::Client::new());

    // Four connections are enough for four at once. An adaptive limit rises while nothing is refused.
    forty(&client, &server.url("/llm/ask")).await?;
    println!("4 at once: {} connections", server.connections());
    forty(&client, &server.url("/v1/items")).await?;

    // Whoever keeps as many responses unread as may be under way is told so.
    let url = server.url("/db/query");
    let mut unread = Vec::new();
    for _ in 0..8 {
        unread.push(client.get(&url).send().await?);
    }
    if let Err(error) = client.get(&url).send().await {
        println!("unread:    {}", steadfast::Error::from(error));
    }
    for scope in policies.throttle().snapshot() {
        if let Some(view) = scope.concurrency {
            let (in_flight, limit) = (view.in_flight, view.limit);
            println!("{}: {in_flight} of {limit} at once", scope.endpoint);
        }
    }
    Ok(())
}
