//! The same policies in code and as a file, and what a mistake in a file looks like.
//!
//! `cargo run --example policy_file`

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use steadfast::config::{Config, Format};
use steadfast::{Backoff, InvalidPolicies, Policies, Policy, Rule};

fn in_code() -> Result<Policies, InvalidPolicies> {
    let (initial, max) = (Duration::from_millis(200), Duration::from_secs(5));
    let careful = Policy::standard()
        .attempts(2)
        .deadline(Duration::from_secs(10))
        .attempt_timeout(Duration::from_secs(3))
        .backoff(Backoff::exponential(initial, 2.0, max)?)
        .on(409, Rule::retry(2))
        .on(500, Rule::FailFast);
    Policies::builder()
        .endpoint("PUT https://api.example.com/v1/charges/{id}", careful)
        .build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let client = in_code()?.wrap(reqwest::Client::new());
    drop(client);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/careful.toml");
    let config = Config::read(&path)?;
    let client = config.build()?.wrap(reqwest::Client::new());
    drop(client);
    println!("examples/careful.toml, as it was read:");
    for (pattern, name, policy) in config.endpoints() {
        println!(
            "  {pattern}: {name}, {} attempts",
            policy.prepare()?.retry().attempts
        );
    }

    let broken = std::fs::read_to_string(&path)?
        .replace("attempts = 2", "atempts = 2")
        .replace("\"10s\"", "\"2s\"");
    if let Err(mistakes) = Config::parse(&broken, Format::Toml, "careful.toml") {
        println!("\nthe same with two slips:\n\n{mistakes}");
    }
    Ok(())
}
