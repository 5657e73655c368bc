//! An API that limits, in memory.
//!
//! A script says what is answered to the first request, the second and so on. What a rate limit answers hangs on *when*
//! requests come, so a client's pacing cannot be scripted against: it needs a server that counts. This one counts by
//! tokio's clock, so that minutes of a crowded API take milliseconds, and decides in whole nanoseconds, so that a client
//! that is exactly on time is let through and one that is a nanosecond early is not.

mod limit;
mod services;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::time::{Instant, sleep};

use crate::clock::now;
use limit::{Left, Limit, Ruling};

/// A transport that plays an API with a rate limit: 200 while there is room, 429 when there is none. A cheap handle:
/// clones share what is left of the limit, and the log.
///
/// Like [`Transport`](crate::Transport) it is a [`tower_service::Service`] over `http::Request<B>` and, with the default
/// feature `reqwest`, over `reqwest::Request`, and a `reqwest_middleware::Middleware` that answers without calling what
/// comes after it. Answers have no body, request bodies are dropped unread, and the timeout of a `reqwest::Request` is
/// kept ([`TimedOut`](crate::TransportErrorKind::TimedOut)).
///
/// It starts when it is made; all times are on tokio's clock from then on, so make it inside the runtime whose clock is
/// paused. The setters change this handle and the clones made of it later, not those made before.
///
/// # When not to use it
/// It counts all requests together, whatever their path or credentials: for an API with several limits make several.
///
/// ```
/// use std::time::Duration;
/// use steadfast_testkit::{Limited, Says, virtual_time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// virtual_time().block_on(async {
///     let api = Limited::token_bucket(10, 2).says(Says::RetryAfter(1));
///     let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///         .with(api.clone())
///         .build();
///     let mut statuses = Vec::new();
///     for _ in 0..3 {
///         statuses.push(client.get("http://a.test/").send().await?.status().as_u16());
///     }
///     tokio::time::sleep(Duration::from_millis(100)).await; // a tenth of a second brings a token
///     statuses.push(client.get("http://a.test/").send().await?.status().as_u16());
///
///     assert_eq!(statuses, [200, 200, 429, 200]);
///     assert_eq!((api.accepted(), api.refused()), (3, 1));
///     assert_eq!(api.arrivals()[3], (Duration::from_millis(100), 200));
///     Ok(())
/// })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Limited {
    limit: Limit,
    says: Says,
    refusal: StatusCode,
    latency: Duration,
    fails: Fails,
    shared: Arc<Shared>,
}

/// What a server tells its clients about its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Says {
    /// Nothing but the status.
    #[default]
    Nothing,
    /// `Retry-After` on a refusal, so many seconds, whatever the limit would really ask for: many APIs have a constant there.
    RetryAfter(u64),
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) on every answer of the limit, and no
    /// `Retry-After`: `"default";q=100;w=1` and `"default";r=0;t=1`. `q` and `w` are the rate per second and 1, or count and
    /// whole seconds of the window; `r` is what is left in whole tokens, and `t` the whole seconds until there is more,
    /// 0 while something is left.
    RateLimit,
}

/// Which requests fail without having been counted.
#[derive(Clone, Copy, Debug, Default)]
struct Fails {
    percent: u32,
    seed: u64,
}

#[derive(Debug)]
struct Shared {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: Left,
    accepted: u64,
    refused: u64,
    arrivals: Vec<(Duration, u16)>,
}

// ===== impl Limited =====

impl Limited {
    /// A bucket of `burst` tokens, full at the start, into which `per_second` come evenly; a request takes one.
    #[must_use]
    pub fn token_bucket(per_second: u32, burst: u32) -> Self {
        Self::new(Limit::Bucket { per_second, burst })
    }

    /// So many requests per window. The windows lie end to end from the start, so a client may send twice the count
    /// around an edge. A window of no length is one of a nanosecond.
    #[must_use]
    pub fn fixed_window(count: u32, window: Duration) -> Self {
        let length = window.max(Duration::from_nanos(1));
        Self::new(Limit::Window { count, length })
    }

