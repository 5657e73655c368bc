//! Where there is room, nobody waits.

use std::time::Duration;

use futures_util::future::join_all;
use steadfast::Policy;
use steadfast::policy::Pacing;
use steadfast_testkit::{Limited, Step, Transport};
use tokio::time::sleep;

use super::common::Watch;
use super::{HOUR, MS, SECOND, get, ok, one, status};

const URL: &str = "https://api.test/items";
const LATENCY: Duration = Duration::from_millis(50);

#[tokio::test(start_paused = true)]
async fn three_hundred_calls_of_five_thousand_an_hour_go_at_once() {
    let headers = [
        ("ratelimit-policy", r#""hour";q=5000;w=3600"#.to_owned()),
        ("ratelimit", r#""hour";r=5000;t=3600"#.to_owned()),
    ];
    let client = one(
        Policy::standard(),
        Transport::new(ok(&headers).delay(LATENCY)),
    );
    for crowd in ["which was told nothing yet", "which was"] {
        let start = Watch::start();
        let calls = (0..300).map(|_| status(&client, URL));
        assert_eq!(join_all(calls).await, [200; 300]);
        assert_eq!(start.elapsed(), LATENCY, "{crowd}");
    }
}

/// How a server counts down from 5,000 an hour, with a reset so many seconds from now.
type Dialect = fn(usize, u64) -> Vec<(&'static str, String)>;

const DIALECTS: [Dialect; 4] = [
    |left, reset| {
        vec![
            ("ratelimit-policy", r#""hour";q=5000;w=3600"#.to_owned()),
            ("ratelimit", format!(r#""hour";r={left};t={reset}"#)),
        ]
    },
    |left, reset| vec![("ratelimit", format!(r#""hour";r={left};t={reset}"#))],
    |left, reset| {
        vec![(
            "ratelimit",
            format!("limit=5000, remaining={left}, reset={reset}"),
        )]
    },
    |left, reset| {
        vec![
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", left.to_string()),
            ("x-ratelimit-used", (5_000 - left).to_string()),
            ("x-ratelimit-reset", reset.to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
        ]
    },
];

#[tokio::test(start_paused = true)]
async fn an_hourly_quota_that_is_used_at_six_percent_is_never_slowed() {
    for (n, dialect) in DIALECTS.into_iter().enumerate() {
        // All over the hour, within a minute, and one after the other.
        for pause in [12 * SECOND, 200 * MS, Duration::ZERO] {
            let start = Watch::start();
            let step = Step::dynamic(move |request| {
                let reset = HOUR.saturating_sub(start.elapsed()).as_secs();
                ok(&dialect(4_999 - request.n, reset))
            });
            let client = one(Policy::standard(), Transport::new(step.delay(LATENCY)));
            for call in 0..300 {
                let sent = Watch::start();
                assert_eq!(status(&client, URL).await, 200);
                let took = sent.elapsed();
                assert_eq!(took, LATENCY, "dialect {n}, every {pause:?}, call {call}");
                sleep(pause).await;
            }
        }
    }
}

/// How long a hundred tasks take for thirty calls each, where one request of a hundred meets a bare 503.
async fn stumbling(policy: Policy) -> (usize, Duration) {
    let server = Limited::token_bucket(1_000_000, 1_000_000);
    let server = server.latency(LATENCY).seldom_fails(1, 5);
    let client = one(policy, server.clone());
    let start = Watch::start();
    let tasks = (0..100).map(|_| async {
        let mut ok = 0;
        for _ in 0..30 {
            ok += usize::from(get(&client, URL).await.unwrap().status() == 200);
        }
        ok
    });
    let ok = join_all(tasks).await.into_iter().sum();
    assert!(
        server.arrivals().iter().any(|(_, status)| *status == 503),
        "nothing failed"
    );
    (ok, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn one_bare_503_in_a_hundred_slows_nobody_but_the_calls_it_hits() {
    let throughput = |(ok, took): (usize, Duration)| ok as f64 / took.as_secs_f64();
    let with = throughput(stumbling(Policy::standard()).await);
    let off = Policy::standard().pacing(Pacing::Off).without_gate();
    let without = throughput(stumbling(off).await);
    assert!(with >= 0.95 * without, "{with:.0}/s beside {without:.0}/s");
}
