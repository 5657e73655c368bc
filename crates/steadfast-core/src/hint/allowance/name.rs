//! Names as numbers: a limit is compared and counted, never shown.

use std::time::Duration;

/// FNV-1a, 64 bits: the same in every process and on every machine, and short. Whoever can choose
/// names so that two of them collide is the server that they belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(u64);

// ===== impl Name =====

impl Name {
    /// Of a limit or a bucket.
    pub(super) fn of(text: &[u8]) -> Self {
        Self(0xcbf2_9ce4_8422_2325).and(text)
    }

    /// Of one partition of a limit. The byte between the two stands in no header value of UTF-8.
    pub(super) fn partition(self, key: &[u8]) -> Self {
        self.and(&[0xff]).and(key)
    }

    /// Of a policy that has numbers instead of a name.
    pub(super) fn numbers(quota: u64, window: Option<Duration>) -> Self {
        let window = window.unwrap_or_default().as_nanos();
        Self::of(&[0xff])
            .and(&quota.to_be_bytes())
            .and(&window.to_be_bytes())
    }

    fn and(self, text: &[u8]) -> Self {
        Self(text.iter().fold(self.0, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// Never 0, which is the one unnamed limit.
    pub(super) const fn get(self) -> u64 {
        if self.0 == 0 { 1 } else { self.0 }
    }
}
