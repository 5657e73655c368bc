//! Patterns: what they match, which wins, and how mistakes read.

use super::*;

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
fn mistakes_name_the_pattern_and_what_would_be_right() {
    for (pattern, part) in [
        ("", "METHOD"),
        ("GET ", "METHOD"),
        ("get api.x.com", "capitals"),
        ("ftp://x.com", "`http` and `https`"),
        ("https:///v1", "names no host"),
        ("/v1/**", "names no host"),
        ("https://*.x.com", "one exact host"),
        ("https://x.com:0/", "1 to 65535"),
        ("https://x.com:port/", "1 to 65535"),
        ("https://user:pw@x.com/", "credentials"),
        ("https://x.com/a/*/b", "ends in `/**`"),
        ("https://x.com/{id}", "ends in `/**`"),
        ("https://x.com//v1/**", "`//`"),
        ("::1/", "IPv6"),
    ] {
        let error = pattern.parse::<Pattern>().unwrap_err().to_string();
        assert!(error.contains(part), "{pattern}: {error}");
        assert!(error.contains(&format!("`{pattern}`")), "{error}");
    }
}

#[test]
fn a_pattern_that_stands_twice_is_a_mistake() {
    let twice = ["https://x.com:443/a/**", "https://X.com/a/**"];
    let error = Routes::build(twice.map(|text| (text.parse().unwrap(), ()))).unwrap_err();
    assert!(error.to_string().contains("stands twice"), "{error}");
}

#[test]
fn a_pattern_shows_as_it_is_read() {
    for text in [
        "GET https://x.com/a/**",
        "x.com:8080/a",
        "x.com/**",
        "https://[::1]/**",
    ] {
        let pattern: Pattern = text.parse().unwrap();
        assert_eq!(pattern.to_string(), text);
        assert_eq!(pattern.to_string().parse::<Pattern>().unwrap(), pattern);
    }
}
