//! A server that counts, under reqwest-middleware and as tower services, in paused time.
#![expect(clippy::disallowed_methods, reason = "tests read clocks")]
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast_testkit::{Limited, Says, TransportError};
use tokio::time::{Instant, advance};
use tower::ServiceExt;

const MS: Duration = Duration::from_millis(1);

fn client(server: &Limited) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new())
        .with(server.clone())
        .build()
}

async fn get(client: &ClientWithMiddleware) -> reqwest::Response {
    client.get("http://nowhere.test/").send().await.unwrap()
}

/// The statuses of so many requests, all at once.
async fn statuses(server: &Limited, count: usize) -> Vec<u16> {
    let client = client(server);
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(get(&client).await.status().as_u16());
    }
    all
}

/// Names and values, sorted.
fn headers(answer: &reqwest::Response) -> Vec<(&str, &str)> {
    let all = answer.headers().iter();
    let mut all: Vec<_> = all
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    all.sort_unstable();
    all
}

#[tokio::test(start_paused = true)]
async fn a_bucket_lets_its_burst_through_and_then_its_rate() {
    let server = Limited::token_bucket(100, 3);
    assert_eq!(statuses(&server, 5).await, [200, 200, 200, 429, 429]);
    advance(10 * MS - Duration::from_nanos(1)).await;
    assert_eq!(statuses(&server, 1).await, [429]);
    advance(Duration::from_nanos(1)).await;
    assert_eq!(statuses(&server, 2).await, [200, 429]);
    assert_eq!((server.accepted(), server.refused()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn the_windows_are_aligned_to_the_start_of_the_server() {
    advance(300 * MS).await;
    let server = Limited::fixed_window(2, Duration::from_secs(1));
    advance(999 * MS).await;
    assert_eq!(statuses(&server, 3).await, [200, 200, 429]);
    advance(MS).await;
    assert_eq!(statuses(&server, 3).await, [200, 200, 429]);
}

#[tokio::test(start_paused = true)]
async fn the_log_has_the_time_since_the_start_and_the_status_of_each_request() {
    advance(7 * MS).await;
    let server = Limited::token_bucket(1, 1);
    statuses(&server, 1).await;
    advance(20 * MS).await;
    statuses(&server, 1).await;
    let expected = [(Duration::ZERO, 200), (20 * MS, 429)];
    assert_eq!(server.arrivals(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_sends_no_header() {
    let client = client(&Limited::token_bucket(1, 1));
    for expected in [200, 429] {
        let answer = get(&client).await;
        assert_eq!(answer.status(), expected);
        assert_eq!(headers(&answer), []);
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_said_with_a_refusal_and_never_else() {
    let server = Limited::token_bucket(1, 1).says(Says::RetryAfter(7));
    let client = client(&server);
    assert_eq!(headers(&get(&client).await), []);
    assert_eq!(headers(&get(&client).await), [("retry-after", "7")]);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_fields_are_said_with_every_answer_and_nothing_else_is() {
    let server = Limited::token_bucket(100, 3).says(Says::RateLimit);
    let client = client(&server);
    let policy = ("ratelimit-policy", r#""default";q=100;w=1"#);
    for (status, left) in [
        (200, r#""default";r=2;t=0"#),
        (200, r#""default";r=1;t=0"#),
        (200, r#""default";r=0;t=1"#),
        (429, r#""default";r=0;t=1"#),
    ] {
        let answer = get(&client).await;
        assert_eq!(answer.status(), status);
        assert_eq!(headers(&answer), [("ratelimit", left), policy]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_says_its_own_length_and_when_the_next_one_begins() {
    let server = Limited::fixed_window(1, Duration::from_secs(60)).says(Says::RateLimit);
    let client = client(&server);
    get(&client).await;
    advance(Duration::from_millis(20_500)).await;
    let expected = [
        ("ratelimit", r#""default";r=0;t=40"#),
        ("ratelimit-policy", r#""default";q=1;w=60"#),
    ];
    assert_eq!(headers(&get(&client).await), expected);
}

#[tokio::test(start_paused = true)]
async fn half_of_the_latency_passes_before_the_request_is_counted_and_half_after() {
    let server = Limited::token_bucket(1, 1).latency(40 * MS);
    let start = Instant::now();
    assert_eq!(statuses(&server, 1).await, [200]);
    assert_eq!(start.elapsed(), 40 * MS);
    assert_eq!(server.arrivals(), [(20 * MS, 200)]);
}

#[tokio::test(start_paused = true)]
async fn a_seldom_failure_is_bare_and_costs_nothing_of_the_limit() {
    let server = Limited::token_bucket(1, 1).says(Says::RateLimit);
    let broken = server.clone().seldom_fails(100, 1);
    let answer = get(&client(&broken)).await;
    assert_eq!((answer.status().as_u16(), headers(&answer)), (503, vec![]));
    // The bucket of one token is still full.
    assert_eq!(statuses(&server, 2).await, [200, 429]);
    assert_eq!((broken.accepted(), broken.refused()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_are_as_many_as_asked_for_and_the_same_with_the_same_seed() {
    let run = async |percent, seed| {
        let server = Limited::token_bucket(1, 10_000).seldom_fails(percent, seed);
        statuses(&server, 2_000).await
    };
    let failed = |statuses: &[u16]| statuses.iter().filter(|status| **status == 503).count();
    let (one, two) = (run(10, 1).await, run(10, 2).await);
    // 200 expected, with a standard deviation of 13.
    assert!((150..=250).contains(&failed(&one)), "{}", failed(&one));
    assert_eq!(one, run(10, 1).await);
    assert_ne!(one, two);
    assert_eq!(failed(&run(0, 1).await), 0);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_request_is_kept() {
    let server = Limited::token_bucket(1, 1).latency(Duration::from_secs(9));
    let start = Instant::now();
    let request = client(&server)
        .get("http://a.test/")
        .timeout(Duration::from_secs(2));
    let error = request.send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else {
        panic!("{error:?}");
    };
    assert!(error.downcast_ref::<TransportError>().unwrap().is_timeout());
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn as_a_tower_service_it_counts_with_the_same_limit() {
    let server = Limited::token_bucket(1, 2);
    let request = reqwest::Client::new()
        .get("http://a.test/b")
        .build()
        .unwrap();
    let answer: reqwest::Response = server.clone().oneshot(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.url().path()), (200, "/b"));
    for expected in [200, 429] {
        let answer = server.clone().oneshot(http::Request::new(())).await;
        assert_eq!(answer.unwrap().status(), expected);
    }
    assert_eq!((server.accepted(), server.refused()), (2, 1));
}
