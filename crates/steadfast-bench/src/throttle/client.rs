//! The clients that are compared.

use std::fmt;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware};
use steadfast::{Policies, Policy};
use steadfast_testkit::Limited;

use super::shape::Shape;

/// How a client stands before a server, with its seed.
type Build = fn(&Shape, Limited, u64) -> ClientWithMiddleware;

/// A client.
#[derive(Clone, Copy)]
pub struct Client {
    /// The name in tables and in JSON.
    pub name: &'static str,
    /// Whether it is ours, so that bounds hold for it.
    pub ours: bool,
    /// How it is built.
    pub build: Build,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What is compared where the rate is configured.
pub const CONFIGURED: &[Client] = &[
    ours(configured),
    #[cfg(feature = "peer-reqwest-stack")]
    peer("reqwest-retry (3) + ratelimit", super::peers::limited),
];

/// What is compared where nothing is.
pub const UNCONFIGURED: &[Client] = &[
    ours(unconfigured),
    #[cfg(feature = "peer-reqwest-retry")]
    peer("reqwest-retry (3)", super::peers::three),
    #[cfg(feature = "peer-reqwest-retry")]
    peer("reqwest-retry (10)", super::peers::ten),
];

/// Ours alone, where nothing is configured.
pub const ALONE: &[Client] = &[ours(unconfigured)];

/// steadfast, told the server's rate.
///
/// # Panics
/// Where the shape is a limit of nothing.
#[must_use]
pub fn configured(shape: &Shape, server: Limited, seed: u64) -> ClientWithMiddleware {
    let policy = Policy::standard().rate_limit(shape.rate());
    steadfast(policy, server, seed)
}

/// steadfast, as `steadfast::wrap` has it.
#[must_use]
pub fn unconfigured(_: &Shape, server: Limited, seed: u64) -> ClientWithMiddleware {
    steadfast(Policy::standard(), server, seed)
}

/// A policy for everything, before a server.
///
/// # Panics
/// Where the policy is a mistake.
#[must_use]
pub fn steadfast(policy: Policy, server: impl Middleware, seed: u64) -> ClientWithMiddleware {
    let policies = Policies::builder()
        .default_policy(policy)
        .seed(seed)
        .build()
        .expect("the policy of a bench is valid");
    ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(server)
        .build()
}

const fn ours(build: Build) -> Client {
    Client {
        name: "steadfast",
        ours: true,
        build,
    }
}

#[cfg(feature = "peer-reqwest-retry")]
const fn peer(name: &'static str, build: Build) -> Client {
    Client {
        name,
        ours: false,
        build,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::{Scenario, run};
    use steadfast_testkit::Says;

    #[test]
    fn whoever_is_told_the_rate_is_not_refused() {
        for client in CONFIGURED {
            for shape in Shape::ALL {
                let scenario = Scenario {
                    calls: 300,
                    ..Scenario::new(shape, Says::Nothing)
                };
                let run = run(&scenario, client.build);
                assert_eq!(
                    (run.ok, run.refused),
                    (300, 0),
                    "{client:?}, {}",
                    shape.name
                );
            }
        }
    }
}
