//! Clocks, caches, nonsense, and too much of everything.

use super::*;

#[test]
fn the_wall_clock_is_asked_once_and_only_without_a_usable_date() {
    let reset = (NOW + 60).to_string();
    let lines = [
        ("x-ratelimit-remaining-requests", "1"),
        ("x-ratelimit-reset-requests", reset.as_str()),
        ("x-ratelimit-remaining-tokens", "1"),
        ("x-ratelimit-reset-tokens", reset.as_str()),
    ];
    let wall = || UNIX_EPOCH + Duration::from_millis(NOW * 1000 + 1);
    // When a cache stored it.
    let stored = ("date", "Mon, 23 Nov 2026 14:00:00 GMT");
    for more in [
        &[][..],
        &[("date", "yesterday")],
        &[("age", "0"), stored],
        &[stored, ("age", "no number")],
    ] {
        let lines = [&lines[..], more].concat();
        let allowances = Allowances::read(&headers(&lines), wall);
        let resets: Vec<_> = allowances.iter().map(|it| it.reset).collect();
        assert_eq!(resets, [Some(Duration::from_secs(60)); 2], "{more:?}");
    }
    let with_date = [&lines[..], &[DATE]].concat();
    assert_eq!(
        told(&with_date).len(),
        2,
        "and the panicking clock is left alone"
    );
}

