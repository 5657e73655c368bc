//! Patterns: what they match, which wins, and how they show.

use http::Method;

use super::*;
use crate::url::UrlParts;

pub(super) fn routes<'a>(patterns: &[&'a str]) -> Result<Routes<&'a str>, InvalidPattern> {
    Routes::build(patterns.iter().map(|text| (text.parse().unwrap(), *text)))
}

fn matches(
    pattern: &str,
    method: &str,
    url: (&'static str, &'static str, Option<u16>, &'static str),
) -> bool {
    let (scheme, host, port, path) = url;
    let pattern: Pattern = pattern.parse().unwrap();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    pattern.matches(&method, &UrlParts::new(scheme, host, port, path, None))
}

#[test]
fn a_pattern_matches_what_it_says() {
    let api = |path| ("https", "api.x.com", None, path);
    for (pattern, method, url, expected) in [
        ("https://api.x.com/v1/**", "GET", api("/v1/a"), true),
        ("https://api.x.com/v1/**", "GET", api("/v1"), true),
        ("https://api.x.com/v1/**", "GET", api("/v10"), false),
        ("https://api.x.com/v1", "GET", api("/v1"), true),
        ("https://api.x.com/v1", "GET", api("/v1/a"), false),
        ("https://api.x.com", "GET", api("/anything"), true),
        ("https://api.x.com/**", "GET", api(""), true),
        ("https://api.x.com/", "GET", api(""), true),
        ("api.x.com/**", "GET", api("/a"), true),
        ("API.X.com/**", "GET", api("/a"), true),
        ("http://api.x.com/**", "GET", api("/a"), false),
        ("POST api.x.com/**", "GET", api("/a"), false),
        ("GET api.x.com/**", "GET", api("/a"), true),
        ("api.x.com:8443/**", "GET", api("/a"), false),
        ("https://api.x.com:443/**", "GET", api("/a"), true),
        ("x.com/**", "GET", api("/a"), false),
        (
            "127.0.0.1:80/**",
            "GET",
            ("http", "127.0.0.1", None, "/"),
            true,
        ),
        (
            "[::1]:8080/**",
            "GET",
            ("http", "[::1]", Some(8080), "/"),
            true,
        ),
    ] {
        assert_eq!(
            matches(pattern, method, url),
            expected,
            "{pattern} {method} {url:?}"
        );
    }
}

#[test]
fn the_most_specific_pattern_wins_whatever_the_order() {
    let mut patterns = [
        "api.x.com/**",
        "GET api.x.com/v1/**",
        "https://api.x.com/v1/**",
        "api.x.com/v1/**",
        "api.x.com/v1/search",
        "api.x.com/v1/search/**",
    ];
    for rotation in 0..patterns.len() {
        patterns.rotate_left(1);
        let routes = Routes::build(
            patterns
                .iter()
                .map(|pattern| (pattern.parse().unwrap(), *pattern)),
        )
        .unwrap();
        for (method, scheme, path, winner) in [
            (Method::GET, "https", "/", "api.x.com/**"),
            (Method::GET, "https", "/v1/x", "GET api.x.com/v1/**"),
            (Method::PUT, "https", "/v1/x", "https://api.x.com/v1/**"),
            (Method::PUT, "http", "/v1/x", "api.x.com/v1/**"),
            (Method::GET, "https", "/v1/search", "api.x.com/v1/search"),
            (
                Method::GET,
                "https",
                "/v1/search/x",
                "api.x.com/v1/search/**",
            ),
        ] {
            let url = UrlParts::new(scheme, "API.x.com", None, path, None);
            assert_eq!(
                routes.find(&method, &url),
                Some(&winner),
                "rotation {rotation}, {path}"
            );
        }
        let other = UrlParts::new("https", "other.com", None, "/", None);
        assert_eq!(routes.find(&Method::GET, &other), None);
    }
}

#[test]
fn the_host_counts_before_the_path_and_the_path_before_the_rest() {
    for (better, worse, path) in [
        ("a.b.x.com", "*.b.x.com/v1/a", "/v1/a"),
        ("*.b.x.com", "*.x.com/v1/a", "/v1/a"),
        ("*.x.com", "*.com/v1/a", "/v1/a"),
        ("a.b.x.com/v1/**", "GET https://a.b.x.com:443/**", "/v1/a"),
        (
            "a.b.x.com/v1/{id}/**",
            "GET https://a.b.x.com/v1/**",
            "/v1/a",
        ),
        ("a.b.x.com/v1/a/**", "a.b.x.com/v1/{id}/b", "/v1/a/b"),
        ("a.b.x.com/{x}/a", "a.b.x.com/{x}/{id}", "/v1/a"),
        ("a.b.x.com/v1/{id}", "a.b.x.com/v1/**", "/v1/a"),
        ("a.b.x.com/v1", "GET a.b.x.com/v1/**", "/v1"),
        ("a.b.x.com/v1/", "a.b.x.com/v1/**", "/v1/"),
        ("a.b.x.com/v1/%7Ea", "a.b.x.com/v1/{id}", "/v1/~a"),
        ("GET,PUT a.b.x.com", "https://a.b.x.com", "/"),
        ("GET a.b.x.com", "GET,PUT https://a.b.x.com", "/"),
        ("GET,PUT a.b.x.com", "DELETE,GET,PATCH a.b.x.com", "/"),
        ("https://a.b.x.com", "a.b.x.com:443", "/"),
        ("a.b.x.com:443", "a.b.x.com", "/"),
    ] {
        let url = UrlParts::new("https", "a.b.x.com", None, path, None);
        for order in [[better, worse], [worse, better]] {
            let found = routes(&order).unwrap().find(&Method::GET, &url).copied();
            assert_eq!(found, Some(better), "{order:?}");
        }
        let alone = routes(&[worse]).unwrap();
        assert_eq!(alone.find(&Method::GET, &url), Some(&worse));
    }
}

#[test]
fn a_more_specific_pattern_that_does_not_match_hides_no_other() {
    let patterns = [
        "POST a.x.com/v1/items/{id}",
        "a.x.com/v1/{kind}/7/edit",
        "GET *.x.com/v1/**",
        "*.com",
    ];
    let routes = routes(&patterns).unwrap();
    for (method, path, found) in [
        (Method::POST, "/v1/items/7", patterns[0]),
        (Method::GET, "/v1/items/7/edit", patterns[1]),
        (Method::GET, "/v1/items/7", patterns[2]),
        (Method::PUT, "/v1/items/7", patterns[3]),
    ] {
        let url = UrlParts::new("https", "a.x.com", None, path, None);
        assert_eq!(routes.find(&method, &url), Some(&found), "{method} {path}");
    }
}

#[test]
fn spellings_of_the_same_url_are_the_same() {
    for (pattern, host, path, expected) in [
        ("x.com/caf\u{e9}", "x.com", "/caf%C3%A9", true),
        ("x.com/caf%c3%a9", "x.com", "/caf%C3%A9", true),
        ("x.com/caf%C3%A9", "x.com", "/caf\u{e9}", true),
        ("x.com/%41%2d%7E", "x.com", "/A-~", true),
        ("x.com/A-~", "x.com", "/%41%2D%7e", true),
        ("x.com/a%2fb", "x.com", "/a%2Fb", true),
        ("x.com/a%2Fb", "x.com", "/a/b", false),
        ("x.com/a/b", "x.com", "/a%2Fb", false),
        ("x.com/a:b", "x.com", "/a%3Ab", false),
        ("x.com/a\"b", "x.com", "/a%22b", true),
        ("x.com/100%", "x.com", "/100%", true),
        ("x.com/100%", "x.com", "/100%25", true),
        ("x.com/100%2", "x.com", "/100%252", true),
        ("x.com/A", "x.com", "/a", false),
        ("x.com/v1:run;a=b,c", "x.com", "/v1:run;a=b,c", true),
        ("X.com/a", "x.COM", "/a", true),
        ("*.X.com/a", "A.x.COM", "/a", true),
        ("[2001:DB8:0:0::1]/a", "[2001:db8::1]", "/a", true),
        ("[::1]/a", "[0:0:0:0:0:0:0:1]", "/a", true),
        ("[::ffff:1.2.3.4]/a", "[::ffff:102:304]", "/a", true),
        ("x.com./a", "x.com", "/a", true),
        ("x.com/a", "x.com.", "/a", true),
        ("*.x.com./a", "a.x.com", "/a", true),
        ("127.0.0.1./a", "127.0.0.1", "/a", true),
        ("x.com/a", "X.com.", "/a", true),
        ("x.com/a", "x.com..", "/a", false),
    ] {
        let routes = routes(&[pattern]).unwrap();
        let url = UrlParts::new("https", host, None, path, None);
        let found = routes.find(&Method::GET, &url).is_some();
        let matches = pattern.parse::<Pattern>().unwrap();
        let matches = matches.matches(&Method::GET, &url);
        let as_expected = (found, matches) == (expected, expected);
        assert!(as_expected, "{pattern} {url}: {found} {matches}");
    }
}

#[test]
fn slashes_dots_and_empty_segments_are_what_they_seem() {
    for (pattern, path, expected) in [
        ("x.com/a", "/a/", false),
        ("x.com/a/", "/a", false),
        ("x.com/a/", "/a/", true),
        ("x.com/a/**", "/a/", true),
        ("x.com/a/**", "/a//b", true),
        ("x.com/", "", true),
        ("x.com/{id}", "/", false),
        ("x.com/{id}", "", false),
        ("x.com/a/{id}", "/a/", false),
        ("x.com/a/{id}", "/a/b/", false),
        ("x.com/a/{id}/", "/a/b/", true),
        ("x.com/a/{id}/**", "/a", false),
        ("x.com/a/{id}/**", "/a/", false),
        ("x.com/a/{id}/**", "/a/b", true),
        ("x.com/a/{id}/b", "/a//b", false),
        ("x.com/a/b", "//a//b", true),
        ("x.com/a/b", "/a////b", true),
        ("x.com/a/b", "/a/b//", false),
        ("x.com/a/b/", "/a/b//", true),
        ("x.com/a/{id}", "/a//", false),
        ("x.com/a/{id}", "//a//7", true),
        ("x.com/", "//", true),
        ("x.com/{id}", "/..", true),
        ("x.com/b", "/a/../b", false),
        ("x.com/.well-known/a", "/.well-known/a", true),
        ("x.com", "*", true),
    ] {
        let routes = routes(&[pattern]).unwrap();
        let url = UrlParts::new("https", "x.com", None, path, None);
        let found = routes.find(&Method::GET, &url).is_some();
        assert_eq!(found, expected, "{pattern} {path}");
        assert_eq!(
            matches(pattern, "GET", ("https", "x.com", None, path)),
            expected
        );
    }
}

#[test]
fn a_wildcard_is_one_or_more_labels() {
    for (host, expected) in [
        ("a.x.com", true),
        ("a.b.x.com", true),
        ("x.com", false),
        (".x.com", false),
        ("ax.com", false),
        ("a.x.com.evil.org", false),
        ("a.x.com.", true),
        ("x.com.", false),
    ] {
        let routes = routes(&["*.x.com"]).unwrap();
        let url = UrlParts::new("https", host, None, "/", None);
        assert_eq!(
            routes.find(&Method::GET, &url).is_some(),
            expected,
            "{host}"
        );
        let pattern: Pattern = "*.x.com".parse().unwrap();
        assert_eq!(pattern.matches(&Method::GET, &url), expected, "{host}");
    }
    let endless = format!("{}.X.com", "a.".repeat(200));
    let url = UrlParts::new("https", &endless, None, "/", None);
    assert_eq!(routes(&["*.x.com"]).unwrap().find(&Method::GET, &url), None);
}

#[test]
fn the_template_is_the_path_as_it_was_written() {
    for (pattern, template) in [
        ("GET https://x.com/v1/items/{id}", "/v1/items/{id}"),
        ("x.com/v1/caf\u{e9}/**", "/v1/caf\u{e9}/**"),
        ("x.com/", "/"),
        ("x.com", "/**"),
    ] {
        assert_eq!(pattern.parse::<Pattern>().unwrap().template(), template);
    }
}

#[test]
fn a_pattern_shows_as_it_is_read() {
    for text in [
        "GET https://x.com/a/**",
        "x.com:8080/a",
        "x.com/**",
        "https://[::1]/**",
        "GET,POST https://*.x.com:8443/{id}/%7e/**",
        "x.com/",
    ] {
        let pattern: Pattern = text.parse().unwrap();
        assert_eq!(pattern.to_string(), text);
        assert_eq!(pattern.to_string().parse::<Pattern>().unwrap(), pattern);
    }
}

#[test]
fn the_longest_segment_and_one_that_is_longer_are_compared_as_they_are() {
    let longest = format!("/{}%20", "a".repeat(1_021));
    let pattern = format!("x.com{longest}");
    let routes = routes(&[&pattern, "x.com/{id}"]).unwrap();
    let find = |path: &str| {
        let url = UrlParts::new("https", "x.com", None, path, None);
        routes.find(&Method::GET, &url).copied()
    };
    assert_eq!(find(&longest), Some(pattern.as_str()));
    assert_eq!(find(&format!("{longest}%20")), Some("x.com/{id}"));
    assert_eq!(find(&"/a".repeat(100_000)), None);
    assert_eq!(
        find(&format!("{}a", "/".repeat(100_000))),
        Some("x.com/{id}")
    );
}
