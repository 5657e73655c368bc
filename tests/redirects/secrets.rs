//! No secret leaves its origin.

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Client;
use steadfast_core::redirect::{REMOVED_BY_REQWEST, keys};
use steadfast_testkit::{Received, virtual_time};

use super::{Two, bare, following, wrapped};

fn all() -> HeaderMap {
    let names = REMOVED_BY_REQWEST.iter().copied().chain(keys());
    let value = |name: &'static str| {
        let mut value = HeaderValue::from_static("secret");
        value.set_sensitive(true);
        (HeaderName::from_static(name), value)
    };
    names.map(value).collect()
}

/// The secrets that a request carries.
fn secrets(request: &Received) -> Vec<String> {
    let told = request.headers.iter();
    told.filter(|(_, value)| value.as_bytes().windows(6).any(|part| part == b"secret"))
        .map(|(name, _)| name.to_string())
        .collect()
}

const CHAINS: &[&str] = &[
    "/302/there/end",
    "/307/here/303/there/end",
    "/302/there/302/here/end",
    "/308/there/308/here/308/here/end",
];

#[test]
fn secrets_of_a_request_stay_at_its_origin() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        let client = wrapped(Client::builder());
        for chain in CHAINS {
            let before = two.seen();
            let request = client.post(two.here.url(chain)).headers(all()).body("x");
            assert_eq!(request.send().await.unwrap().status(), 200);
            let sent = two.there.log().entries().split_off(before.1);
            assert!(!sent.is_empty(), "{chain}");
            for request in sent {
                assert_eq!(secrets(&request), [""; 0], "{chain}");
            }
            for request in two.here.log().entries().split_off(before.0) {
                assert_eq!(secrets(&request).len(), all().len(), "{chain}");
            }
        }
    });
}

/// A client adds its default headers to whatever it is given.
#[test]
fn secrets_among_the_default_headers_stay_at_their_origin() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        let keys = all();
        let some: HeaderMap = ["authorization", "cookie"]
            .map(|name| (HeaderName::from_static(name), keys[name].clone()))
            .into_iter()
            .collect();
        for (defaults, own) in [
            (all(), HeaderMap::new()),
            (some.clone(), HeaderMap::new()),
            (some.clone(), all()),
            (
                HeaderMap::from_iter([(
                    HeaderName::from_static("x-api-key"),
                    keys["x-api-key"].clone(),
                )]),
                all(),
            ),
        ] {
            let client = wrapped(Client::builder().default_headers(defaults.clone()));
            for chain in CHAINS {
                let before = two.seen();
                let request = client.post(two.here.url(chain)).headers(own.clone());
                assert_eq!(request.send().await.unwrap().status(), 200, "{chain}");
                let sent = two.there.log().entries().split_off(before.1);
                assert!(!sent.is_empty(), "{chain}");
                for request in sent {
                    assert_eq!(secrets(&request), [""; 0], "{chain} {defaults:?}");
                }
                for request in two.here.log().entries().split_off(before.0) {
                    assert!(secrets(&request).len() >= defaults.len(), "{chain}");
                }
            }
        }
    });
}

/// Some servers, such as object stores behind signed URLs, refuse an `Authorization` without a value.
#[test]
fn a_default_authorization_leaves_nothing_behind_at_another_origin() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        let auth = HeaderMap::from_iter([(
            HeaderName::from_static("authorization"),
            HeaderValue::from_static("Bearer t"),
        )]);
        for path in [
            "/302/there/end",
            "/303/there/end",
            "/302/here/307/there/end",
        ] {
            let mut seen = Vec::new();
            for make in [bare, wrapped] {
                let before = two.seen();
                let client = make(Client::builder().default_headers(auth.clone()));
                let request = client.post(two.here.url(path)).body("x");
                let url = request.send().await.unwrap().url().clone();
                seen.push((url, two.arrived(before)));
            }
            assert_eq!(seen[1], seen[0], "{path}");
            let last = two.there.log().last().unwrap();
            assert!(!last.headers.contains_key("authorization"));
        }
    });
}

/// The client follows such redirects itself; it asks first.
#[test]
fn a_default_authorization_changes_nothing_about_what_is_followed() {
    use steadfast::policy::Redirects;

    virtual_time().block_on(async {
        let two = Two::start().await;
        let auth = HeaderMap::from_iter([(
            HeaderName::from_static("authorization"),
            HeaderValue::from_static("Bearer t"),
        )]);
        let client =
            |redirects| following(redirects, Client::builder().default_headers(auth.clone()));
        let path = two.here.url("/302/here/302/there/end");
        for redirects in [Redirects::limited(1), Redirects::limited(0)] {
            let error = client(redirects).get(&path).send().await.unwrap_err();
            assert!(error.is_redirect());
        }
        for redirects in [Redirects::same_origin(), Redirects::none()] {
            let response = client(redirects).get(&path).send().await.unwrap();
            assert_eq!(response.status(), 302);
        }
        assert_eq!(two.there.requests(), 0);
        let response = client(Redirects::limited(2)).get(&path).send().await;
        assert_eq!(response.unwrap().status(), 200);
    });
}

/// Why our rule about the second redirect over there is stricter: if this fails, reqwest has become so, too.
#[test]
fn the_bare_client_sends_a_credential_on_at_the_second_redirect() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        for (make, sent) in [(bare as fn(_) -> _, true), (wrapped, false)] {
            let request = make(Client::builder()).get(two.here.url("/302/there/302/here/end"));
            request.bearer_auth("secret").send().await.unwrap();
            let last = two.there.log().last().unwrap();
            assert_eq!(last.path, "/end");
            assert_eq!(!secrets(&last).is_empty(), sent);
        }
    });
}
