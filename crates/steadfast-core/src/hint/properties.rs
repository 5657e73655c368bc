//! What arbitrary bytes do, and promises about every value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;

fn epoch(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

const NAMES: [&str; 18] = [
    "retry-after",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-amz-retry-after",
    "date",
    "age",
    "grpc-retry-pushback-ms",
    "x-should-retry",
    "stripe-should-retry",
    "ratelimit",
    "x-ratelimit-remaining",
    "x-rate-limit-remaining",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-remaining-day",
];

/// Arbitrary bytes, and bytes that look almost right.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "0",
        "9",
        "1795446000",
        "99999999999999999999",
        ".",
        ",",
        ";",
        "-",
        "+",
        ":",
        " ",
        "r=",
        "t=",
        "\"d\"",
        "T",
        "Z",
        "GMT",
        "Sun",
        "Nov",
        "1994",
        "ms",
        "s",
        "m",
        "h",
        "e",
        "inf",
        "nan",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "2026-11-23T15:00:00",
        "remaining=",
        "reset=",
        "\u{663}",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

fn lines() -> impl Strategy<Value = HeaderMap> {
    prop::collection::vec((prop::sample::select(&NAMES[..]), values()), 0..8).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        headers
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(1024)))]

    #[test]
    fn no_bytes_in_any_header_panic_and_no_wait_is_longer_than_the_longest(
        headers in lines(), status in 100_u16..1000, wall in any::<u32>(),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let wall = || epoch(u64::from(wall));
        let status = StatusCode::from_u16(status).unwrap();
        for hints in [Hints::read(&headers, wall), Hints::read_refusal(status, &headers, wall)] {
            prop_assert!(hints.retry_after.is_none_or(|asked| asked.wait <= LONGEST));
        }
        let _ = spent_quota(&body, &headers);
    }

    #[test]
    fn no_wait_is_shorter_than_asked_nor_a_nanosecond_too_long(
        whole in 0_u64..300_000_000, fraction in "[0-9]{1,12}"
    ) {
        let text = format!("{whole}.{fraction}");
        let hints = Hints::read(&headers(&[("retry-after", &text)]), || UNIX_EPOCH);
        let wait = hints.retry_after.unwrap().wait;
        // In 10^-12 s, exactly.
        let asked = u128::from(whole) * 10_u128.pow(12)
            + fraction.parse::<u128>().unwrap() * 10_u128.pow(12 - fraction.len() as u32);
        let ours = wait.as_nanos() * 1000;
        prop_assert!(asked <= ours && ours < asked + 1000);
    }

    #[test]
    fn a_skewed_client_clock_does_not_change_a_wait_until_a_date(
        server in 0_u64..4_000_000_000, later in 0_u64..300_000_000, client in any::<u32>()
    ) {
        let date = |at| httpdate::fmt_http_date(epoch(at));
        let (now, then) = (date(server), date(server + later));
        let lines = [("date", now.as_str()), ("retry-after", then.as_str())];
        let hints = Hints::read(&headers(&lines), || epoch(u64::from(client)));
        prop_assert_eq!(hints.retry_after.unwrap().wait, Duration::from_secs(later));
    }
}
