//! The hints of one response, in one small value.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};

use super::allowance::Oddity;
use super::asked::Asked;
use super::clock::Clock;
use super::retry_after::{HintSource, RetryAfter};
use super::scan::Scan;

/// What a server says about time and repetition.
///
/// Plain data of 32 bytes; the default is a server that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Hints {
    /// When to come back.
    pub retry_after: Option<RetryAfter>,
    /// Whether to come back at all: `x-should-retry`, `stripe-should-retry`, or a
    /// `grpc-retry-pushback-ms` that forbids it. Overrides the status, never what counts as
    /// repeatable. When they contradict each other, the refusal wins.
    pub should_retry: Option<bool>,
    /// A rate limit field says that nothing is left (`x-ratelimit-remaining`,
    /// `x-rate-limit-remaining`, `ratelimit-remaining`, `RateLimit` with `r=0`). On a 403 it makes
    /// a rate limit of a refusal.
    pub remaining_zero: bool,
    /// A header that asks for a wait and cannot be read, whether or not another one can.
    pub unreadable: Option<HintSource>,
}

// ===== impl Hints =====

impl Hints {
    /// Reads all hints of a response, whatever its status.
    ///
    /// Nothing is allocated. `wall` is the wall clock; it is asked at most once, for a moment in
    /// time that comes without a readable `Date`, or with an `Age` (then `Date` is when a cache
    /// stored the answer, RFC 9111 section 5.1).
    #[must_use]
    pub fn read(headers: &HeaderMap, wall: impl FnOnce() -> SystemTime) -> Self {
        let scan = Scan::of(headers);
        Self::resolve(&scan, scan.asked, wall)
    }

    /// Like [`read`](Self::read), for a response with this status: on 403 and 429 without any form
    /// of `Retry-After`, the reset of a rate limit is the wait, when a field says that nothing is
    /// left of it, or when the status is 429 and no field says that something is left.
    ///
    /// A limit that is *not* spent does not explain a refusal: GitHub's secondary limits answer
    /// with a reset in an hour and thousands of requests left.
    #[must_use]
    pub fn read_refusal(
        status: StatusCode,
        headers: &HeaderMap,
        wall: impl FnOnce() -> SystemTime,
    ) -> Self {
        let scan = Scan::of(headers);
        let spent = match status {
            StatusCode::TOO_MANY_REQUESTS => scan.remaining_zero || !scan.tells_remaining,
            StatusCode::FORBIDDEN => scan.remaining_zero,
            _ => false,
        };
        let asked = scan.asked.or(scan.reset.filter(|_| spent));
        let unreadable = scan.unreadable_reset.filter(|_| spent);
        let mut hints = Self::resolve(&scan, asked, wall);
        hints.unreadable = hints.unreadable.or(unreadable);
        hints
    }

    /// Does a refusal with these hints come from a rate limit, whatever its status says? True when
    /// there is a wait, also one that cannot be read, or when nothing is left of a limit.
    #[must_use]
    pub const fn tell_of_a_limit(&self) -> bool {
        self.retry_after.is_some() || self.unreadable.is_some() || self.remaining_zero
    }

    /// Whether the server asks for no requests without saying for how long: there is a hint, and no hint can be read.
    /// It counts as the wait of a server that is overloaded.
    #[must_use]
    pub const fn has_unknown_length(&self) -> bool {
        self.retry_after.is_none() && self.unreadable.is_some()
    }

    /// What to warn about: the header that cannot be read.
    #[must_use]
    pub fn oddity(&self) -> Option<Oddity> {
        self.unreadable.map(Oddity::of_a_wait)
    }

    fn resolve(
        scan: &Scan<'_>,
        asked: Option<(HintSource, Asked)>,
        wall: impl FnOnce() -> SystemTime,
    ) -> Self {
        let mut clock = Clock::new(scan.date, scan.age, wall);
        let retry_after = asked.map(|(source, asked)| RetryAfter::new(clock.wait(asked), source));
        Self {
            retry_after,
            should_retry: scan.should_retry,
            remaining_zero: scan.remaining_zero,
            unreadable: scan.unreadable,
        }
    }
}
