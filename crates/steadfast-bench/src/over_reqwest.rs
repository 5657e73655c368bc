//! Stacks that wrap a `reqwest::Client` through reqwest-middleware.

use std::hint::black_box;

use reqwest::header::{self, HeaderValue};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::row::{Calls, finish};
use crate::terminal::Terminal;

type Stack = (&'static str, &'static str, fn(Terminal) -> Calls);

/// Names, what each is compared with, and how it is built.
pub const STACKS: &[Stack] = &[
    ("terminal", "terminal", bare),
    ("steadfast-reqwest", "terminal", ours),
    #[cfg(feature = "peer-reqwest-retry")]
    ("reqwest-retry", "terminal", peers::retry),
    #[cfg(feature = "peer-reqwest-stack")]
    (
        "reqwest-retry+tracing+ratelimit",
        "terminal",
        peers::retry_tracing_ratelimit,
    ),
];

fn bare(terminal: Terminal) -> Calls {
    calls(|builder| builder, terminal)
}

/// The whole stack, as it ships, on the standard policy.
fn ours(terminal: Terminal) -> Calls {
    let ours = steadfast::Policies::standard().middleware();
    calls(|builder| builder.with(ours), terminal)
}

/// The calls that each row makes: one request, made once, cloned for each call.
fn calls(stack: impl FnOnce(ClientBuilder) -> ClientBuilder, terminal: Terminal) -> Calls {
    let client = stack(ClientBuilder::new(reqwest::Client::new()))
        .with(terminal)
        .build();
    let request = request();
    Box::new(move |count| {
        for _ in 0..count {
            call(&client, &request);
        }
    })
}

fn call(client: &ClientWithMiddleware, request: &reqwest::Request) {
    let request = request
        .try_clone()
        .expect("a request without a body can be cloned");
    let response = finish(client.execute(request)).expect("the terminal always answers");
    drop(black_box(response));
}

fn request() -> reqwest::Request {
    let url = "https://api.example.com/v1/users/42"
        .parse()
        .expect("a valid URL");
    let mut request = reqwest::Request::new(reqwest::Method::GET, url);
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(
        header::AUTHORIZATION,
        HeaderValue::from_static("Bearer 0123456789abcdef"),
    );
    headers.insert(header::USER_AGENT, HeaderValue::from_static("overhead/1.0"));
    request
}

#[cfg(feature = "peer-reqwest-retry")]
mod peers {
    use reqwest_retry::RetryTransientMiddleware;
    use reqwest_retry::policies::ExponentialBackoff;

    use super::{Calls, Terminal, calls};

    pub(super) fn retry(terminal: Terminal) -> Calls {
        calls(|builder| builder.with(retrying()), terminal)
    }

    fn retrying() -> RetryTransientMiddleware<ExponentialBackoff> {
        let policy = ExponentialBackoff::builder().build_with_max_retries(2);
        RetryTransientMiddleware::new_with_policy(policy)
    }

    #[cfg(feature = "peer-reqwest-stack")]
    pub(super) fn retry_tracing_ratelimit(terminal: Terminal) -> Calls {
        let stack = |builder: reqwest_middleware::ClientBuilder| {
            let tracing = reqwest_tracing::TracingMiddleware::default();
            builder
                .with(retrying())
                .with(tracing)
                .with(reqwest_ratelimit::all(Free::new()))
        };
        calls(stack, terminal)
    }

    /// A limiter that is asked and never refuses.
    #[cfg(feature = "peer-reqwest-stack")]
    struct Free(governor::DefaultDirectRateLimiter);

    #[cfg(feature = "peer-reqwest-stack")]
    impl Free {
        fn new() -> Self {
            let often = std::num::NonZeroU32::new(1_000_000_000).expect("is not zero");
            Self(governor::RateLimiter::direct(governor::Quota::per_second(
                often,
            )))
        }
    }

    #[cfg(feature = "peer-reqwest-stack")]
    impl reqwest_ratelimit::RateLimiter for Free {
        async fn acquire_permit(&self) {
            self.0.until_ready().await;
        }
    }
}
