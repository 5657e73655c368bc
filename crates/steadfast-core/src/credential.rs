//! Credentials in requests: the one list of headers that carry one, and what of it stays the same.
//!
//! Servers count by key, so one tenant's refusal must not stop another. A bearer token is the same for all requests that
//! carry it, but a signature differs each time: of AWS Signature Version 4, OAuth 1, Digest and their relatives only the
//! part that names the signer says whose request it is.

use http::HeaderMap;

/// The headers that APIs take a key, a token or a signature from, in lower case.
pub const CREDENTIAL_HEADERS: [&str; 19] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-auth-key",
    "x-functions-key",
    "x-subscription-token",
    "x-vault-token",
    "dd-api-key",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "private-token",
    "x-rapidapi-key",
    "x-shopify-access-token",
    "x-amz-security-token",
];

/// The parameters of an `Authorization` header that name the signer; the others (signature, nonce, time) change.
const STABLE_PARAMETERS: [&str; 7] = [
    "credential",
    "oauth_consumer_key",
    "oauth_token",
    "username",
    "keyid",
    "id",
    "client",
];

/// Whether a header carries a credential.
#[must_use]
pub fn is_credential(header: &str) -> bool {
    CREDENTIAL_HEADERS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(header))
}

/// Whether a request shows a credential that names its principal.
#[must_use]
pub fn is_shown(headers: &HeaderMap) -> bool {
    let mut shown = false;
    stable_parts(headers, |_| shown = true);
    shown
}

/// Gives everything of a request's credentials that stays the same from request to request, piece by piece: equal pieces
/// are the same principal. Nothing is given when the request shows no credential.
pub fn stable_parts(headers: &HeaderMap, mut part: impl FnMut(&[u8])) {
    for (name, value) in headers {
        let name = name.as_str();
        if !names_the_principal(name) {
            continue;
        }
        match name {
            "authorization" => authorization(value.as_bytes(), &mut part),
            _ => {
                part(name.as_bytes());
                part(value.as_bytes());
            }
        }
    }
}

/// Which headers of the list say whose request it is. The others do not: a cookie changes while its owner stays, a session
/// token belongs to a signature, and a proxy's user is not the API's. A match, since every call asks.
fn names_the_principal(header: &str) -> bool {
    matches!(
        header,
        "authorization"
            | "x-api-key"
            | "api-key"
            | "apikey"
            | "x-auth-token"
            | "x-access-token"
            | "x-auth-key"
            | "x-functions-key"
            | "x-subscription-token"
            | "x-vault-token"
            | "dd-api-key"
            | "x-goog-api-key"
            | "ocp-apim-subscription-key"
            | "private-token"
            | "x-rapidapi-key"
            | "x-shopify-access-token"
    )
}

/// What of an `Authorization` header stays the same.
fn authorization(value: &[u8], part: &mut impl FnMut(&[u8])) {
    let is = |scheme: &[u8]| {
        let start = value.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if is(b"bearer ") || is(b"basic ") {
        return part(value);
    }
    let Some(text) = std::str::from_utf8(value).ok() else {
        return part(value);
    };
    let Some((scheme, rest)) = text.split_once(' ') else {
        return part(value);
    };
    // `AWS AKID:signature`, and the same of Azure (`SharedKey`) and Google (`GOOG1`).
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    if is("AWS") || is("GOOG1") || is("SharedKey") || is("SharedKeyLite") {
        part(scheme.as_bytes());
        return part(rest.split(':').next().unwrap_or(rest).as_bytes());
    }
    let parameters = || {
        let parts = rest.split(',').filter_map(|one| one.split_once('='));
        parts.map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
    };
    let find = |known: &str| parameters().find(|(name, _)| name.eq_ignore_ascii_case(known));
    if !STABLE_PARAMETERS.iter().any(|known| find(known).is_some()) {
        return part(value);
    }
    part(scheme.as_bytes());
    for known in STABLE_PARAMETERS {
        if let Some((_, value)) = find(known) {
            part(known.as_bytes());
            // The scope behind an access key id has the day in it.
            part(value.split('/').next().unwrap_or(value).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(name: &'static str, value: &str) -> Vec<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        let mut parts = Vec::new();
        stable_parts(&headers, |part| parts.push(part.to_vec()));
        parts
    }

    #[test]
    fn what_signs_a_request_anew_each_time_is_one_principal() {
        for (one, again, other) in [
            (
                "AWS4-HMAC-SHA256 Credential=AKIDONE/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=aaa",
                "AWS4-HMAC-SHA256 Credential=AKIDONE/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=bbb",
                "AWS4-HMAC-SHA256 Credential=AKIDTWO/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=aaa",
            ),
            (
                r#"OAuth oauth_consumer_key="app", oauth_nonce="1", oauth_signature="x%3D", oauth_token="ada""#,
                r#"OAuth oauth_nonce="2", oauth_token="ada", oauth_signature="y%3D", oauth_consumer_key="app""#,
                r#"OAuth oauth_consumer_key="app", oauth_nonce="1", oauth_signature="x%3D", oauth_token="bob""#,
            ),
            (
                r#"Digest username="ada", realm="x", nonce="1", response="a", nc=00000001"#,
                r#"Digest username="ada", realm="x", nonce="2", response="b", nc=00000002"#,
                r#"Digest username="bob", realm="x", nonce="1", response="a", nc=00000001"#,
            ),
            ("AWS AKIDONE:aaa=", "AWS AKIDONE:bbb=", "AWS AKIDTWO:aaa="),
            (
                "SharedKey one:aaa=",
                "SharedKey one:bbb=",
                "SharedKey two:aaa=",
            ),
            (
                r#"Signature keyId="one",algorithm="hs2019",signature="aaa=""#,
                r#"Signature keyId="one",algorithm="hs2019",signature="bbb=""#,
                r#"Signature keyId="two",algorithm="hs2019",signature="aaa=""#,
            ),
        ] {
            assert_eq!(
                of("authorization", one),
                of("authorization", again),
                "{one}"
            );
            assert_ne!(
                of("authorization", one),
                of("authorization", other),
                "{one}"
            );
        }
    }

    #[test]
    fn whoever_names_the_principal_is_on_the_list() {
        let named = CREDENTIAL_HEADERS
            .iter()
            .filter(|name| names_the_principal(name));
        assert_eq!(named.count(), CREDENTIAL_HEADERS.len() - 3);
    }

    #[test]
    fn tokens_and_keys_are_told_apart_as_they_are() {
        assert_ne!(
            of("authorization", "Bearer a=1"),
            of("authorization", "Bearer a=2")
        );
        assert_ne!(
            of("authorization", "Basic YTpi=="),
            of("authorization", "Basic YTpj==")
        );
        assert_ne!(of("authorization", "raw"), of("authorization", "other"));
        assert_ne!(
            of("authorization", "Custom x=1"),
            of("authorization", "Custom x=2")
        );
        assert_ne!(of("x-api-key", "one"), of("x-api-key", "two"));
        assert_ne!(of("x-api-key", "one"), of("api-key", "one"));
        assert!(of("user-agent", "x").is_empty());
        assert!(of("cookie", "session=1").is_empty());
    }
}
