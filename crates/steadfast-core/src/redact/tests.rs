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
        // Named by its end.
        (
            "/p?api_token=1&oauth_token=2&private_token=3&api_secret=4&consumer_secret=5&verify_token=6",
            "/p?api_token=REDACTED&oauth_token=REDACTED&private_token=REDACTED&api_secret=REDACTED&consumer_secret=REDACTED&verify_token=REDACTED",
        ),
        (
            "/p?webhookSignature=1&db-password=2&stripe.key=3",
            "/p?webhookSignature=REDACTED&db-password=REDACTED&stripe.key=REDACTED",
        ),
        (
            "/p?api_key[]=1&api_key%5B0%5D=2&token[a][b]=3",
            "/p?api_key[]=REDACTED&api_key%5B0%5D=REDACTED&token[a][b]=REDACTED",
        ),
        // Without a scheme.
        ("u:p@h.example/p", "REDACTED:REDACTED@h.example/p"),
        ("u:p@h.example:80", "REDACTED:REDACTED@h.example:80"),
        ("u:p@w@h.example?x=1", "REDACTED:REDACTED@h.example?x=1"),
        // A URL in a value, as it is and encoded once or twice.
        ("/p?next=/login?token=1&x=2", "/p?next=REDACTED&x=2"),
        ("/p?next=https://u:p@h/&x=2", "/p?next=REDACTED&x=2"),
        ("/p?x=2;next=https://u@h/;y", "/p?x=2;next=REDACTED"),
        ("/p?next=u:p@h", "/p?next=REDACTED"),
        (
            "/p?next=https%3A%2F%2Fh%2F%3Ftoken%3D1&x=2",
            "/p?next=REDACTED&x=2",
        ),
        (
            "/p?next=https%253A%252F%252Fu%253Ap%2540h%252F&x=2",
            "/p?next=REDACTED&x=2",
        ),
        ("/p?next=%2Fcb%23access_token%3D1", "/p?next=REDACTED"),
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
        "https://h.example:8443/a@b?page=2&q=a%20b&token=&keyed=1&keys=2&&=",
        "/a//u:p@b",
        "https://h.example/p?mail=ada@h.example",
        "https://h.example/p?next=https%3A%2F%2Fh%2F%3Fpage%3D1&at=12:30",
        "h.example/p",
        "h.example:80/u:p@b",
        "ada@h.example",
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
        "[a]b",
        "secretary",
        "signatures[x]",
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
        pairs in prop::collection::vec("[b-d]{1,3}=[a-z0-9;:/]{0,4}", 0..4),
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

#[test]
fn urls_in_urls_are_looked_into_in_a_bounded_time() {
    let mut url = "https://h/?token=1".to_owned();
    for _ in 0..12 {
        url = format!(
            "https://h/?next={}",
            url.replace('%', "%25").replace('?', "%3F")
        );
    }
    assert!(redact_url(&url).len() <= url.len());
    let hostile = format!("/p?{}", "a=%25%25?b=".repeat(5_000));
    assert!(!redact_url(&hostile).is_empty());
}
