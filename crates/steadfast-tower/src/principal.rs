//! For whom a call is made, as the layers count by it.
//!
//! Decided once, where a call begins, before any layer further in attaches a token: gates, quotas and rates of a
//! credential count by it. A [`Principal`] is a number of this process alone: it tells principals apart and
//! gives no credential away. A store gets another number, keyed with its own secret, which is the same after a restart.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::FixedState;
use http::HeaderMap;
use siphasher::sip::SipHasher13;
use steadfast_core::credential;

use crate::store::{Secret, random};

/// For whom a call is made: one number for the name that the user gave, or without one for the credential that the
/// request shows. The same number is the same principal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Principal {
    number: u64,
    /// The same in every process, and so never shown or kept: anybody could check a guess at it.
    digest: u64,
}

/// Makes principals. Those of one seed are the same.
#[derive(Clone)]
pub struct Fingerprints(FixedState);

// ===== impl Principal =====

impl Principal {
    /// Nobody is named, and no credential is shown.
    pub const UNKNOWN: Self = Self {
        number: 0,
        digest: 0,
    };

    /// The number, to count by.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }

    /// What a store with this secret knows it by.
    pub(crate) fn kept_as(self, secret: Secret) -> u64 {
        secret.hash(&self.digest.to_le_bytes())
    }
}

/// Without what is never shown.
impl std::fmt::Debug for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Principal({:016x})", self.number)
    }
}

// ===== impl Fingerprints =====

impl Fingerprints {
    /// With a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    /// The principal of a name that the user gave.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Principal {
        let mut hasher = SipHasher13::new();
        hasher.write(b"name");
        hasher.write(name.as_bytes());
        self.of(hasher.finish())
    }

    /// The principal of the credential that a request shows, or [`Principal::UNKNOWN`]. Of signatures only the part that
    /// names the signer counts.
    #[must_use]
    pub fn of_credential(&self, headers: &HeaderMap) -> Principal {
        let mut hasher = None;
        credential::stable_parts(headers, |part| {
            let hasher = hasher.get_or_insert_with(SipHasher13::new);
            hasher.write(part);
            // Keeps parts apart: no header has a byte like that.
            hasher.write_u8(0);
        });
        hasher.map_or(Principal::UNKNOWN, |hasher| self.of(hasher.finish()))
    }

    fn of(&self, digest: u64) -> Principal {
        let number = self.0.hash_one(digest).max(1);
        Principal { number, digest }
    }
}

/// With a seed of this process.
impl Default for Fingerprints {
    fn default() -> Self {
        Self::seeded(random())
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
        let elsewhere = of(&other, "authorization", "Bearer one");
        assert_ne!(one, elsewhere, "keyed");
        let secret = Secret::from_bytes([7; 16]);
        let kept = one.kept_as(secret);
        assert_eq!(kept, elsewhere.kept_as(secret), "after a restart, too");
        assert_ne!(kept, one.kept_as(Secret::from_bytes([8; 16])));
        assert_ne!(
            kept,
            of(&keys, "authorization", "Bearer two").kept_as(secret)
        );
        let shown = format!("{one:?}");
        assert!(!shown.contains(&format!("{:016x}", one.digest)), "{shown}");
    }
}
