//! One pass over the headers of a response.

use http::{HeaderMap, HeaderValue};

use super::asked::Asked;
use super::members::{Bare, count, members};
use super::number::Number;
use super::retry_after::HintSource;

/// What the headers say, not yet related to a clock or a status.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan<'h> {
    /// The best wish so far, by the order of [`HintSource`].
    pub(super) asked: Option<(HintSource, Asked)>,
    /// The best reset of a rate limit so far.
    pub(super) reset: Option<(HintSource, Asked)>,
    pub(super) should_retry: Option<bool>,
    /// Some field tells what is left of a rate limit.
    pub(super) tells_remaining: bool,
    /// Some field says that nothing is left.
    pub(super) remaining_zero: bool,
    /// The first one that asks for a wait and cannot be read, of either kind.
    pub(super) unreadable: Option<HintSource>,
    pub(super) unreadable_reset: Option<HintSource>,
    /// `Date`, and the `Age` of an answer that a cache kept.
    pub(super) date: Option<&'h HeaderValue>,
    pub(super) age: Option<&'h HeaderValue>,
}

// ===== impl Scan =====

impl<'h> Scan<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let mut scan = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            // Most names of an ordinary response end here (`cache-control`, `content-type`, `etag`,
            // ...).
            if matches!(
                name.as_bytes().first(),
                Some(b'a' | b'd' | b'g' | b'r' | b's' | b'x')
            ) {
                scan.take(name, value);
            }
        }
        scan
    }

    fn take(&mut self, name: &str, value: &'h HeaderValue) {
        let bytes = value.as_bytes();
        match name {
            "date" => self.date = self.date.or(Some(value)),
            "age" => self.age = self.age.or(Some(value)),
            "retry-after" => self.ask(HintSource::RetryAfter, Asked::time(bytes)),
            "retry-after-ms" => self.ask(HintSource::RetryAfterMs, Asked::millis(bytes)),
            "x-ms-retry-after-ms" => self.ask(HintSource::XMsRetryAfterMs, Asked::millis(bytes)),
            "x-amz-retry-after" => self.ask(HintSource::XAmzRetryAfter, Asked::millis(bytes)),
            "grpc-retry-pushback-ms" => self.pushback(bytes),
            "x-should-retry" | "stripe-should-retry" => self.should_retry(bytes),
            "ratelimit" => self.rate_limit(bytes),
            "x-ratelimit-remaining" | "x-rate-limit-remaining" | "ratelimit-remaining" => {
                self.remaining(count(bytes));
            }
            "ratelimit-reset" => self.reset(HintSource::RateLimitReset, bytes),
            "x-ratelimit-reset-after" => self.reset(HintSource::XRateLimitResetAfter, bytes),
            "x-ratelimit-reset" => self.reset(HintSource::XRateLimitReset, bytes),
            "x-rate-limit-reset" => self.reset(HintSource::XRateLimitResetHyphen, bytes),
            _ => {}
        }
    }

    fn ask(&mut self, source: HintSource, asked: Option<Asked>) {
        if asked.is_none() {
            self.unreadable.get_or_insert(source);
        }
        keep_first(&mut self.asked, source, asked);
    }

    fn reset(&mut self, source: HintSource, value: &[u8]) {
        let asked = Asked::time(value);
        if asked.is_none() {
            self.unreadable_reset.get_or_insert(source);
        }
        keep_first(&mut self.reset, source, asked);
    }

    /// gRFC A6: a number of ms; what is negative or unreadable means never.
    fn pushback(&mut self, value: &[u8]) {
        match Asked::millis(value) {
            Some(asked) => self.ask(HintSource::GrpcRetryPushbackMs, Some(asked)),
            None => self.should_retry = Some(false),
        }
    }

    /// When two of them differ, the refusal wins.
    fn should_retry(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.eq_ignore_ascii_case(b"false") {
            self.should_retry = Some(false);
        } else if value.eq_ignore_ascii_case(b"true") {
            self.should_retry = self.should_retry.or(Some(true));
        }
    }

    fn remaining(&mut self, remaining: Option<Number>) {
        if let Some(remaining) = remaining {
            self.tells_remaining = true;
            self.remaining_zero |= remaining.is_zero();
        }
    }

    /// A light reading of `RateLimit`, of which only spent limits matter here:
    /// `"default";r=0;t=30`, and the form of draft 07, `limit=100, remaining=0, reset=5`. Of
    /// several spent limits the one that resets last counts.
    fn rate_limit(&mut self, value: &[u8]) {
        let (mut draft_7, mut longest) = ((None, None), None);
        for member in members(value) {
            match member.bare {
                Bare::Entry(b"remaining", value) => draft_7.0 = count(value),
                Bare::Entry(b"reset", value) => draft_7.1 = Asked::time(value),
                _ => {
                    let remaining = member.left().map(Number::from);
                    longest = longest.max(self.spent_for(remaining, member.until()));
                }
            }
        }
        longest = longest.max(self.spent_for(draft_7.0, draft_7.1));
        keep_first(&mut self.reset, HintSource::RateLimit, longest);
    }

    /// For how long nothing is left of a limit.
    fn spent_for(&mut self, remaining: Option<Number>, reset: Option<Asked>) -> Option<Asked> {
        self.remaining(remaining);
        let spent = remaining.is_some_and(Number::is_zero);
        reset.filter(|_| spent)
    }
}

/// Keeps what stands first in the order of [`HintSource`], and of one source the first that can be
/// read.
fn keep_first(kept: &mut Option<(HintSource, Asked)>, source: HintSource, asked: Option<Asked>) {
    if let Some(asked) = asked {
        if kept.is_none_or(|(better, _)| source < better) {
            *kept = Some((source, asked));
        }
    }
}
