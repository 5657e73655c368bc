use proptest::prelude::*;

use super::*;

#[test]
fn secrets_are_hidden_and_the_rest_stays() {
    for (url, shown) in [
        (
            "https://u:p@h.example/p",
            "https://REDACTED:REDACTED@h.example/p",
        ),
        ("https://ghp_token@h.example", "https://REDACTED@h.example"),
        (
            "https://:p@h.example/",
            "https://REDACTED:REDACTED@h.example/",
        ),
        (
            "https://u:p@w@h.example/",
            "https://REDACTED:REDACTED@h.example/",
        ),
        ("//u:p@h.example/p", "//REDACTED:REDACTED@h.example/p"),
        ("/p?sig=1&x=2", "/p?sig=REDACTED&x=2"),
        ("/p?x=2&API_KEY=1", "/p?x=2&API_KEY=REDACTED"),
        (
            "/p?apiKey=1&api-key=2",
            "/p?apiKey=REDACTED&api-key=REDACTED",
        ),
        ("/p?%74oken=1", "/p?%74oken=REDACTED"),
        ("/p?user[password]=1", "/p?user[password]=REDACTED"),
        ("/p?user%5Bpassword%5D=1", "/p?user%5Bpassword%5D=REDACTED"),
        ("/p?a=1;token=2;3", "/p?a=1;token=REDACTED"),
        ("/p?token=a=b?c", "/p?token=REDACTED"),
        ("/p#access_token=1", "/p"),
        ("/p?x=1#top", "/p?x=1"),
        (
            "https://s3.example/k?X-Amz-Date=1&X-Amz-Signature=2&X-Amz-Credential=3",
            "https://s3.example/k?X-Amz-Date=1&X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED",
        ),
    ] {
        assert_eq!(redact_url(url), shown, "{url}");
        assert_eq!(format!("{:?}", RedactedUrl::new(url)), shown, "{url}");
    }
}

#[test]
fn what_holds_no_secret_is_borrowed() {
    for url in [
        "",
        "/",
        "https://h.example",
        "https://h.example:8443/a@b?page=2&q=a%20b&token=&monkey=1&keys=2&&=",
        "/a//u:p@b",
        "https://h.example/p?mail=u:p@h.example",
        "http://[::1]:80/p",
    ] {
        assert!(
            matches!(redact_url(url), Cow::Borrowed(shown) if shown == url),
            "{url}"
        );
        assert_eq!(RedactedUrl::new(url).to_string(), url);
    }
    assert!(matches!(redact_query("page=2"), Cow::Borrowed("page=2")));
    assert_eq!(redact_query("code=2"), "code=REDACTED");
}

#[test]
fn every_listed_key_is_secret_in_any_case() {
    for key in SECRET_KEYS {
        assert!(
            is_secret_key(key) && is_secret_key(&key.to_ascii_uppercase()),
            "{key}"
        );
    }
    for key in [
        "page",
        "keyword",
        "tokens",
        "",
        "passenger",
        "%",
        "%7",
        "[",
        "]",
        "a[]",
    ] {
        assert!(!is_secret_key(key), "{key}");
    }
}

/// Percent-encodes the bytes of `key` that `which` picks, and changes their case.
fn disguise(key: &str, which: u64) -> String {
    let pick = |index: usize| which >> (index % 64) & 1 == 1;
    key.bytes()
        .enumerate()
        .map(|(index, byte)| match (pick(index), pick(index + 32)) {
            (true, _) => format!("%{byte:02x}"),
            (false, true) => char::from(byte).to_ascii_uppercase().to_string(),
            (false, false) => char::from(byte).to_string(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(256)))]

    #[test]
    fn a_planted_secret_never_appears_and_nothing_else_changes(
        key in prop::sample::select(SECRET_KEYS), which: u64, user in "[a-z]{0,4}",
        path in "(/[a-z@:.]{0,5}){0,3}", at in 0_usize..4,
        pairs in prop::collection::vec("[b-d]{1,3}=[a-z0-9@;:/]{0,4}", 0..4),
    ) {
        const SECRET: &str = "S3CR3T";
        let key = disguise(key, which);
        let mut sent = pairs.clone();
        let at = at.min(pairs.len());
        sent.insert(at, format!("{key}={SECRET};x={SECRET}"));
        let url = format!("https://{user}:{SECRET}@h{path}?{}#{SECRET}", sent.join("&"));
        let mut expected = pairs;
        expected.insert(at, format!("{key}=REDACTED"));
        let shown = redact_url(&url);
        prop_assert!(!shown.contains(SECRET), "{shown}");
        let query = expected.join("&");
        prop_assert_eq!(shown, format!("https://REDACTED:REDACTED@h{path}?{query}"));
    }

    #[test]
    fn any_text_is_harmless_and_redacting_twice_changes_nothing(url in "\\PC{0,60}") {
        let once = redact_url(&url).into_owned();
        prop_assert_eq!(&redact_url(&once), &once);
    }
}
