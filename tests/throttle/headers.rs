//! Headers that mean nothing change nothing; those that misbehave are named.

use std::time::Duration;

use futures_util::future::join_all;
use steadfast::Policy;
use steadfast_testkit::{StatusExt, Step, Transport, script};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::capture::{Heard, hear};
use super::common::Watch;
use super::{SECOND, get, ok, one, status};

const URL: &str = "http://api.test/";

/// How long the second of two calls takes, after an answer with these headers.
async fn second_call(headers: &[(&str, String)]) -> Duration {
    let client = one(Policy::standard(), Transport::new(ok(headers)));
    assert_eq!(status(&client, URL).await, 200);
    let start = Watch::start();
    assert_eq!(status(&client, URL).await, 200);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_a_cache_repeats_of_a_limit_is_old_news() {
    let spent = ("ratelimit", r#""hour";r=0;t=20"#.to_owned());
    let cached = [spent.clone(), ("age", "7".to_owned())];
    assert_eq!(second_call(&cached).await, Duration::ZERO);
    let fresh = [spent, ("age", "0".to_owned())];
    assert!(
        second_call(&fresh).await >= 20 * SECOND,
        "the server's own word counts"
    );
}

// ===== malformed =====

/// What is no limit in anybody's reading.
const MALFORMED: &[(&str, &str)] = &[
    ("retry-after", ""),
    ("retry-after", "-1"),
    ("retry-after", "soon"),
    ("retry-after", "inf"),
    ("retry-after", "nan"),
    ("retry-after", "120junk"),
    ("retry-after", "0x10"),
    ("retry-after", "\u{663}\u{660}"),
    ("retry-after", "Mon, 99 Nov 2099 99:99:99 GMT"),
    ("retry-after-ms", "a while"),
    ("ratelimit", ""),
    ("ratelimit", "0"),
    ("ratelimit", r#""default""#),
    ("ratelimit", r#""default";t=20"#),
    ("ratelimit", r#""default";r=-1;t=20"#),
    ("ratelimit", r#""default";r=zero;t=20"#),
    ("ratelimit", r#"";;;,,,==="#),
    ("ratelimit", "\u{fe0f}\u{fe0f}"),
    ("ratelimit-policy", r#""default";q=-5;w=0"#),
    ("ratelimit-policy", "100;w"),
    ("ratelimit-remaining", "none"),
    ("ratelimit-reset", "20 past"),
    ("x-ratelimit-remaining", "-0x1"),
    ("x-ratelimit-remaining", ""),
    ("x-ratelimit-reset", "whenever"),
    ("x-ratelimit-reset-requests", "6q"),
    ("x-rate-limit-remaining", "[]"),
    ("anthropic-ratelimit-requests-remaining", "many"),
    ("x-shopify-shop-api-call-limit", "40 of 40"),
];

/// What became of a refusal and twenty calls around it: the statuses, the requests, and the time.
async fn played(header: Option<(&str, &str)>) -> (Vec<u16>, usize, Duration) {
    let put = |step: Step| match header {
        Some((name, value)) => step.header(name, value),
        None => step,
    };
    let server = Transport::new(script![
        put(200.into()),
        put(429.into()),
        put(429.into()),
        put(200.into())
    ]);
    let client = one(Policy::standard(), server.clone());
    let start = Watch::start();
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(status(&client, URL).await);
    }
    statuses.extend(join_all((0..10).map(|_| status(&client, URL))).await);
    (statuses, server.requests(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn on_a_429_a_header_that_cannot_be_read_changes_no_wait() {
    let without = played(None).await;
    assert_eq!((without.0.len(), without.1), (20, 22));
    for header in MALFORMED {
        assert_eq!(played(Some(*header)).await, without, "{header:?}");
    }
}

// ===== warnings =====

/// What was warned about headers: the message, the value, and the origin.
fn warnings(heard: &Heard) -> Vec<[&str; 3]> {
    let said = heard
        .events
        .iter()
        .filter(|said| said.fields.has("steadfast.header"));
    said.map(|said| {
        assert_eq!((said.level, said.target), (Level::WARN, "steadfast"));
        ["message", "steadfast.header_value", "server.address"]
            .map(|field| said.fields.get(field).unwrap())
    })
    .collect()
}

fn warned(step: Step) -> Heard {
    let (heard, ()) = hear(LevelFilter::WARN, async {
        let server = Transport::new(step);
        let client = one(
            Policy::standard().attempts(1).without_gate(),
            server.clone(),
        );
        for path in 0..10 {
            for origin in ["http://one.test", "http://two.test"] {
                get(&client, &format!("{origin}/{path}")).await.unwrap();
            }
        }
        assert_eq!(server.requests(), 20);
    });
    heard
}

#[test]
fn a_reset_in_no_known_unit_is_warned_about_once_per_origin_with_its_value() {
    let step = Step::from(200).header("x-ratelimit-remaining", "7");
    let heard = warned(step.header("x-ratelimit-reset", "quarter past"));
    let message = "x-ratelimit-reset is a time in no known unit";
    let value = "quarter past";
    let expected = ["http://one.test", "http://two.test"].map(|origin| [message, value, origin]);
    assert_eq!(warnings(&heard), expected);
}

#[test]
fn a_hint_that_cannot_be_read_is_warned_about_once_per_origin_with_its_value() {
    for (status, name, value, message) in [
        (
            200,
            "retry-after",
            "soon",
            "retry-after is neither seconds nor a date",
        ),
        (
            503,
            "retry-after",
            "",
            "retry-after is neither seconds nor a date",
        ),
        (
            502,
            "retry-after",
            "-1",
            "retry-after is neither seconds nor a date",
        ),
        (
            500,
            "retry-after-ms",
            "soon",
            "retry-after-ms is not a number of milliseconds",
        ),
    ] {
        // What else is odd takes its warning away no more than a readable twin does.
        let step = Step::from(status)
            .header("x-amz-retry-after", "1")
            .header("ratelimit-policy", "odd");
        let heard = warned(step.header(name, value));
        let of_hint = |said: &&[&str; 3]| said[0].starts_with("retry-after");
        let warnings = warnings(&heard);
        let warnings: Vec<_> = warnings.iter().filter(of_hint).copied().collect();
        let expected =
            ["http://one.test", "http://two.test"].map(|origin| [message, value, origin]);
        assert_eq!(warnings, expected, "{status} {name}: {value:?}");
    }
}

#[test]
fn a_hint_that_cannot_be_read_is_warned_about_after_any_number_of_answers_without_a_limit() {
    for (step, is_odd) in [
        (Step::from(502).header("retry-after", "soon"), true),
        (Step::from(500).header("retry-after-ms", "soon"), true),
        (Step::from(502).header("retry-after", "1"), false),
        (Step::from(404), false),
    ] {
        let (heard, ()) = hear(LevelFilter::WARN, async {
            let answers = script![Step::from(200); 200].then(step);
            let server = Transport::new(answers);
            let client = one(Policy::standard().attempts(1), server.clone());
            for _ in 0..210 {
                get(&client, "http://one.test/").await.unwrap();
            }
            assert_eq!(server.requests(), 210);
        });
        assert_eq!(warnings(&heard).len(), usize::from(is_odd));
    }
}

#[test]
fn an_epoch_in_retry_after_is_warned_about_once_per_origin_with_its_value() {
    let heard = warned(Step::from(429).header("retry-after", "4102444800"));
    let message = "retry-after is seconds since 1970 and not from now on";
    let expected =
        ["http://one.test", "http://two.test"].map(|origin| [message, "4102444800", origin]);
    assert_eq!(warnings(&heard), expected);
}

#[test]
fn headers_that_are_as_they_should_be_are_not_warned_about() {
    let step = 429
        .retry_after(1)
        .header("ratelimit", r#""default";r=0;t=1"#)
        .header("ratelimit-policy", r#""default";q=100;w=1"#);
    assert_eq!(warnings(&warned(step)), Vec::<[&str; 3]>::new());
}

#[test]
fn a_value_that_is_warned_about_cannot_steer_a_terminal() {
    let step = Step::from(503).header("retry-after", "soon\u{202e}\u{2028}\u{2066}\t!");
    let heard = warned(step);
    let value = warnings(&heard)[0][1];
    assert_eq!(value, "soon\u{fffd} \u{fffd} !");
}
