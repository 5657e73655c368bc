//! Redirects and resends by `wrap_builder`: what arrives at servers is what the bare client would have sent, a record
//! shows it, and no secret leaves its origin.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
#[path = "redirects/errors.rs"]
mod errors;
#[path = "redirects/known.rs"]
mod known;
#[path = "redirects/posts.rs"]
mod posts;
#[path = "redirects/resends.rs"]
mod resends;
#[path = "redirects/secrets.rs"]
mod secrets;
#[path = "redirects/table.rs"]
mod table;
#[path = "redirects/throttle.rs"]
mod throttle;
#[path = "redirects/time.rs"]
mod time;

use common::SEED;
use reqwest::ClientBuilder;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::policy::Redirects;
use steadfast::{Policies, Policy};
use steadfast_testkit::{Received, Server, Step};

/// The client of a builder without steadfast.
fn bare(builder: ClientBuilder) -> ClientWithMiddleware {
    reqwest_middleware::ClientBuilder::new(builder.build().unwrap()).build()
}

/// The client of a builder under the standard policy.
fn wrapped(builder: ClientBuilder) -> ClientWithMiddleware {
    following(Redirects::default(), builder)
}

fn following(redirects: Redirects, builder: ClientBuilder) -> ClientWithMiddleware {
    let policies = Policies::builder().redirects(redirects).seed(SEED);
    policies.build().unwrap().wrap_builder(builder).unwrap()
}

/// A client that makes one attempt.
fn once(builder: ClientBuilder) -> ClientWithMiddleware {
    let policies = common::policies(Policy::standard().attempts(1));
    policies.wrap_builder(builder).unwrap()
}

/// Two servers, and so two origins.
struct Two {
    here: Server,
    there: Server,
}

impl Two {
    /// `/302/there/x` redirects with 302 to `/x` over there, `/307/here/x` with 307 to `/x` at the same server; whatever
    /// else is 200.
    async fn start() -> Self {
        let there = Server::start(Step::dynamic(|request| step(request, ""))).await;
        let origin = there.url("");
        let origin = origin.trim_end_matches('/').to_owned();
        let here = Server::start(Step::dynamic(move |request| step(request, &origin))).await;
        Self { here, there }
    }

    /// What arrived since, as lines that two clients can be compared by.
    fn arrived(&self, before: (usize, usize)) -> Vec<String> {
        let here = self.here.log().entries().split_off(before.0);
        let there = self.there.log().entries().split_off(before.1);
        let mut lines: Vec<_> = here.iter().map(|request| line("here", request)).collect();
        lines.extend(there.iter().map(|request| line("there", request)));
        lines
    }

    fn seen(&self) -> (usize, usize) {
        (self.here.requests(), self.there.requests())
    }
}

fn step(request: &Received, there: &str) -> Step {
    let mut parts = request.path[1..].splitn(3, '/');
    let (status, place, rest) = (parts.next(), parts.next(), parts.next());
    let status = status.and_then(|status| status.parse().ok());
    match (status, place, rest) {
        (Some(status), Some("there"), Some(rest)) => {
            Step::status(status).header("location", format!("{there}/{rest}"))
        }
        (Some(status), Some("here"), Some(rest)) => {
            Step::status(status).header("location", format!("/{rest}"))
        }
        _ => Step::status(200).body("done"),
    }
}

fn line(server: &str, request: &Received) -> String {
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    let (method, path) = (&request.method, &request.path);
    let body = String::from_utf8_lossy(&request.body);
    format!("{server} {method} {path} {headers:?} {body:?}")
}
