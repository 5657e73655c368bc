//! Patterns that cannot be read and patterns that collide: what is said about them.

use super::tests::routes;
use super::*;

#[test]
fn mistakes_name_the_pattern_and_what_would_be_right() {
    for (pattern, part) in [
        ("", "METHOD"),
        ("GET ", "METHOD"),
        ("get api.x.com", "capitals"),
        ("ftp://x.com", "`http` and `https`"),
        ("https:///v1", "names no host"),
        ("/v1/**", "names no host"),
        ("GET,get x.com", "has the method `get`"),
        ("GET, POST x.com", "without spaces"),
        ("GET,GET x.com", "`GET` twice"),
        ("GET POST x.com", "METHOD"),
        (" x.com", "without spaces"),
        ("*", "`*.example.com`"),
        ("*x.com", "`*.example.com`"),
        ("https://api.*.com", "`*.example.com`"),
        ("*.*.com", "`*.example.com`"),
        ("{host}.x.com", "one exact host"),
        ("*.", "`*.example.com`"),
        (".x.com", "`*.example.com`"),
        ("a..com", "between dots"),
        ("a.com..", "between dots"),
        (".", "between dots"),
        ("*.0.0.1.", "nothing below"),
        ("127.1.", "in full"),
        ("*.0.0.1", "nothing below"),
        ("127.1", "in full"),
        ("b\u{fc}cher.de", "`xn--`"),
        ("x,y.com", "letters, digits"),
        ("x.com?a=1", "letters, digits"),
        ("https://x.com:0/", "1 to 65535"),
        ("https://x.com:+80/", "1 to 65535"),
        ("https://x.com:/", "1 to 65535"),
        ("https://x.com:65536/", "1 to 65535"),
        ("https://x.com:port/", "1 to 65535"),
        ("https://user:pw@x.com/", "credentials"),
        ("user@x.com", "credentials"),
        ("https://x.com/a/*/b", "`{name}`"),
        ("https://x.com/a/**/b", "only at the end"),
        ("https://x.com/a**", "only at the end"),
        ("https://x.com/{}", "letters, digits"),
        ("https://x.com/{a b}", "METHOD"),
        ("https://x.com/{*rest}", "any rest is `/**`"),
        ("https://x.com/a{id}", "whole segment"),
        ("https://x.com/{id}.json", "whole segment"),
        ("https://x.com/{a}{b}", "letters, digits"),
        ("https://x.com/a?b={c}", "a query"),
        ("https://x.com/a#b", "a fragment"),
        ("https://x.com//v1/**", "`//`"),
        ("https://x.com/v1//**", "`//`"),
        ("https://x.com//", "`//`"),
        ("https://x.com/a/../b", "`..`"),
        ("https://x.com/%2e/b", "`%2e`"),
        ("::1/", "IPv6"),
        ("[::g]/", "`[2001:db8::1]`"),
        ("[::1/", "`[2001:db8::1]`"),
    ] {
        let error = pattern.parse::<Pattern>().unwrap_err().to_string();
        assert!(error.contains(part), "{pattern}: {error}");
        assert!(error.contains(&format!("`{pattern}`")), "{error}");
    }
}

#[test]
fn a_path_that_nobody_can_mean_is_refused() {
    let deep = |segments: usize| format!("x.com{}", "/a".repeat(segments));
    assert!(deep(128).parse::<Pattern>().is_ok());
    let error = deep(129).parse::<Pattern>().unwrap_err();
    assert!(error.problem().contains("has 129 segments"), "{error}");
    assert_eq!(error.pattern(), deep(129));

    let long = |bytes: usize| format!("x.com/{}%20", "a".repeat(bytes - 3));
    assert!(long(1_024).parse::<Pattern>().is_ok());
    let error = long(1_025).parse::<Pattern>().unwrap_err();
    assert!(error.problem().contains("1025 bytes"), "{error}");
}

#[test]
fn a_pattern_that_stands_twice_is_a_mistake() {
    for twice in [
        ["https://x.com:443/a/**", "https://X.com/a/**"],
        ["GET,PUT x.com", "PUT,GET x.com/**"],
        ["[::1]", "[0:0::1]/**"],
        ["x.com.", "x.com"],
        ["*.x.com/a", "*.x.com./a"],
    ] {
        let error = routes(&twice).unwrap_err();
        assert!(error.to_string().contains("stands twice"), "{error}");
        assert_eq!(error.rival(), Some(error.pattern()));
    }
}

#[test]
fn two_patterns_that_match_the_same_requests_equally_well_are_a_mistake_that_shows_both() {
    for (one, other, same) in [
        (
            "GET,POST x.com/a",
            "POST,PUT x.com/a",
            "the same POST requests",
        ),
        ("x.com/{a}", "x.com/{b}", "the same requests"),
        ("*.x.com/{a}/**", "*.x.com/{b}/**", "the same requests"),
        ("x.com/~", "x.com/%7e", "the same requests"),
        ("GET http://x.com:81/{a}", "GET http://x.com:81/{b}", "GET"),
    ] {
        for [one, other] in [[one, other], [other, one]] {
            let unrelated = ["x.com/**", one, "DELETE x.com/a", other, "y.com/a"];
            let error = routes(&unrelated).unwrap_err();
            assert_eq!((error.pattern(), error.rival()), (other, Some(one)));
            for part in [one, other, same, "narrow it"] {
                assert!(error.to_string().contains(part), "{error}");
            }
        }
    }
}

#[test]
fn patterns_that_no_request_has_in_common_live_together() {
    let apart = [
        "GET,PUT x.com/a",
        "POST,DELETE x.com/a",
        "http://x.com/a",
        "https://x.com/a",
        "x.com:81/a",
        "x.com:82/a",
        "x.com/a/",
        "x.com/A",
        "x.com/%2F",
        "x.com/%252F",
        "x.com./a",
        "*.x.com/a",
    ];
    assert!(routes(&apart).is_ok());
}
