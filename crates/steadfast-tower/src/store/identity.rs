//! Who writes into a store, and the secret that hides credentials there.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use siphasher::sip::SipHasher24;

/// What a book is to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The number under which the book keeps its counts; no two books that are in use have the same.
    pub writer: u64,
    /// The secret of the store.
    pub secret: Secret,
}

/// The secret of a store: a key of 128 bits for the hashes that stand for credentials in its keys.
///
/// It is drawn at random once and stays the same as long as the store exists, so that a quota per credential is found
/// again after a restart. Whoever has it can check a guess at a credential, no more; keep it where the counts are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret([u8; 16]);

// ===== impl Identity =====

impl Identity {
    /// With a writer number at random, which no other book will have.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        Self::with_writer(secret, random())
    }

    /// With a number of the store's choice: for stores that only one process uses, which can number the books
    /// themselves. A book that gets the number of one from before a restart goes on with its counts.
    #[must_use]
    pub const fn with_writer(secret: Secret, writer: u64) -> Self {
        Self { writer, secret }
    }
}

// ===== impl Secret =====

impl Secret {
    /// Draws one, from the randomness of the operating system.
    #[must_use]
    pub fn random() -> Self {
        let [mut one, mut other] = [[0; 8]; 2];
        one.copy_from_slice(&random().to_le_bytes());
        other.copy_from_slice(&random().to_le_bytes());
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&one);
        bytes[8..].copy_from_slice(&other);
        Self(bytes)
    }

    /// One that was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// A number for some bytes: always the same under this secret, and nothing under another one.
    pub(crate) fn hash(self, bytes: &[u8]) -> u64 {
        SipHasher24::new_with_key(&self.0).hash(bytes)
    }
}

/// Without the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The standard library keys its hashers with the randomness of the operating system.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files hold these numbers, so no version may change them.
    #[test]
    fn the_hash_is_siphash_2_4_as_in_its_paper() {
        let key: Vec<u8> = (0..16).collect();
        let secret = Secret::from_bytes(key.try_into().unwrap());
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(secret.hash(&input), 0xa129_ca61_49be_45e5);
        assert_eq!(Secret::from_bytes(secret.to_bytes()), secret);
    }

    #[test]
    fn a_secret_is_drawn_anew_each_time_and_never_shown() {
        let secret = Secret::random();
        assert_ne!(secret, Secret::random());
        assert_eq!(
            format!("{:?}", Identity::with_writer(secret, 7)),
            "Identity { writer: 7, secret: Secret(..) }"
        );
        assert_ne!(Identity::new(secret).writer, Identity::new(secret).writer);
    }
}
