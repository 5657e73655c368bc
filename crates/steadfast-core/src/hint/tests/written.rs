//! Times as servers write them, in `Retry-After` and in resets alike.

use super::*;

/// All of them are 30 s after the `Date` of the response.
const DATES: &[(&str, &str)] = &[
    ("IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"),
    ("asctime", "Sun Nov  6 08:49:37 1994"),
    ("Go, time.RFC1123", "Sun, 06 Nov 1994 08:49:37 UTC"),
    ("PHP, DATE_RFC1123", "Sun, 06 Nov 1994 08:49:37 +0000"),
    ("Python, formatdate", "Sun, 06 Nov 1994 08:49:37 -0000"),
    ("another zone", "Sun, 06 Nov 1994 10:49:37 +0200"),
    ("a zone with a colon", "Sun, 06 Nov 1994 03:19:37 -05:30"),
    ("one digit for the day", "Sun, 6 Nov 1994 08:49:37 GMT"),
    ("one digit for the hour", "Sun, 06 Nov 1994 8:49:37 GMT"),
    ("no weekday", "06 Nov 1994 08:49:37 GMT"),
    ("another weekday", "Mon, 06 Nov 1994 08:49:37 GMT"),
    ("lower case", "sun, 06 nov 1994 08:49:37 gmt"),
    ("upper case", "SUN, 06 NOV 1994 08:49:37 GMT"),
    ("dashes, four digits", "Sun, 06-Nov-1994 08:49:37 GMT"),
    ("two digits for the year", "Sun, 06 Nov 94 08:49:37 GMT"),
    ("two blanks", "Sun,  06 Nov  1994 08:49:37  GMT"),
    ("no comma", "Sun 06 Nov 1994 08:49:37 GMT"),
    (
        "the whole name of the month",
        "06 November 1994 08:49:37 GMT",
    ),
    ("in quotes", "\"Sun, 06 Nov 1994 08:49:37 GMT\""),
    ("date(1)", "Sun Nov  6 08:49:37 UTC 1994"),
    ("RFC 3339", "1994-11-06T08:49:37Z"),
    ("RFC 3339, a zone", "1994-11-06T10:49:37.000+02:00"),
    ("RFC 3339, a blank", "1994-11-06 08:49:37Z"),
    (
        "JavaScript",
        "Sun Nov 06 1994 08:49:37 GMT+0000 (Coordinated Universal Time)",
    ),
    (
        "JavaScript, a zone",
        "Sun Nov 06 1994 09:49:37 GMT+0100 (Central European Standard Time)",
    ),
];

const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:07 GMT");

