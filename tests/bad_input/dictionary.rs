//! Responses at random, from what servers send and from what they should not.

use fastrand::Rng;

/// Every header that is read somewhere, and some that are not.
pub(crate) const NAMES: [&str; 61] = [
    "accept",
    "accept-patch",
    "accept-post",
    "age",
    "allow",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-reset",
    "cf-ray",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "grpc-retry-pushback-ms",
    "idempotency-key",
    "link",
    "location",
    "proxy-authenticate",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-policy",
    "ratelimit-remaining",
    "ratelimit-reset",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "server",
    "stripe-should-retry",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
    "x-amz-retry-after",
    "x-amzn-requestid",
    "x-github-request-id",
    "x-hubspot-ratelimit-daily",
    "x-hubspot-ratelimit-daily-remaining",
    "x-hubspot-ratelimit-interval-milliseconds",
    "x-ms-retry-after-ms",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
    "x-ratelimit-bucket",
    "x-ratelimit-global",
    "x-ratelimit-limit",
    "x-ratelimit-limit-minute",
    "x-ratelimit-remaining",
    "x-ratelimit-remaining-day",
    "x-ratelimit-remaining-minute",
    "x-ratelimit-remaining-month",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-reset-requests",
    "x-ratelimit-resource",
    "x-ratelimit-scope",
    "x-ratelimit-used",
    "x-request-id",
    "x-shopify-shop-api-call-limit",
    "x-should-retry",
    "x-unknown",
];

/// Values that some server has sent.
pub(crate) const VALUES: [&[u8]; 71] = [
    b"",
    b"0",
    b"1",
    b"-1",
    b"2.0",
    b"0.0000000001",
    b"1000000",
    b"1795000000",
    b"1795000000123",
    b"18446744073709551615",
    b"18446744073709551616",
    b"99999999999999999999999999999999999999999",
    b"1e309",
    b"inf",
    b"-inf",
    b"nan",
    b"NaN",
    b"120junk",
    b"junk",
    b"\xd9\xa1\xd9\xa2",
    b"\xff\xfe",
    b"\t7\t",
    b"5, 7",
    b"5;7",
    b"12ms",
    b"6m0s",
    b"1h2m3.5s",
    b"999999999999999999999h",
    b"1us",
    b"1\xc2\xb5s",
    b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"Sunday, 06-Nov-94 08:49:37 GMT",
    b"Sun Nov  6 08:49:37 1994",
    b"Mon, 31 Dec 9999 23:59:59 GMT",
    b"Sun, 32 Nov 1994 08:49:37 GMT",
    b"Thu, 01 Jan 1970 00:00:00 GMT",
    b"Mon, 00 Jan 0000 00:00:00 GMT",
    b"2026-11-23T12:00:00Z",
    b"2026-11-23T12:00:00.123456789+23:59",
    b"9999-12-31T23:59:60Z",
    b"0000-00-00T00:00:00Z",
    b"2026-02-29T24:61:61-99:99",
    b"true",
    b"false",
    b"TRUE",
    b"\"default\";r=0;t=30",
    b"\"default\";r=50;t=30",
    b"\"a\";r=0;t=1, \"b\";r=0;t=99999999999999999999",
    b"limit=100, remaining=0, reset=5",
    b"\"x\";r=-1;t=1.5",
    b"100, 100;w=10",
    b"32/40",
    b"\"a\";q=100;w=60;qu=\"content-bytes\";pk=:YQ==:, \"b\";q=9",
    b"\"a\";r=5;t=7;pk=:YQ==:,\"a\";r=1;pk=:Yg:",
    b"\"a;r=0, \\\"b\";r=1;t=1795000000",
    b"Mon Nov 23 2026 15:00:00 GMT-0500 (Eastern Standard Time)",
    b"global",
    b"r=0;t=;r=;;;,,,=",
    b"\"",
    b"application/problem+json",
    b"text/html; charset=utf-8",
    b"Bearer realm=\"x\", error=\"y\"",
    b"Basic, Digest , ,=,\"",
    b"GET, HEAD, , \xe9, PURGE",
    b"bytes */1000",
    b"req_\xe2\x80\xae1234",
    b"<https://x/>; rel=\"blocked-by\"",
    b"chunked",
    b"cloudflare",
    b"h2c",
    b"a\x7fb\x01",
];

/// Bodies that say what went wrong, or try to.
const BODIES: [&[u8]; 24] = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"{",
    b"\xff\xfe\xfd",
    b"\0\0\0",
    b"<html><title>502</title>",
    br#"{"type":"about:blank","title":"No","status":400,"detail":"x","instance":"/1"}"#,
    br#"{"type":1,"title":[],"status":"400","detail":{"a":null}}"#,
    br#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
    br#"{"message":"Rate limit reached on requests per day (RPD)"}"#,
    br#"{"message":"60 requests per minute"}"#,
    br#"{"message":"\u001b[31mred\u001b[0m \u202e"}"#,
    b"{\"message\":\"\x1b[2J\r\nx\"}",
    br#"{"errors":[{"message":"a"},{"detail":"b"}]}"#,
    b"https://user:pa55@h/p?key=k&sig=s#token",
    b"/v1/users/{id}/undefined//",
    b"/%7Bid%7D/NaN/",
    b"//?#@:[]",
    b"?a=%",
    b"/\xe2\x80\xae/",
    b"retry later",
    b"daily limit",
];

/// A response that may be anything.
pub(crate) fn response(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..50) == 0 {
        return bytes(rng, 200);
    }
    let telling = [
        400, 401, 403, 404, 405, 408, 409, 413, 421, 425, 429, 500, 501, 503, 529,
    ];
    let status = match rng.bool() {
        true => rng.choice(telling).unwrap(),
        false => rng.u16(100..1000),
    };
    let mut response = format!("{status}\n").into_bytes();
    for _ in 0..rng.u8(..6) {
        let name = rng.choice(NAMES).unwrap().as_bytes();
        response.extend_from_slice(name);
        response.extend_from_slice(b": ");
        response.extend(value(rng));
        response.push(b'\n');
    }
    response.push(b'\n');
    response.extend(body(rng));
    response
}

fn value(rng: &mut Rng) -> Vec<u8> {
    let mut value = match rng.u8(..8) {
        0 => bytes(rng, 40),
        1 => rng.u64(..).to_string().into_bytes(),
        _ => rng.choice(VALUES).unwrap().to_vec(),
    };
    if rng.u8(..4) == 0 {
        mutate(&mut value, rng);
    }
    value
}

fn body(rng: &mut Rng) -> Vec<u8> {
    let mut body = match rng.u8(..80) {
        0..10 => bytes(rng, 300),
        10 => rng.choice(BODIES).unwrap().repeat(rng.usize(..300)),
        _ => rng.choice(BODIES).unwrap().to_vec(),
    };
    if rng.u8(..4) == 0 {
        mutate(&mut body, rng);
    }
    body
}

/// Changes, takes out or doubles a piece.
fn mutate(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.usize(..bytes.len());
    match rng.u8(..4) {
        0 => bytes[at] = rng.u8(..),
        1 => bytes.truncate(at),
        2 => bytes.extend_from_within(at..),
        _ => bytes.insert(at, rng.u8(..)),
    }
}

fn bytes(rng: &mut Rng, most: usize) -> Vec<u8> {
    (0..rng.usize(..most)).map(|_| rng.u8(..)).collect()
}
