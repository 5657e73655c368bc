//! Limits that servers have, and a client that lives with them: few refusals where there is a limit, no wait where
//! there is none, and nobody pays for what somebody else was told.
//!
//! What a limit answers hangs on when requests come, so most servers here are not scripted but count
//! (`steadfast_testkit::Limited`), in paused time and without a socket. The bench has the same scenarios with ten times
//! the calls and promises the goodput (`cargo run --release -p steadfast-bench -- throttle`); with 300 calls what is
//! lost at the start cannot be earned back, so the times here are generous.

#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "what is heard of spans is for the tests of spans")]
#[path = "spans/capture.rs"]
mod capture;
mod common;
#[path = "throttle/configured.rs"]
mod configured;
#[path = "throttle/costs.rs"]
mod costs;
#[path = "throttle/dropped.rs"]
mod dropped;
#[path = "throttle/gate.rs"]
mod gate;
#[path = "throttle/headers.rs"]
mod headers;
#[path = "throttle/no_harm.rs"]
mod no_harm;
#[path = "throttle/priorities.rs"]
mod priorities;
#[path = "throttle/quotas.rs"]
mod quotas;
#[path = "throttle/scopes.rs"]
mod scopes;
#[path = "throttle/socket.rs"]
mod socket;
#[path = "throttle/store.rs"]
mod store;
#[path = "throttle/streams.rs"]
mod streams;
#[path = "throttle/table.rs"]
mod table;

use std::time::Duration;

use http::HeaderValue;
use reqwest::{Client, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware};
use steadfast::{Error, Policies, Policy};
use steadfast_testkit::{Received, Step};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A client whose requests end at a server in memory.
fn before(policies: &Policies, server: impl Middleware) -> ClientWithMiddleware {
    ClientBuilder::new(Client::new())
        .with(policies.middleware())
        .with(server)
        .build()
}

/// The same with one policy for everything.
fn one(policy: Policy, server: impl Middleware) -> ClientWithMiddleware {
    before(&common::policies(policy), server)
}

/// A GET without a credential.
async fn get(client: &ClientWithMiddleware, url: &str) -> Result<Response, Error> {
    Ok(client.get(url).send().await?)
}

/// A GET that is answered.
async fn status(client: &ClientWithMiddleware, url: &str) -> u16 {
    get(client, url).await.unwrap().status().as_u16()
}

/// A GET with this credential.
async fn get_as(
    client: &ClientWithMiddleware,
    url: &str,
    credential: &'static str,
) -> Result<Response, Error> {
    let credential = HeaderValue::from_static(credential);
    let request = client.get(url).header("authorization", credential);
    Ok(request.send().await?)
}

/// A 200 with headers.
fn ok(headers: &[(&str, String)]) -> Step {
    let put = |step: Step, (name, value): &(&str, String)| step.header(name, value);
    headers.iter().fold(Step::from(200), put)
}

/// When requests arrived after a moment.
fn since(start: common::Watch, log: &[Received]) -> Vec<Duration> {
    let at = |received: &Received| received.at.into_std() - start.0;
    log.iter().map(at).collect()
}
