use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::*;
use crate::url::UrlParts;

fn url<'a>(scheme: &'a str, host: &'a str, port: Option<u16>) -> UrlParts<'a> {
    UrlParts::new(scheme, host, port, "/", None)
}

#[test]
fn statuses_change_methods_and_bodies_as_with_reqwest() {
    const GET: Option<Rewrite> = Some(Rewrite::BecomeGet);
    const SAME: Option<Rewrite> = Some(Rewrite::Nothing);
    const DROP: Option<Rewrite> = Some(Rewrite::DropBody);
    for (status, get, head, post, put) in [
        (301, SAME, SAME, GET, SAME),
        (302, SAME, SAME, GET, SAME),
        (303, DROP, DROP, GET, GET),
        (307, SAME, SAME, SAME, SAME),
        (308, SAME, SAME, SAME, SAME),
        (300, None, None, None, None),
        (304, None, None, None, None),
        (305, None, None, None, None),
        (200, None, None, None, None),
        (201, None, None, None, None),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT];
        let found = methods.map(|method| Rewrite::of(status, &method));
        assert_eq!(found, [get, head, post, put], "{status}");
    }
}

#[test]
fn a_dropped_body_takes_its_headers_along_and_no_others() {
    let mut headers = HeaderMap::new();
    let described = [
        "content-type",
        "content-length",
        "content-encoding",
        "transfer-encoding",
    ];
    for name in described.iter().chain(&["accept", "content-language"]) {
        headers.insert(*name, HeaderValue::from_static("x"));
    }
    let mut method = Method::PUT;
    let mut kept = headers.clone();
    Rewrite::Nothing.apply(&mut method, &mut kept);
    assert_eq!((&method, &kept), (&Method::PUT, &headers));
    Rewrite::BecomeGet.apply(&mut method, &mut headers);
    assert_eq!((method, headers.len()), (Method::GET, 2));
    assert!(described.iter().all(|name| !headers.contains_key(*name)));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    use Crossing::{Foreign, SameOrigin, Upgrade};
    let plain = url("http", "a.com", None);
    for (from, to, expected) in [
        (plain, plain, SameOrigin),
        (plain, url("http", "a.com", Some(80)), SameOrigin),
        (plain, url("https", "a.com", None), Upgrade),
        (plain, url("https", "a.com", Some(443)), Upgrade),
        (plain, url("https", "a.com", Some(8443)), Foreign),
        (
            url("http", "a.com", Some(8080)),
            url("https", "a.com", None),
            Foreign,
        ),
        (plain, url("https", "b.com", None), Foreign),
        (url("https", "a.com", None), plain, Foreign),
        (plain, url("http", "a.com", Some(81)), Foreign),
        (plain, url("http", "www.a.com", None), Foreign),
        (plain, url("http", "a.com.", None), Foreign),
    ] {
        assert_eq!(Crossing::between(&from, &to), expected, "{from} to {to}");
    }
}

#[test]
fn credentials_stay_behind_at_every_crossing() {
    let mut all = HeaderMap::new();
    for name in REMOVED_BY_REQWEST
        .iter()
        .copied()
        .chain(keys())
        .chain(["accept"])
    {
        all.append(name, HeaderValue::from_static("one"));
        all.append(name, HeaderValue::from_static("two"));
    }
    for (crossing, left) in [
        (
            Crossing::SameOrigin,
            REMOVED_BY_REQWEST.len() + keys().count() + 1,
        ),
        (Crossing::Upgrade, keys().count() + 1),
        (Crossing::Foreign, 1),
    ] {
        let mut headers = all.clone();
        crossing.strip(&mut headers);
        assert_eq!(headers.keys_len(), left, "{crossing:?}");
        assert!(headers.contains_key("accept"));
    }
}

#[test]
fn what_stayed_behind_once_is_not_sent_later() {
    use Crossing::{Foreign, SameOrigin, Upgrade};
    for (first, second, expected) in [
        (Foreign, SameOrigin, Foreign),
        (SameOrigin, Foreign, Foreign),
        (Upgrade, SameOrigin, Upgrade),
        (Upgrade, Foreign, Foreign),
        (SameOrigin, SameOrigin, SameOrigin),
    ] {
        assert_eq!(first.then(second), expected);
    }
}

#[test]
fn redirects_are_followed_up_to_the_limit_and_within_the_origin() {
    use Decision::{Follow, Stop, TooMany};
    let (here, there) = (url("http", "a.com", None), url("http", "b.com", None));
    for (redirects, followed, to, expected) in [
        (Redirects::default(), 0, there, Follow),
        (Redirects::default(), 9, there, Follow),
        (Redirects::default(), 10, there, TooMany),
        (Redirects::limited(0), 0, here, TooMany),
        (Redirects::limited(1), 0, here, Follow),
        (Redirects::limited(1), 1, here, TooMany),
        (Redirects::same_origin(), 9, here, Follow),
        (Redirects::same_origin(), 10, here, TooMany),
        (Redirects::same_origin(), 0, there, Stop),
        (Redirects::none(), 0, here, Stop),
    ] {
        let found = redirects.decide(followed, &here, &to);
        assert_eq!(found, expected, "{redirects:?} after {followed} to {to}");
    }
}

#[test]
fn hops_read_as_a_phrase() {
    for (followed, resent, text) in [
        (0, 0, ""),
        (1, 0, "followed 1 redirect"),
        (2, 1, "followed 2 redirects, resent 1x"),
        (0, 2, "resent 2x"),
    ] {
        assert_eq!(Hops { followed, resent }.to_string(), text);
    }
}