    fn new(limit: Limit) -> Self {
        let state = State {
            left: limit.full(),
            accepted: 0,
            refused: 0,
            arrivals: Vec::new(),
        };
        Self {
            limit,
            says: Says::default(),
            refusal: StatusCode::TOO_MANY_REQUESTS,
            latency: Duration::ZERO,
            fails: Fails::default(),
            shared: Arc::new(Shared {
                start: now(),
                state: Mutex::new(state),
            }),
        }
    }

    /// What it tells about its limit. Default: [`Says::Nothing`].
    #[must_use]
    pub fn says(mut self, says: Says) -> Self {
        self.says = says;
        self
    }

    /// How long an exchange takes: one half passes before the request is counted, the other one after. Default: no time.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Answers so many percent of all requests with a 503 that has no headers and costs nothing of the limit. Which ones
    /// is chance, but the same with the same seed. Default: none.
    #[must_use]
    pub fn seldom_fails(mut self, percent: u32, seed: u64) -> Self {
        self.fails = Fails { percent, seed };
        self
    }

    /// What it answers where there is no room. Default: 429; nginx answers 503 unless it is told otherwise.
    #[must_use]
    pub fn refuses_with(mut self, status: StatusCode) -> Self {
        self.refusal = status;
        self
    }

    /// How many requests were answered with 200.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.state().accepted
    }

    /// How many requests were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    /// When each request was counted, from the start on, and the status that it got, in that order.
    #[must_use]
    pub fn arrivals(&self) -> Vec<(Duration, u16)> {
        self.state().arrivals.clone()
    }

    /// One exchange, its latency included.
    async fn exchange(&self) -> http::Response<()> {
        let there = self.latency / 2;
        pass(there).await;
        let response = self.answer();
        pass(self.latency - there).await;
        response
    }

    /// Counts a request that arrives now.
    fn answer(&self) -> http::Response<()> {
        let since_start = now().saturating_duration_since(self.shared.start);
        let mut state = self.state();
        let mut response = http::Response::new(());
        if self.fails.hit(state.arrivals.len()) {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        } else {
            let ruling = self.limit.rule(&mut state.left, since_start);
            if ruling.accepted {
                state.accepted += 1;
            } else {
                state.refused += 1;
                *response.status_mut() = self.refusal;
            }
            self.says.tell(self.limit, ruling, response.headers_mut());
        }
        let status = response.status().as_u16();
        state.arrivals.push((since_start, status));
        response
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A timer of no time would still wait for the next millisecond.
async fn pass(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

// ===== impl Says =====

impl Says {
    fn tell(self, limit: Limit, ruling: Ruling, headers: &mut HeaderMap) {
        const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
        const LEFT: HeaderName = HeaderName::from_static("ratelimit");
        let mut put = |name, value: String| {
            // Infallible: digits and the ASCII around them. A header that is missing would be seen by any test.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        match self {
            Self::Nothing => {}
            Self::RetryAfter(_) if ruling.accepted => {}
            Self::RetryAfter(seconds) => put(header::RETRY_AFTER, seconds.to_string()),
            Self::RateLimit => {
                let (q, w) = limit.policy();
                put(POLICY, format!(r#""default";q={q};w={w}"#));
                let (r, t) = (ruling.tokens, ruling.more_in);
                put(LEFT, format!(r#""default";r={r};t={t}"#));
            }
        }
    }
}

// ===== impl Fails =====

impl Fails {
    /// Whether the request with this number fails. From seed and number alone, by the finishing steps of SplitMix64
    /// (Steele, Lea, Flood 2014), so that which ones fail does not hang on which handle they came through.
    fn hit(self, n: usize) -> bool {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let mut mixed = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = mixed.wrapping_add(self.seed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed % 100 < u64::from(self.percent)
    }
}
