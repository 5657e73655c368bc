//! What steadfast does, in ten seconds: a server that misbehaves on purpose, and a client that copes.
//!
//! `cargo run --example quickstart` makes a tour of the answers that an API gives when all is not well.
//! `cargo run --example quickstart -- https://api.example.com/v1/items` makes the same calls to real URLs.
#![expect(clippy::disallowed_methods, reason = "a stopwatch for the reader")]

mod api;
mod show;
mod tls;

use std::error::Error;
use std::io::IsTerminal;
use std::time::Instant;

use http::Method;
use reqwest::Url;
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};
use steadfast::prelude::*;

use crate::show::{Ended, Screen};

// What `--help` says.
const HELP: &str = "\
What steadfast does, in ten seconds.

cargo run --example quickstart             a tour: a local server that misbehaves on purpose
cargo run --example quickstart -- URL...   GET these URLs, with the policy that the tour shows

RUST_LOG=steadfast=info                    one sentence per retry, on stderr
NO_COLOR=1                                 no colours (there are none in a pipe or a file)";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .iter()
        .any(|word| matches!(word.as_str(), "-h" | "--help"))
    {
        println!("{HELP}");
        return Ok(());
    }
    let mut urls = Vec::new();
    for word in &arguments {
        match word.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => urls.push(url),
            _ => {
                eprintln!("`{word}` is no URL: write it as in https://api.example.com/v1/items");
                std::process::exit(2);
            }
        }
    }
    if urls.iter().any(|url| url.scheme() == "https") && !tls::is_there() {
        return tls::run_again_with_it(&arguments);
    }
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .compact()
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // The one line that makes the difference.
        let client = steadfast::wrap(reqwest::Client::new());
        if urls.is_empty() {
            tour(&client).await;
        } else {
            real(&client, &urls).await;
        }
    });
    Ok(())
}

/// One call after the other to the server that misbehaves.
async fn tour(client: &ClientWithMiddleware) {
    let server = api::start().await;
    let mut screen = Screen::new();
    screen.title(&format!(
        "A server on {} misbehaves on purpose. The client: steadfast::wrap(reqwest::Client::new())",
        server.address()
    ));
    for call in api::calls() {
        let mut request = client.request(call.method.clone(), server.url(call.path));
        let mut label = format!("{:<6}{}", call.method.as_str(), call.path);
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
            label.push_str(" + Idempotency-Key");
        }
        screen.start(&label);
        screen.end(make(request).await);
    }
    screen.summary();
    println!("The server saw {} requests.", server.requests());
    println!("\nYour own URLs: cargo run --example quickstart -- URL...");
}

/// The same with real URLs.
async fn real(client: &ClientWithMiddleware, urls: &[Url]) {
    let mut screen = Screen::new();
    screen.title("The client: steadfast::wrap(reqwest::Client::new())");
    for url in urls {
        screen.start(&format!(
            "GET   {}",
            steadfast::redact::redact_url(url.as_str())
        ));
        screen.end(make(client.request(Method::GET, url.clone())).await);
    }
    screen.summary();
}

/// Makes a call and collects what can be told about it.
async fn make(request: RequestBuilder) -> Ended {
    let start = Instant::now();
    let (record, result) = request.send_recorded().await;
    let result = match result {
        Ok(response) => {
            let status = response.status();
            response.ensure_success().await.map(|_| status)
        }
        Err(error) => Err(error.into()),
    };
    Ended {
        record,
        result,
        took: start.elapsed(),
    }
}
