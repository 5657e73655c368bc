//! One error type for everything that ends a call, and what it knows: the kind, the server's own words, advice, the
//! provider's request id, whether trying later helps, and the history.
//!
//! `cargo run --example typed_errors`

use std::time::Duration;

use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{Error, ErrorKind, Policies, Policy, Rate};
use steadfast_testkit::{Server, refused_port, script};

/// `?` takes the errors of `send`, of `ensure_success` and of reading the body.
async fn text(client: &ClientWithMiddleware, url: &str) -> Result<String, Error> {
    let response = client.get(url).send().await?;
    Ok(response.ensure_success().await?.text().await?)
}

fn explain(error: &Error) {
    println!("{error}");
    match error.kind() {
        ErrorKind::Status => {
            if let Some(details) = error.details() {
                println!("    next: {}", details.advice().advice().next[0]);
            }
        }
        ErrorKind::RateLimited => println!("    a limit of ours: nothing was sent"),
        ErrorKind::Timeout => println!("    too late; sent? {}", error.may_have_been_sent()),
        ErrorKind::Connect => println!("    nobody there; sent? {}", error.may_have_been_sent()),
        kind => println!("    {kind:?}; sent? {}", error.may_have_been_sent()),
    }
    println!("    worth another try later? {}", error.is_transient());
    if let Some(record) = error.record() {
        println!("    {record}");
    }
    println!();
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let problem = r#"{"title":"Out of stock","detail":"12 cups wanted, 3 there"}"#;
    let refused = script![
        422.header("content-type", "application/problem+json")
            .body(problem)
    ];
    let busy = script![503.retry_after(120).header("x-request-id", "req_7")];
    let server = Server::builder()
        .on("/orders", refused)
        .on("/slow", script![silence])
        .on("/cut", script![200.body("only half of this").half_body()])
        .on("/search", 200)
        .on("/busy", busy)
        .start()
        .await;
    let host = server.address();
    let hurried = Policy::standard().attempt_timeout(Duration::from_millis(200));
    let paced = Policy::standard()
        .rate_limit(Rate::per_minute(1))
        .max_wait(Duration::ZERO);
    let client = Policies::builder()
        .endpoint(format!("{host}/slow"), hurried)
        .endpoint(format!("{host}/search"), paced)
        .build()?
        .wrap(reqwest::Client::new());

    let nobody = format!("http://{}/", refused_port());
    let paths = "/orders /slow /cut /search /search /busy?token=secret";
    let urls = paths.split(' ').map(|path| server.url(path));
    for url in urls.chain([nobody]) {
        match text(&client, &url).await {
            Ok(_) => println!("{url}: all is well\n"),
            Err(error) => explain(&error),
        }
    }
    Ok(())
}
