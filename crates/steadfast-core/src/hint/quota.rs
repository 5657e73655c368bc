//! A 429 that no backoff can help: the quota of a day, week or month is used up.
//!
//! "Too fast" and "too much" share one status. The first is over in seconds; the second comes back
//! at midnight, on the first of the month, or when a bill is paid, and each repetition until then
//! is wasted. There is no standard field that tells them apart, so this knows the codes that APIs
//! put into their error bodies, the few headers that name a window, and the words of their sentences.
//!
//! The two kinds of [`Evidence`] are worth different things. A code stands where only the API writes. A sentence may
//! advertise a larger plan ("upgrade to Pro for $20 a month") or quote what a stranger searched for, so it
//! proves nothing: it changes what people are told, never what is sent.
//!
//! Both prefer a miss to a false alarm: calling "too fast" used up costs a success, calling "used up"
//! too fast costs two retries. So any word about seconds, minutes or hours anywhere in the text
//! means "too fast" (a message that names several limits does not say which one was hit), and signs
//! that name no window do not count when the server also says that it is over in less than an hour:
//! as `Retry-After`, or as the reset of a rate limit.
//!
//! There is one standard form, a problem (RFC 9457) whose `type` ends in `quota-exceeded`
//! (the problem types of draft-ietf-httpapi-ratelimit-headers-10). It is said of short windows, too, so it
//! counts as a code that names none. Words of an API of one's own are a [`QuotaMarker`].

mod codes;
mod json;
mod marker;
mod window;
mod words;

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};

pub use self::marker::{InvalidMarker, QuotaMarker};
pub use self::window::Window;
use self::words::{SPENT, TOO_FAST};
use super::hints::Hints;
use super::number::Number;

/// How much of a body is looked at, in bytes. Errors say what they are at their beginning.
const LOOKED_AT: usize = 4096;

/// A wait below this means that the limit resets soon.
const SOON: Duration = Duration::from_secs(60 * 60);

/// A quota that is used up, or is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UsedUpQuota {
    /// How long the quota lasts, and so about how long it stays used up.
    pub window: Window,
    /// The code, header or words that said so; never a piece of the response.
    pub sign: &'static str,
    /// What that is worth.
    pub evidence: Evidence,
}

/// What a sign of a used-up quota is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A known code in an error body, a problem type or a header: it ends a call and fills a ledger.
    Structured,
    /// A sentence: it is shown to people and has no other effect.
    Prose,
}

/// Does this refusal say that the quota of a day, week or month, or of a plan, is used up?
///
/// For 429, and for 403 where that is what an API uses. `body_start` is what was read of the body,
/// if anything; the first 4 KiB of it count, in any mix of upper and lower case. Recognised are the
/// codes of OpenAI, Google APIs, ElevenLabs, HubSpot, X, apilayer and NewsAPI, a problem of the type `quota-exceeded`, and a
/// remainder of 0 in Kong's and HubSpot's headers of a day or month. Of sentences, those of RapidAPI, Azure API Management,
/// AWS API Gateway, DeepL and others that use the same words ("daily limit", "monthly quota"); they are
/// [`Evidence::Prose`]. Nothing is allocated.
///
/// ```
/// use steadfast_core::hint::{Evidence, Window, spent_quota};
///
/// let headers = http::HeaderMap::new();
/// let code = spent_quota(br#"{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}"#, &headers).ok_or("none")?;
/// assert_eq!((code.window, code.evidence), (Window::Day, Evidence::Structured));
/// let words = spent_quota(br#"{"message":"You have exceeded the MONTHLY quota"}"#, &headers).ok_or("none")?;
/// assert_eq!((words.window, words.evidence), (Window::Month, Evidence::Prose));
/// let too_fast = br#"{"message":"Quota of 60 requests per minute hit"}"#;
/// assert_eq!(spent_quota(too_fast, &headers), None);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn spent_quota(body_start: &[u8], headers: &HeaderMap) -> Option<UsedUpQuota> {
    let text = &body_start[..body_start.len().min(LOOKED_AT)];
    if TOO_FAST.iter().any(|words| contains(text, words)) {
        return None;
    }
    let structured = json::find(text, codes::code).or_else(|| spent_header(headers));
    let (evidence, (sign, window)) = match structured {
        Some(found) => (Evidence::Structured, found),
        None => (Evidence::Prose, spent_words(text)?),
    };
    if window == Window::Unknown && comes_back_soon(headers) {
        return None;
    }
    Some(UsedUpQuota {
        window,
        sign,
        evidence,
    })
}

fn spent_words(text: &[u8]) -> Option<(&'static str, Window)> {
    let mut spent = SPENT.iter();
    spent.find(|(words, _)| contains(text, words)).copied()
}

fn spent_header(headers: &HeaderMap) -> Option<(&'static str, Window)> {
    let is_zero = |name: &str| {
        let value = headers.get(name)?.as_bytes().trim_ascii();
        Number::parse(value).map(Number::is_zero)
    };
    let mut names = codes::HEADERS.iter();
    names.find(|(name, _)| is_zero(name) == Some(true)).copied()
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

impl fmt::Display for UsedUpQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.evidence {
            Evidence::Structured => write!(f, "the {} quota is used up", self.window),
            Evidence::Prose => write!(
                f,
                "the answer's text says that the {} quota is used up",
                self.window
            ),
        }
    }
}

#[cfg(test)]
mod tests;