/// The wait in ms that `Retry-After` asks for, and the one that the reset of a limit does.
fn both(value: &str) -> [Option<u128>; 2] {
    let wait = |lines: &[(&'static str, &str)]| {
        let headers = headers(lines);
        let hints = Hints::read_refusal(StatusCode::TOO_MANY_REQUESTS, &headers, no_clock);
        hints.retry_after.map(|asked| asked.wait.as_millis())
    };
    [
        wait(&[DATE, ("retry-after", value)]),
        wait(&[DATE, ("x-ratelimit-reset", value)]),
    ]
}

#[test]
fn every_date_that_common_servers_write_is_read() {
    for (form, value) in DATES {
        assert_eq!(both(value), [Some(30_000); 2], "{form}: {value}");
        let lines = [
            ("date", *value),
            ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"),
        ];
        assert_eq!(
            read(&lines),
            Some((60_000, HintSource::RetryAfter)),
            "{form}, as Date: {value}"
        );
    }
}

#[test]
fn leap_seconds_are_read_and_what_lies_before_1970_is_now() {
    for (value, ms) in [
        ("Sun, 06 Nov 1994 08:49:60 GMT", 53_000),
        ("1994-11-06T08:49:60Z", 53_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 +0200", 0),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
        ("Fri, 31 Dec 1900 23:59:59 GMT", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", 0),
    ] {
        assert_eq!(both(value), [Some(ms); 2], "{value}");
    }
}

#[test]
fn spans_of_time_are_read_with_and_without_their_unit() {
    for (value, ms) in [
        ("20", 20_000),
        ("\"20\"", 20_000),
        ("20s", 20_000),
        ("20 s", 20_000),
        ("20 sec", 20_000),
        ("20 seconds", 20_000),
        ("1 second", 1_000),
        ("20 Seconds", 20_000),
        ("0.5 seconds", 500),
        ("2 minutes", 120_000),
        ("1 hour", 3_600_000),
        ("1 hour 30 minutes", 5_400_000),
        ("1d", 86_400_000),
        ("12ms", 12),
        ("12 milliseconds", 12),
        ("6m0s", 360_000),
        ("1h2m3.5s", 3_723_500),
        ("20, 40", 20_000),
    ] {
        assert_eq!(both(value), [Some(ms); 2], "{value}");
    }
}

/// What nobody can read; each is a hint of unknown length.
const UNREADABLE: &[&str] = &[
    "",
    " ",
    "-1",
    "+1",
    "inf",
    "nan",
    "Infinity",
    "NaN",
    "null",
    "120junk",
    "1e3",
    "0x10",
    "soon",
    ".5",
    "5.",
    "5x",
    "1 2",
    "m",
    "20 parsecs",
    "\"",
    "\"20",
    "Sun, 06 Nov 1994",
    "08:49:37 GMT",
    "Tue Nov 24 2026",
    // Neither a zone nor the one form that has none.
    "Sun, 06 Nov 1994 08:49:37",
    // A zone that more than one place calls so.
    "Sun, 06 Nov 1994 08:49:37 CST",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:61:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT+9999",
    "Sun, 06 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 19940 08:49:37 GMT",
    "Sun, 06 Novembre 1994 08:49:37 GMT",
    "06/11/1994 08:49:37 GMT",
    "1994-11-06",
    "1994-11-06T08:49:37",
    "\u{661}\u{662}\u{660}",
    "120\u{a0}",
];

#[test]
fn a_hint_that_cannot_be_read_is_one_of_unknown_length() {
    for value in UNREADABLE {
        assert_eq!(both(value), [None; 2], "{value:?}");
        let of = |name| Hints::read(&headers(&[(name, *value)]), no_clock);
        let hints = of("retry-after");
        assert!(hints.has_unknown_length(), "{value:?}");
        assert_eq!(hints.unreadable, Some(HintSource::RetryAfter));
        assert!(hints.tell_of_a_limit(), "it says to stay away");
        let reset = of("x-ratelimit-reset");
        assert_eq!(reset, Hints::default(), "no refusal: {value:?}");
    }
    let hints = Hints::read(&headers(&[("retry-after", b"\xff\xfe")]), no_clock);
    assert!(hints.has_unknown_length());
    for name in ["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after"] {
        let hints = Hints::read(&headers(&[(name, "a while")]), no_clock);
        assert!(hints.has_unknown_length(), "{name}");
    }
}

#[test]
fn a_readable_twin_counts_and_the_unreadable_one_is_still_named() {
    for lines in [
        [("retry-after", "soon"), ("retry-after-ms", "2000")],
        [("retry-after", "2"), ("retry-after-ms", "soon")],
        [("retry-after", "2"), ("retry-after", "soon")],
        [("retry-after", "soon"), ("retry-after", "2")],
    ] {
        let hints = Hints::read(&headers(&lines), no_clock);
        let wait = hints.retry_after.map(|asked| asked.wait);
        assert_eq!(wait, Some(Duration::from_secs(2)), "{lines:?}");
        assert!(hints.unreadable.is_some() && !hints.has_unknown_length());
    }
}

#[test]
fn the_reset_of_a_used_up_limit_is_of_unknown_length_when_it_cannot_be_read() {
    let lines = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "whenever"),
    ];
    let of = |status, lines: &[_]| Hints::read_refusal(status, &headers(lines), no_clock);
    let hints = of(StatusCode::TOO_MANY_REQUESTS, &lines);
    assert_eq!(hints.unreadable, Some(HintSource::XRateLimitReset));
    assert!(hints.has_unknown_length());
    let left = [("x-ratelimit-remaining", "7"), lines[1]];
    assert!(!of(StatusCode::TOO_MANY_REQUESTS, &left).has_unknown_length());
    assert!(!of(StatusCode::SERVICE_UNAVAILABLE, &lines).has_unknown_length());
}

#[test]
fn seconds_of_a_cached_answer_count_from_when_it_was_made() {
    for (age, ms) in [
        ("0", 30_000),
        ("7", 23_000),
        (" 7 ", 23_000),
        ("30", 0),
        ("31", 0),
        ("99999999999999999999", 0),
        ("no number", 30_000),
        ("-7", 30_000),
    ] {
        let hint = |name, value| read(&[("age", age), (name, value)]).map(|(wait, _)| wait);
        assert_eq!(hint("retry-after", "30"), Some(ms), "{age}");
        assert_eq!(hint("retry-after-ms", "30000"), Some(ms), "{age}");
    }
    // A date is a moment, whenever the answer was made.
    let wall = || epoch(THEN - 10);
    let lines = headers(&[
        ("age", "7"),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ]);
    let asked = Hints::read(&lines, wall).retry_after.unwrap();
    assert_eq!(asked.wait, Duration::from_secs(10));
}
