//! Every form and oddity of a hint.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::*;

mod written;

/// Sun, 06 Nov 1994 08:49:37 GMT, the date in RFC 9110.
const THEN: u64 = 784_111_777;
/// Mon, 23 Nov 2026 15:00:00 GMT.
const NOW: u64 = 1_795_446_000;

fn headers<V: AsRef<[u8]>>(lines: &[(&'static str, V)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

fn epoch(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn no_clock() -> SystemTime {
    panic!("the wall clock was asked without need")
}

/// The wait in ms and its source, read without a clock.
fn read<V: AsRef<[u8]>>(lines: &[(&'static str, V)]) -> Option<(u128, HintSource)> {
    let hint = Hints::read(&headers(lines), no_clock).retry_after?;
    Some((hint.wait.as_millis(), hint.source))
}

fn retry_after(value: &str) -> Option<u128> {
    read(&[("retry-after", value)]).map(|(wait, _)| wait)
}

#[test]
fn seconds_and_decimals_are_waits_and_zero_is_one() {
    for (value, ms) in [
        ("120", 120_000),
        ("0", 0),
        (" 7 ", 7_000),
        ("2.0", 2_000),
        ("0.25", 250),
        ("00012", 12_000),
        ("1000000", 1_000_000_000),
        ("30, 60", 30_000),
    ] {
        assert_eq!(retry_after(value), Some(ms), "{value:?}");
    }
    let hint = Hints::read(&headers(&[("retry-after", "0.0000000001")]), no_clock);
    assert_eq!(
        hint.retry_after.unwrap().wait,
        Duration::from_nanos(1),
        "rounded up"
    );
}

#[test]
fn the_three_forms_of_a_date_are_read_against_the_responses_own_date() {
    for date in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        let lines = [
            ("date", "Sun, 06 Nov 1994 08:49:07 GMT"),
            ("retry-after", date),
        ];
        assert_eq!(
            read(&lines),
            Some((30_000, HintSource::RetryAfter)),
            "{date}"
        );
        let past = [
            ("date", "Sun, 06 Nov 1994 08:50:00 GMT"),
            ("retry-after", date),
        ];
        assert_eq!(
            read(&past),
            Some((0, HintSource::RetryAfter)),
            "{date} is over"
        );
    }
}

#[test]
fn without_a_usable_date_the_wall_clock_is_asked_and_the_wait_rounded_up() {
    let then = ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
    let wall = || epoch(THEN - 10) + Duration::from_millis(1);
    let wait = |lines: &[_]| Hints::read(&headers(lines), wall).retry_after.unwrap().wait;
    let ten = Duration::from_secs(10);
    assert_eq!(wait(&[then]), ten, "no Date");
    assert_eq!(
        wait(&[then, ("date", "yesterday")]),
        ten,
        "an unreadable Date"
    );
    let cached = [
        then,
        ("date", "Sun, 06 Nov 1994 08:00:00 GMT"),
        ("age", "0"),
    ];
    assert_eq!(wait(&cached), ten, "a Date that a cache kept");
}

#[test]
fn large_numbers_are_moments_and_enormous_ones_a_very_long_time() {
    let date = ("date", "Mon, 23 Nov 2026 15:00:00 GMT");
    for (value, ms) in [
        ((NOW + 5).to_string(), 5_000),
        (format!("{}.5", NOW + 5), 5_500),
        (format!("{}250", NOW + 5), 5_250),
        ((NOW - 5).to_string(), 0),
        ("1000000000".to_owned(), 0),
        ("18446744073709551616".to_owned(), LONGEST.as_millis()),
        ("9".repeat(400), LONGEST.as_millis()),
        ("999999999".to_owned(), LONGEST.as_millis()),
    ] {
        let lines = [(date.0, date.1.to_owned()), ("retry-after", value.clone())];
        assert_eq!(read(&lines), Some((ms, HintSource::RetryAfter)), "{value}");
    }
}

#[test]
fn the_twins_in_milliseconds_win_when_they_can_be_read() {
    use HintSource::{RetryAfter, RetryAfterMs, XAmzRetryAfter, XMsRetryAfterMs};
    let plain = ("retry-after", "2");
    for (name, source) in [
        ("retry-after-ms", RetryAfterMs),
        ("x-ms-retry-after-ms", XMsRetryAfterMs),
        ("x-amz-retry-after", XAmzRetryAfter),
    ] {
        assert_eq!(read(&[plain, (name, "1500")]), Some((1500, source)));
        assert_eq!(read(&[(name, "12.5"), plain]), Some((12, source)));
        assert_eq!(read(&[(name, "0"), plain]), Some((0, source)));
        for malformed in ["", "-1", "1s", "nan"] {
            assert_eq!(read(&[(name, malformed), plain]), Some((2000, RetryAfter)));
        }
    }
    let lines = [("x-amz-retry-after", "1"), ("retry-after-ms", "2")];
    assert_eq!(read(&lines), Some((2, RetryAfterMs)));
    let moment = format!("{}000", NOW + 3);
    let lines = [
        ("date", "Mon, 23 Nov 2026 15:00:00 GMT"),
        ("retry-after-ms", &moment),
    ];
    assert_eq!(read(&lines), Some((3000, RetryAfterMs)));
}

#[test]
fn of_several_lines_the_first_that_can_be_read_wins() {
    let lines = [
        ("retry-after", "soon"),
        ("retry-after", "3"),
        ("retry-after", "9"),
    ];
    assert_eq!(read(&lines), Some((3000, HintSource::RetryAfter)));
}

#[test]
fn servers_may_ask_for_a_repetition_or_forbid_it() {
    let should =
        |lines: &[(&'static str, &str)]| Hints::read(&headers(lines), no_clock).should_retry;
    for name in ["x-should-retry", "stripe-should-retry"] {
        assert_eq!(should(&[(name, "true")]), Some(true));
        assert_eq!(should(&[(name, " False ")]), Some(false));
        for other in ["", "1", "no", "truefalse"] {
            assert_eq!(should(&[(name, other)]), None, "{other:?}");
        }
    }
    let both = [("x-should-retry", "false"), ("stripe-should-retry", "true")];
    assert_eq!(should(&both), Some(false), "the refusal wins");
}

#[test]
fn a_grpc_pushback_is_a_wait_or_never() {
    let pushback = |value| Hints::read(&headers(&[("grpc-retry-pushback-ms", value)]), no_clock);
    let hints = pushback("250");
    let asked = RetryAfter::new(Duration::from_millis(250), HintSource::GrpcRetryPushbackMs);
    assert_eq!((hints.retry_after, hints.should_retry), (Some(asked), None));
    for never in ["-1", "", "later"] {
        let hints = pushback(never);
        assert_eq!(
            (hints.retry_after, hints.should_retry),
            (None, Some(false)),
            "{never:?}"
        );
    }
    let lines = [("grpc-retry-pushback-ms", "-1"), ("x-should-retry", "true")];
    assert_eq!(
        Hints::read(&headers(&lines), no_clock).should_retry,
        Some(false)
    );
}

#[test]
fn a_spent_limit_is_seen_in_every_dialect() {
    for (name, value, spent) in [
        ("x-ratelimit-remaining", "0", true),
        ("x-rate-limit-remaining", "0", true),
        ("ratelimit-remaining", "0", true),
        ("ratelimit-remaining", "0;w=21600", true),
        ("ratelimit", "\"a,b;r=0;t=1,\";r=9;t=30", false),
        ("x-ratelimit-remaining", "1", false),
        ("x-ratelimit-remaining", "", false),
        ("ratelimit", "\"default\";r=0;t=30", true),
        ("ratelimit", "\"burst\";r=9;t=1, \"daily\"; r=0; t=30", true),
        ("ratelimit", "\"default\";r=50;t=30", false),
        ("ratelimit", "\"default\";t=30", false),
        ("ratelimit", "\"default\";r=-1;t=30", false),
        ("ratelimit", "limit=100, remaining=0, reset=5", true),
        ("ratelimit", "limit=100, remaining=50, reset=5", false),
    ] {
        let hints = Hints::read(&headers(&[(name, value)]), no_clock);
        assert_eq!(hints.remaining_zero, spent, "{name}: {value}");
        assert_eq!(hints.retry_after, None, "a limit is no Retry-After");
    }
}

/// The wait of a refusal with these headers, in ms.
fn refusal(status: StatusCode, lines: &[(&'static str, &str)]) -> Option<(u128, HintSource)> {
    let hint = Hints::read_refusal(status, &headers(lines), || epoch(NOW)).retry_after?;
    Some((hint.wait.as_millis(), hint.source))
}

#[test]
fn the_reset_of_a_spent_limit_is_a_wait_in_any_unit() {
    let (in_5_s, in_5_s_ms, float) = (
        format!("{}", NOW + 5),
        format!("{}000", NOW + 5),
        format!("{}.25", NOW + 4),
    );
    for (value, ms) in [
        ("5", 5_000),
        ("64.57", 64_570),
        (in_5_s.as_str(), 5_000),
        (in_5_s_ms.as_str(), 5_000),
        (float.as_str(), 5_000),
        ("12ms", 12),
        ("6m0s", 360_000),
        ("1h2m3.5s", 3_723_500),
        ("2026-11-23T15:00:05Z", 5_000),
        ("Mon, 23 Nov 2026 15:00:05 GMT", 5_000),
        ("0", 0),
    ] {
        let lines = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", value)];
        let expected = Some((ms, HintSource::XRateLimitReset));
        assert_eq!(refusal(StatusCode::FORBIDDEN, &lines), expected, "{value}");
        assert_eq!(
            refusal(StatusCode::TOO_MANY_REQUESTS, &lines),
            expected,
            "{value}"
        );
        assert_eq!(
            refusal(StatusCode::SERVICE_UNAVAILABLE, &lines),
            None,
            "{value}"
        );
    }
}

#[test]
fn a_limit_that_is_not_spent_does_not_explain_a_refusal() {
    let reset = ("x-ratelimit-reset", "3600");
    let left = [("x-ratelimit-remaining", "4999"), reset];
    assert_eq!(refusal(StatusCode::TOO_MANY_REQUESTS, &left), None);
    assert_eq!(refusal(StatusCode::FORBIDDEN, &left), None);
    assert_eq!(
        refusal(StatusCode::FORBIDDEN, &[reset]),
        None,
        "nothing says that it is a limit"
    );
    let only = Some((3_600_000, HintSource::XRateLimitReset));
    assert_eq!(refusal(StatusCode::TOO_MANY_REQUESTS, &[reset]), only);
}

#[test]
fn retry_after_stands_above_limits_and_limits_have_an_order() {
    use HintSource as S;
    let lines = [("ratelimit", "\"d\";r=0;t=30"), ("retry-after", "2")];
    assert_eq!(
        refusal(StatusCode::TOO_MANY_REQUESTS, &lines),
        Some((2000, S::RetryAfter))
    );
    let all = [
        ("x-ratelimit-remaining", "0"),
        ("x-rate-limit-reset", "5"),
        ("x-ratelimit-reset", "4"),
        ("x-ratelimit-reset-after", "3.5"),
        ("ratelimit-reset", "2"),
        ("ratelimit", "\"a\";r=0;t=1, \"b\";r=0;t=9, \"c\";r=5;t=60"),
    ];
    let wait = |skip| refusal(StatusCode::TOO_MANY_REQUESTS, &all[..all.len() - skip]);
    assert_eq!(wait(0), Some((9000, S::RateLimit)));
    assert_eq!(wait(1), Some((2000, S::RateLimitReset)));
    assert_eq!(wait(2), Some((3500, S::XRateLimitResetAfter)));
    assert_eq!(wait(3), Some((4000, S::XRateLimitReset)));
    assert_eq!(wait(4), Some((5000, S::XRateLimitResetHyphen)));
}

#[test]
fn hints_are_small_and_silence_is_the_default() {
    assert!(size_of::<Hints>() <= 48);
    let ordinary = [
        ("content-type", "text/plain"),
        ("server", "x"),
        ("x-request-id", "1"),
    ];
    assert_eq!(Hints::read(&headers(&ordinary), no_clock), Hints::default());
    assert!(!Hints::default().tell_of_a_limit());
}

#[test]
fn a_source_is_shown_as_the_name_of_its_header() {
    assert_eq!(HintSource::RetryAfter.to_string(), "Retry-After");
    assert_eq!(
        HintSource::XMsRetryAfterMs.to_string(),
        "x-ms-retry-after-ms"
    );
}
