//! What vendors made of it.

use super::*;

/// Who, which headers, and what they tell.
type Row<'a> = (&'a str, &'a [(&'static str, &'a str)], Vec<Told>);

fn check(rows: &[Row<'_>]) {
    for (vendor, lines, expected) in rows {
        let lines: Vec<_> = [DATE].iter().chain(*lines).copied().collect();
        assert_eq!(told(&lines), *expected, "{vendor}");
        assert_eq!(read(&lines).oddity(), None, "{vendor}");
    }
}

#[test]
fn github_discord_and_x_tell_of_one_limit() {
    let (reset, float) = ((NOW + 60).to_string(), format!("{}.470", NOW + 64));
    let github = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-used", "1"),
        ("x-ratelimit-remaining", "4998"),
        ("x-ratelimit-reset", &reset),
    ];
    let discord = [
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", &float),
        ("x-ratelimit-reset-after", "64.57"),
    ];
    let x = [
        ("x-rate-limit-limit", "900"),
        ("x-rate-limit-remaining", "899"),
        ("x-rate-limit-reset", &reset),
    ];
    let minute = Some(60_000);
    check(&[
        ("GitHub", &github, unnamed(5000, 4998, minute, None)),
        (
            "without a remainder",
            &github[..2],
            unnamed(5000, 4999, None, None),
        ),
        ("Discord", &discord, unnamed(5, 0, Some(64_570), None)),
        ("rounded", &discord[..3], unnamed(5, 0, Some(64_470), None)),
        ("X", &x, unnamed(900, 899, minute, None)),
    ]);
}

#[test]
fn shopify_and_hubspot_tell_of_a_window() {
    let shopify = [("x-shopify-shop-api-call-limit", "32/40")];
    let interval = ("x-hubspot-ratelimit-interval-milliseconds", "10000");
    let common = [
        interval,
        ("x-ratelimit-limit", "100"),
        ("x-ratelimit-remaining", "99"),
    ];
    let own = [
        interval,
        ("x-hubspot-ratelimit-max", "100"),
        ("x-hubspot-ratelimit-remaining", "99"),
    ];
    let dimensions = [
        ("x-hubspot-ratelimit-daily", "250000"),
        ("x-hubspot-ratelimit-daily-remaining", "249999"),
        ("x-hubspot-ratelimit-secondly", "10"),
        ("x-hubspot-ratelimit-secondly-remaining", "9"),
    ];
    let day = Some(86_400_000);
    let in_ten_seconds = unnamed(100, 99, None, Some(10_000));
    let by_name = vec![
        (name("daily"), Some(250_000), Some(249_999), None, day),
        (name("secondly"), Some(10), Some(9), None, Some(1_000)),
    ];
    check(&[
        ("Shopify", &shopify, unnamed(40, 8, None, Some(20_000))),
        ("HubSpot, common names", &common, in_ten_seconds.clone()),
        ("HubSpot, its own names", &own, in_ten_seconds),
        ("HubSpot, dimensions", &dimensions, by_name),
    ]);
}

#[test]
fn openai_tells_two_dimensions_in_go_durations() {
    let lines = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-requests", "12ms"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    let requests = (name("requests"), Some(60), Some(59), Some(12), None);
    let tokens = (
        name("tokens"),
        Some(150_000),
        Some(149_984),
        Some(360_000),
        None,
    );
    check(&[("OpenAI", &lines, vec![requests, tokens])]);
}

#[test]
fn kong_tells_a_limit_for_each_window() {
    let lines = [
        ("x-ratelimit-limit-second", "5"),
        ("x-ratelimit-remaining-second", "4"),
        ("x-ratelimit-limit-minute", "50"),
        ("x-ratelimit-remaining-minute", "44"),
        ("x-ratelimit-limit-hour", "500"),
        ("x-ratelimit-remaining-hour", "499"),
        ("x-ratelimit-limit-day", "600"),
        ("x-ratelimit-remaining-day", "0"),
        ("x-ratelimit-limit-month", "700"),
        ("x-ratelimit-remaining-month", "1"),
        ("x-ratelimit-limit-year", "800"),
        ("x-ratelimit-remaining-year", "2"),
    ];
    let window = |text, limit, left, seconds: u128| {
        (
            name(text),
            Some(limit),
            Some(left),
            None,
            Some(seconds * 1000),
        )
    };
    let expected = vec![
        window("second", 5, 4, 1),
        window("minute", 50, 44, 60),
        window("hour", 500, 499, 3_600),
        window("day", 600, 0, 86_400),
        window("month", 700, 1, 2_592_000),
        window("year", 800, 2, 31_536_000),
    ];
    check(&[("Kong", &lines, expected)]);
}

#[test]
fn anthropic_tells_four_dimensions_with_dates() {
    let names: [[&'static str; 3]; 4] = [
        [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
        [
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
        ],
        [
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ],
        [
            "anthropic-ratelimit-output-tokens-limit",
            "anthropic-ratelimit-output-tokens-remaining",
            "anthropic-ratelimit-output-tokens-reset",
        ],
    ];
    let mut lines = vec![DATE];
    for [limit, remaining, reset] in names {
        lines.extend([(limit, "1000"), (remaining, "999")]);
        lines.push((reset, "2026-11-23T15:01:00Z"));
    }
    let allowances = read(&lines);
    let dimensions = ["requests", "tokens", "input-tokens", "output-tokens"];
    assert_eq!(allowances.iter().count(), dimensions.len());
    for (it, dimension) in allowances.iter().zip(dimensions) {
        assert_eq!(it.name, name(dimension));
        assert_eq!(it.unit == Unit::Requests, dimension == "requests");
        assert_eq!((it.limit, it.remaining), (Some(1000), Some(999)));
        assert_eq!(it.reset, Some(Duration::from_secs(60)), "{dimension}");
    }
}

#[test]
fn the_reset_of_a_limit_is_read_in_every_unit() {
    for (value, ms) in [
        ("60".to_owned(), 60_000),
        ("0".to_owned(), 0),
        ("59.5".to_owned(), 59_500),
        ((NOW + 60).to_string(), 60_000),
        (format!("{}.25", NOW + 60), 60_250),
        (format!("{}500", NOW + 60), 60_500),
        ((NOW - 60).to_string(), 0),
        ("1h0m1s".to_owned(), 3_601_000),
        ("2026-11-23T16:01:00+01:00".to_owned(), 60_000),
        ("Mon, 23 Nov 2026 15:01:00 GMT".to_owned(), 60_000),
        (
            "Mon Nov 23 2026 10:01:00 GMT-0500 (Eastern Standard Time)".to_owned(),
            60_000,
        ),
        ("Mon Nov 23 2026 15:01:00 GMT+0000".to_owned(), 60_000),
        ("9".repeat(40), LONGEST.as_millis()),
    ] {
        let lines = [
            DATE,
            ("x-ratelimit-remaining", "7"),
            ("x-ratelimit-reset", value.as_str()),
        ];
        let expected = [(0, None, Some(7), Some(ms), None)];
        assert_eq!(told(&lines), expected, "{value}");
        assert_eq!(read(&lines).oddity(), None, "{value}");
    }
}
