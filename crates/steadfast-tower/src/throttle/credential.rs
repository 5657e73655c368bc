//! Which attempts carry the same credential, without keeping one.
//!
//! Servers count by key, so one tenant's refusal must not stop another. What is kept is a hash with a key that is drawn
//! anew in each process: it tells credentials apart and gives none away.

use std::hash::{BuildHasher, Hasher, RandomState};

use http::HeaderMap;

/// The headers that APIs take a key or a token from.
const HEADERS: [&str; 10] = [
    "authorization",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "private-token",
    "x-rapidapi-key",
    "x-shopify-access-token",
];

/// A number for the credential of a request; 0 for none.
pub(crate) fn of(headers: &HeaderMap, keys: &RandomState) -> u64 {
    let mut hasher = None;
    for (name, value) in headers {
        let name = name.as_str();
        if HEADERS.contains(&name) {
            let hasher = hasher.get_or_insert_with(|| keys.build_hasher());
            hasher.write(name.as_bytes());
            hasher.write(value.as_bytes());
        }
    }
    hasher.map_or(0, |hasher| hasher.finish().max(1))
}

/// The credential itself, for a hash that outlives the process.
pub(crate) fn text(headers: &HeaderMap) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, value) in headers {
        if HEADERS.contains(&name.as_str()) {
            text.extend_from_slice(name.as_str().as_bytes());
            text.push(0);
            text.extend_from_slice(value.as_bytes());
            text.push(0);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn credentials_are_told_apart_and_other_headers_are_none() {
        let keys = RandomState::new();
        let one = of(&with("authorization", "Bearer one"), &keys);
        assert_ne!(one, of(&with("authorization", "Bearer two"), &keys));
        assert_ne!(one, of(&with("x-api-key", "Bearer one"), &keys));
        assert_eq!(one, of(&with("authorization", "Bearer one"), &keys));
        assert_eq!(of(&with("user-agent", "x"), &keys), 0);
        assert_ne!(
            one,
            of(&with("authorization", "Bearer one"), &RandomState::new())
        );
    }
}