#[test]
fn what_a_cache_kept_tells_nothing() {
    let lines = [
        ("ratelimit", r#""d";r=5, x"#),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-bucket", "abc"),
        ("x-ratelimit-global", "true"),
    ];
    assert!(!read(&lines).is_empty());
    for age in ["1", " 1.5 ", "99999999999999999999"] {
        let aged = [&lines[..], &[("age", age)]].concat();
        assert_eq!(read(&aged), Allowances::default(), "{age}");
    }
}

#[test]
fn of_several_dialects_for_one_limit_the_better_one_counts_whole() {
    let lines = [
        ("x-shopify-shop-api-call-limit", "1/7"),
        ("x-rate-limit-limit", "6"),
        ("x-rate-limit-remaining", "6"),
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "5"),
        ("ratelimit-limit", "4"),
        ("ratelimit-remaining", "4"),
        ("ratelimit", "limit=3, remaining=3"),
    ];
    for (count, best) in [(8, 3), (7, 4), (5, 5), (3, 6)] {
        let expected = unnamed(best, best, None, None);
        assert_eq!(told(&lines[..count]), expected);
    }
    assert_eq!(told(&lines[..1]), unnamed(7, 6, None, Some(20_000)));
    let only_a_limit = [("ratelimit-limit", "4"), lines[3], lines[4]];
    assert_eq!(told(&only_a_limit), unnamed(5, 5, None, None));
    let both = [("ratelimit", r#""d";r=5"#), lines[3], lines[4]];
    assert_eq!(told(&both).len(), 2, "a named limit is another one");
}

#[test]
fn numbers_that_mean_nothing_are_ignored_and_odd() {
    for (header, value, why) in [
        ("x-ratelimit-remaining", "-1", Oddity::NUMBER),
        ("x-ratelimit-remaining", "unlimited", Oddity::NUMBER),
        ("x-ratelimit-remaining", "", Oddity::NUMBER),
        ("x-ratelimit-limit", "many", Oddity::NUMBER),
        ("x-ratelimit-used", "NaN", Oddity::NUMBER),
        ("ratelimit-limit", "-5", Oddity::NUMBER),
        ("ratelimit-limit", "100, many", Oddity::MEMBER),
        ("ratelimit-policy", "100;w=soon", Oddity::MEMBER),
        ("ratelimit-policy", "limit=100", Oddity::MEMBER),
        ("ratelimit", "remaining=-1", Oddity::NUMBER),
        ("ratelimit", "reset=soon", Oddity::RESET),
        (
            "ratelimit",
            r#""d";r=5;t=1795446000"#,
            Oddity::EPOCH_IN_MEMBER,
        ),
        ("x-ratelimit-reset", "in a while", Oddity::RESET),
        ("x-ratelimit-reset", "5 parsecs", Oddity::RESET),
        ("x-ratelimit-reset", "Tue Nov 24 2026", Oddity::RESET),
        ("x-ratelimit-reset-after", "-1", Oddity::RESET),
        ("x-shopify-shop-api-call-limit", "40", Oddity::USED_OF_SIZE),
        ("x-shopify-shop-api-call-limit", "0/0", Oddity::USED_OF_SIZE),
        (
            "x-hubspot-ratelimit-interval-milliseconds",
            "0",
            Oddity::NUMBER,
        ),
        ("retry-after", "1795446000", Oddity::EPOCH),
        ("retry-after", "soon", Oddity::RETRY_AFTER),
        ("retry-after", "-1", Oddity::RETRY_AFTER),
    ] {
        let oddity = read(&[DATE, (header, value)]).oddity();
        assert_eq!(oddity, Some(Oddity { header, why }), "{header}: {value}");
    }
    for value in ["120", "0", "1.5", "Mon, 23 Nov 2026 15:01:00 GMT"] {
        assert_eq!(read(&[("retry-after", value)]), Allowances::default());
    }
    let two = [("x-ratelimit-limit", "x"), ("retry-after", "y")];
    let odd = |lines: &[_]| read(lines).oddity().unwrap().header;
    assert_eq!(odd(&two), "retry-after", "what hides a wait stands first");
    let two = [two[0], ("x-ratelimit-remaining", "y")];
    assert_eq!(odd(&two), "x-ratelimit-limit");
}

#[test]
fn numbers_are_rounded_so_that_too_little_is_sent_and_saturate() {
    let huge = "9".repeat(30);
    let lines = [
        ("x-ratelimit-limit", huge.as_str()),
        ("x-ratelimit-remaining", "0.9"),
    ];
    assert_eq!(told(&lines), unnamed(u64::MAX, 0, None, None));
    let shopify = ("x-shopify-shop-api-call-limit", "31.2/40");
    assert_eq!(told(&[shopify]), unnamed(40, 8, None, Some(20_000)));
    let used = [("x-ratelimit-limit", "5"), ("x-ratelimit-used", "0.5")];
    assert_eq!(told(&used), unnamed(5, 4, None, None));
    let full = ("x-shopify-shop-api-call-limit", "41/40");
    assert_eq!(told(&[full]), unnamed(40, 0, None, Some(20_000)));
    let draft = format!(r#""d";r={huge};t={huge}"#);
    let policy = format!(r#""d";q={huge};w={huge}"#);
    let lines = [
        DATE,
        ("ratelimit", draft.as_str()),
        ("ratelimit-policy", policy.as_str()),
    ];
    let (most, long) = (Some(u64::MAX), Some(LONGEST.as_millis()));
    assert_eq!(told(&lines), [(name("d"), most, most, long, long)]);
}

#[test]
fn of_several_lines_the_first_that_can_be_read_counts() {
    let lines = [
        ("x-ratelimit-remaining", "some"),
        ("x-ratelimit-remaining", "5"),
        ("x-ratelimit-remaining", "9"),
    ];
    assert_eq!(told(&lines), [(0, None, Some(5), None, None)]);
    assert!(read(&lines).oddity().is_some());
}

#[test]
fn a_reset_alone_tells_nothing() {
    assert!(read(&[("x-ratelimit-reset", "5")]).is_empty());
    assert!(read(&[("x-ratelimit-used", "5")]).is_empty());
    let limit = read(&[("x-ratelimit-reset", "5"), ("x-ratelimit-limit", "5")]);
    assert_eq!(limit.iter().count(), 1);
}

#[test]
fn the_bucket_and_its_reach_are_told() {
    let bucket = |lines: &[_]| read(lines).bucket();
    let discord = ("x-ratelimit-bucket", "80c17d2f203122d936070c88c8d10f33");
    let github = ("x-ratelimit-resource", "core");
    assert_eq!(bucket(&[discord]), Some(name(discord.1)));
    assert_eq!(bucket(&[github]), Some(name("core")));
    assert_eq!(bucket(&[github, discord]), Some(name(discord.1)));
    assert_eq!(bucket(&[("x-ratelimit-resource", " ")]), None);
    assert_eq!(bucket(&[("ratelimit", r#""d";r=5"#)]), None);
    for (header, value, global) in [
        ("x-ratelimit-global", "true", true),
        ("x-ratelimit-global", "True", true),
        ("x-ratelimit-global", "false", false),
        ("x-ratelimit-scope", "global", true),
        ("x-ratelimit-scope", "shared", false),
        ("x-ratelimit-scope", "user", false),
    ] {
        assert_eq!(read(&[(header, value)]).is_global(), global, "{value}");
    }
}

#[test]
fn more_limits_than_fit_lose_those_without_a_remainder() {
    let policies: Vec<_> = (0..9).map(|n| format!(r#""p{n}";q=9;w=9"#)).collect();
    let policies = policies.join(",");
    let allowances = read(&[
        ("ratelimit-policy", policies.as_str()),
        ("ratelimit", r#""a";r=1, "b";r=2"#),
        ("x-ratelimit-remaining", "3"),
        ("x-ratelimit-remaining-minute", "4"),
    ]);
    let left: Vec<_> = allowances.iter().filter_map(|it| it.remaining).collect();
    assert_eq!(left, [1, 2, 3, 4]);
    assert_eq!(allowances.iter().count(), MOST);
}

#[test]
fn a_name_is_the_same_for_ever() {
    assert_eq!(name(""), 0xcbf2_9ce4_8422_2325, "the offset of FNV-1a");
    assert_eq!(name("a"), 0xaf63_dc4c_8601_ec8c, "its published test value");
    assert_eq!(name("foobar"), 0x8594_4171_f739_67e8, "and another one");
}

#[test]
fn an_ordinary_response_does_not_tell_of_limits() {
    let ordinary = [
        ("content-type", "text/plain"),
        ("content-length", "5"),
        DATE,
        ("server", "x"),
        ("cache-control", "no-store"),
        ("etag", "x"),
        ("vary", "accept"),
        ("strict-transport-security", "max-age=1"),
        ("x-request-id", "1"),
        ("x-ratelimits", "5"),
        ("ratelimited", "5"),
        ("access-control-expose-headers", "x-ratelimit-limit"),
        ("age", "5"),
    ];
    assert!(!tells_of_limits(&headers(&ordinary)));
    assert!(!tells_of_limits(&HeaderMap::new()));
    assert!(read(&ordinary[..12]).is_empty());
    let one = [&ordinary[..], &[("ratelimit", r#""d";r=5"#)]].concat();
    assert!(tells_of_limits(&headers(&one)));
}

#[test]
fn every_header_of_the_table_is_noticed() {
    for (name, field) in super::fields::FIELDS {
        assert_eq!(super::fields::Field::of(name), Some((*name, *field)));
        assert!(tells_of_limits(&headers(&[(name, "")])), "{name}");
    }
}

#[test]
fn allowances_can_be_made_by_hand() {
    let one = Allowance {
        remaining: Some(5),
        ..Allowance::default()
    };
    let allowances = Allowances::from_iter([one; 9]);
    assert_eq!(allowances.iter().count(), MOST);
    assert_eq!(allowances.iter().next(), Some(&one));
}
