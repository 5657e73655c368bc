//! What the tests of several promises share.

#![allow(
    dead_code,
    reason = "each test binary takes the part of it that it needs"
)]

pub(crate) mod http2;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::{Policies, Policy};
use steadfast_tower::clock;

/// The seed of all tests whose waits are random.
pub(crate) const SEED: u64 = 7;

/// A client of its own for one policy: a full budget, and waits that repeat.
pub(crate) fn client(policy: Policy) -> ClientWithMiddleware {
    policies(policy).wrap(reqwest::Client::new())
}

/// The handle to that.
pub(crate) fn policies(policy: Policy) -> Policies {
    Policies::builder()
        .default_policy(policy)
        .seed(SEED)
        .build()
        .unwrap()
}

/// A body that can be sent only once.
pub(crate) fn stream(text: impl Into<Bytes>) -> reqwest::Body {
    reqwest::Body::wrap(Full::new(text.into()))
}

/// Virtual time since a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch(pub(crate) Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(clock::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        clock::now() - self.0
    }
}
