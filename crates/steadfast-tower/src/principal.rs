//! For whom a call is made, as the layers count by it.
//!
//! Decided once, where a call begins, before any layer further in attaches a token: gates, quotas and rates of a
//! credential count by it. A [`Principal`] is a number, keyed with a secret: it tells principals apart and gives no
//! credential away.

use std::hash::Hasher as _;
use std::sync::Arc;

use http::HeaderMap;
use siphasher::sip::SipHasher24;
use steadfast_core::credential;

/// For whom a call is made: one number for the name that the user gave, or without one for the credential that the
/// request shows. The same number is the same principal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Principal(u64);

/// Makes principals. Those of one secret are the same, also after a restart where a store keeps the secret.
#[derive(Clone)]
pub struct Fingerprints(Arc<[u64; 2]>);

// ===== impl Principal =====

impl Principal {
    /// Nobody is named, and no credential is shown.
    pub const UNKNOWN: Self = Self(0);

    /// The number, to count by.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

// ===== impl Fingerprints =====

impl Fingerprints {
    /// With a secret of 128 bits.
    #[must_use]
    pub fn keyed(secret: [u64; 2]) -> Self {
        Self(Arc::new(secret))
    }

    /// The principal of a name that the user gave.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Principal {
        let mut hasher = self.hasher();
        hasher.write(b"name");
        hasher.write(name.as_bytes());
        Principal(hasher.finish().max(1))
    }

    /// The principal of the credential that a request shows, or [`Principal::UNKNOWN`]. Of signatures only the part that
    /// names the signer counts.
    #[must_use]
    pub fn of_credential(&self, headers: &HeaderMap) -> Principal {
        let mut hasher = None;
        credential::stable_parts(headers, |part| {
            let hasher = hasher.get_or_insert_with(|| self.hasher());
            hasher.write(part);
            hasher.write_u8(0);
        });
        Principal(hasher.map_or(0, |hasher| hasher.finish().max(1)))
    }

    fn hasher(&self) -> SipHasher24 {
        SipHasher24::new_with_keys(self.0[0], self.0[1])
    }
}

/// A secret of this process.
impl Default for Fingerprints {
    fn default() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        // The standard library keys its hashers with the randomness of the operating system.
        Self::keyed([0, 1].map(|nth: u64| RandomState::new().hash_one(nth)))
    }
}

impl std::fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprints(..)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(fingerprints: &Fingerprints, name: &'static str, value: &'static str) -> Principal {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert(name, HeaderValue::from_static(value));
        fingerprints.of_credential(&headers)
    }

    #[test]
    fn credentials_are_told_apart_and_other_headers_are_none() {
        let keys = Fingerprints::default();
        let one = of(&keys, "authorization", "Bearer one");
        assert_eq!(one, of(&keys, "authorization", "Bearer one"));
        assert_ne!(one, of(&keys, "authorization", "Bearer two"));
        assert_ne!(one, of(&keys, "x-api-key", "Bearer one"));
        assert_ne!(one, keys.of_name("Bearer one"));
        assert_eq!(of(&keys, "user-agent", "x"), Principal::UNKNOWN);
        let other = Fingerprints::default();
        assert_ne!(one, of(&other, "authorization", "Bearer one"), "keyed");
    }
}
