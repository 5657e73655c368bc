//! A 429 that no backoff can help: the quota of a day, week or month is spent.
//!
//! "Too fast" and "too much" share one status. The first is over in seconds; the second comes back
//! at midnight, on the first of the month, or when a bill is paid, and each repetition until then
//! is wasted. There is no standard field that tells them apart, so this looks for the words that
//! APIs use in their error bodies, and for the few headers that name a window.
//!
//! It would rather miss than cry wolf: calling "too fast" spent costs a success, calling "spent"
//! too fast costs two retries. So any word about seconds, minutes or hours anywhere in the text
//! means "too fast" (a message that names several limits does not say which one was hit), and words
//! that name no window do not count when the server also says that it is over in less than an hour:
//! as `Retry-After`, or as the reset of a rate limit.
//!
//! There is one standard form, a problem (RFC 9457) whose `type` ends in `quota-exceeded`
//! (the problem types of draft-ietf-httpapi-ratelimit-headers-10). It is said of short windows, too, so it
//! counts as words that name none. Words of an API of one's own are a [`QuotaMarker`].

mod marker;
mod words;

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};

pub use self::marker::{InvalidMarker, QuotaMarker};
use self::words::{SPENT, SPENT_HEADERS, TOO_FAST};
use super::hints::Hints;
use super::number::Number;

/// How much of a body is looked at, in bytes. Errors say what they are at their beginning.
const LOOKED_AT: usize = 4096;

/// A wait below this says that what is spent comes back soon.
const SOON: Duration = Duration::from_secs(60 * 60);

/// How long a quota lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Window {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// Not said: a billing period, a plan, a credit.
    Unknown,
}

/// A quota that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SpentQuota {
    /// How long the quota lasts, and so about how long it stays spent.
    pub window: Window,
    /// The words or the header that said so; never a piece of the response.
    pub sign: &'static str,
}

/// Does this refusal say that the quota of a day, week or month, or of a plan, is spent?
///
/// For 429, and for 403 where that is what an API uses. `body_start` is what was read of the body,
/// if anything; the first 4 KiB of it count, in any mix of upper and lower case. Recognised are the
/// error bodies of OpenAI, Google APIs, RapidAPI, Azure API Management, AWS API Gateway, HubSpot,
/// X, DeepL and others that use the same words ("daily limit", "monthly quota",
/// `insufficient_quota`, `quota_exceeded`), and a remainder of 0 in Kong's and HubSpot's headers of
/// a day or month. Nothing is allocated.
///
/// ```
/// use steadfast_core::hint::{Window, spent_quota};
///
/// let headers = http::HeaderMap::new();
/// let spent = spent_quota(br#"{"message":"You have exceeded the MONTHLY quota"}"#, &headers);
/// assert_eq!(spent.map(|quota| quota.window), Some(Window::Month));
/// let too_fast = br#"{"message":"Quota of 60 requests per minute hit"}"#;
/// assert_eq!(spent_quota(too_fast, &headers), None);
/// ```
#[must_use]
pub fn spent_quota(body_start: &[u8], headers: &HeaderMap) -> Option<SpentQuota> {
    let text = &body_start[..body_start.len().min(LOOKED_AT)];
    if TOO_FAST.iter().any(|words| contains(text, words)) {
        return None;
    }
    let found = spent_words(text)
        .or_else(|| spent_header(headers))
        .or_else(|| spent_problem(text))?;
    if found.window == Window::Unknown && comes_back_soon(headers) {
        return None;
    }
    Some(found)
}

fn spent_words(text: &[u8]) -> Option<SpentQuota> {
    SPENT
        .iter()
        .find(|(words, _)| contains(text, words))
        .map(|&(sign, window)| SpentQuota { window, sign })
}

fn spent_header(headers: &HeaderMap) -> Option<SpentQuota> {
    SPENT_HEADERS
        .iter()
        .find(|(name, _)| {
            let value = headers.get(*name);
            value
                .and_then(|value| Number::parse(value.as_bytes().trim_ascii()))
                .is_some_and(Number::is_zero)
        })
        .map(|&(sign, window)| SpentQuota { window, sign })
}

/// A problem of the type `...quota-exceeded`. Read without a parser: a JSON key `type` whose value
/// ends so.
fn spent_problem(text: &[u8]) -> Option<SpentQuota> {
    const KEY: &[u8] = b"\"type\"";
    let sign = "quota-exceeded";
    let starts = text.windows(KEY.len()).enumerate();
    let mut starts = starts.filter(|(_, window)| *window == KEY);
    let is_spent = |start: usize| {
        let rest = text.get(start + KEY.len()..)?.trim_ascii_start();
        let value = rest.strip_prefix(b":")?.trim_ascii_start();
        let value = value.strip_prefix(b"\"")?;
        let end = value.iter().position(|byte| *byte == b'"')?;
        let end_of_type = value[..end]
            .split_at_checked(end.checked_sub(sign.len())?)?
            .1;
        Some(end_of_type.eq_ignore_ascii_case(sign.as_bytes()))
    };
    starts
        .any(|(start, _)| is_spent(start) == Some(true))
        .then_some(SpentQuota {
            window: Window::Unknown,
            sign,
        })
}

/// A date without the response's own `Date` cannot be read here and counts as late.
fn comes_back_soon(headers: &HeaderMap) -> bool {
    Hints::read_refusal(StatusCode::TOO_MANY_REQUESTS, headers, || UNIX_EPOCH)
        .retry_after
        .is_some_and(|asked| asked.wait < SOON)
}

/// Does `text` contain `words` (lower case), whatever its own case?
fn contains(text: &[u8], words: &str) -> bool {
    text.windows(words.len())
        .any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Unknown => "plan's",
        })
    }
}

impl fmt::Display for SpentQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} quota is spent", self.window)
    }
}

#[cfg(test)]
mod tests;
