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
//! that name no window do not count when the server also asks for a wait of less than an hour.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;

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

use Window::{Day, Month, Unknown, Week};

/// Words of error bodies, in lower case, each with an API that uses it. The first that is found
/// counts, so the ones that name a window stand first.
const SPENT: &[(&str, Window)] = &[
    ("per day", Day),            // OpenAI: "on requests per day (RPD)"
    ("perday", Day),             // Google: `GenerateRequestsPerDayPerProject...`
    ("/day", Day),               // short form of the same: "limit 1000/day"
    ("daily limit", Day),        // HubSpot: "You have reached your daily limit."
    ("daily_limit", Day),        // Google Maps: `OVER_DAILY_LIMIT`
    ("dailylimitexceeded", Day), // Google: `reason: dailyLimitExceeded`
    ("daily rate limit", Day),   // CoinMarketCap: "your API Key's daily rate limit"
    ("daily quota", Day),        // RapidAPI: "You have exceeded the DAILY quota"
    ("daily request", Day),      // Cloudflare Workers: "daily request limit"
    ("for the day", Day),        // API-Football: "the request limit for the day"
    ("24 hour period", Day),     // NewsAPI: "100 requests over a 24 hour period"
    ("per week", Week),          // as the daily forms
    ("weekly limit", Week),
    ("weekly quota", Week),
    ("per month", Month), // as the daily forms
    ("/month", Month),
    ("monthly limit", Month),
    ("monthly rate limit", Month), // CoinMarketCap: "your API Key's monthly rate limit"
    ("monthly quota", Month),      // RapidAPI: "You have exceeded the MONTHLY quota"
    ("monthly product cap", Month), // X: "Usage cap exceeded: Monthly product cap"
    ("insufficient_quota", Unknown), // OpenAI: `code`, when the credit is used up
    ("exceeded your current quota", Unknown), // OpenAI and Gemini: "check your plan and billing"
    ("quota_exceeded", Unknown),   // ElevenLabs: `status`
    ("quotaexceeded", Unknown),    // YouTube: `reason: quotaExceeded`
    ("out of call volume quota", Unknown), // Azure API Management, its `quota` policy
    ("billing period", Unknown),   // DeepL: "Quota for this billing period has been exceeded"
    ("usagecapexceeded", Unknown), // X: `title`
    ("credits exceeded", Unknown), // SendGrid: "Maximum credits exceeded"
    ("\"limit exceeded\"", Unknown), // AWS API Gateway: `QUOTA_EXCEEDED`
];

/// Words that mean "too fast", whatever else is said.
const TOO_FAST: &[&str] = &[
    "per second",
    "persecond",
    "per-second",
    "/second",
    "/sec",
    "secondly", // HubSpot: `TEN_SECONDLY_ROLLING`
    "per min",  // OpenAI: "tokens per min (TPM)"
    "permin",   // Google: `...PerMinutePerUser`
    "per-min",
    "/min",
    "minutely",
    "per hour",
    "perhour",
    "/hour",
    "hourly",
    "concurren", // Zendesk, Shopify: "concurrent requests", "concurrency"
];

/// Headers whose value 0 says that a long window is spent.
const SPENT_HEADERS: &[(&str, Window)] = &[
    ("x-ratelimit-remaining-day", Day),           // Kong
    ("x-ratelimit-remaining-month", Month),       // Kong
    ("x-hubspot-ratelimit-daily-remaining", Day), // HubSpot
];

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
    let found = spent_words(text).or_else(|| spent_header(headers))?;
    if found.window == Unknown && comes_back_soon(headers) {
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

/// A date without the response's own `Date` cannot be read here and counts as late.
fn comes_back_soon(headers: &HeaderMap) -> bool {
    Hints::read(headers, || UNIX_EPOCH)
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
mod tests {
    use http::HeaderValue;

    use super::*;

    fn window(body: &str) -> Option<Window> {
        spent_quota(body.as_bytes(), &HeaderMap::new()).map(|quota| quota.window)
    }

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn spent_quotas_of_real_apis_are_recognised() {
        for (api, body, expected) in [
            (
                "OpenAI, credit",
                r#"{"error":{"message":"You exceeded your current quota, please check your plan and
                billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                Unknown,
            ),
            (
                "OpenAI, day",
                r#"{"error":{"message":"Rate limit reached for gpt-4o in organization org-1 on
                requests per day (RPD): Limit 200, Used 200, Requested 1."}}"#,
                Day,
            ),
            (
                "Gemini, day",
                r#"{"error":{"code":429,"message":"You exceeded your current quota","details":[
                {"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}}"#,
                Day,
            ),
            (
                "Google",
                r#"{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}"#,
                Day,
            ),
            (
                "YouTube",
                r#"{"error":{"errors":[{"reason":"quotaExceeded"}]}}"#,
                Unknown,
            ),
            ("Google Maps", r#"{"status":"OVER_DAILY_LIMIT"}"#, Day),
            (
                "RapidAPI",
                r#"{"message":"You have exceeded the MONTHLY quota for Requests"}"#,
                Month,
            ),
            (
                "HubSpot",
                r#"{"message":"You have reached your daily limit."}"#,
                Day,
            ),
            (
                "X",
                r#"{"title":"UsageCapExceeded","detail":"Monthly product cap"}"#,
                Month,
            ),
            (
                "AWS API Gateway",
                r#"{"message":"Limit Exceeded"}"#,
                Unknown,
            ),
            (
                "Azure",
                r#"{"message":"Out of call volume quota. Replenished in 12.05:30"}"#,
                Unknown,
            ),
            (
                "DeepL",
                r#"{"message":"Quota for this billing period has been exceeded"}"#,
                Unknown,
            ),
            (
                "NewsAPI",
                r#"{"message":"Accounts are limited to 100 requests over a 24 hour period"}"#,
                Day,
            ),
            ("someone", "Weekly limit reached", Week),
        ] {
            assert_eq!(window(body), Some(expected), "{api}");
        }
    }

    #[test]
    fn too_fast_is_never_taken_for_spent() {
        for (api, body) in [
            ("empty", ""),
            (
                "OpenAI, minute",
                r#"{"error":{"message":"Rate limit reached for gpt-4 on tokens per min (TPM): Limit
                10000","code":"rate_limit_exceeded"}}"#,
            ),
            (
                "Anthropic",
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would
                exceed your organization's rate limit of 50,000 input tokens per minute"}}"#,
            ),
            (
                "Gemini, minute",
                r#"{"error":{"message":"You exceeded your current quota","details":[
                {"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}}"#,
            ),
            (
                "Google Sheets",
                r#"{"error":{"message":"Quota exceeded for quota metric 'Read requests' and limit
                'Read requests per minute per user'","status":"RESOURCE_EXHAUSTED"}}"#,
            ),
            (
                "Stripe",
                r#"{"error":{"code":"rate_limit","message":"Request rate limit exceeded."}}"#,
            ),
            (
                "GitHub",
                r#"{"message":"API rate limit exceeded for user ID 1."}"#,
            ),
            (
                "GitHub 2",
                r#"{"message":"You have exceeded a secondary rate limit."}"#,
            ),
            (
                "HubSpot",
                r#"{"message":"You have reached your ten_secondly_rolling limit."}"#,
            ),
            (
                "RapidAPI",
                r#"{"message":"You have exceeded the rate limit per second for your plan"}"#,
            ),
            ("AWS", r#"{"message":"Too Many Requests"}"#),
            (
                "Azure",
                r#"{"message":"Rate limit is exceeded. Try again in 5 seconds."}"#,
            ),
            ("both", "limits: 10 per second and 1000 per day"),
            ("today", "have a nice day"),
        ] {
            assert_eq!(window(body), None, "{api}");
        }
    }

    #[test]
    fn a_short_wait_says_more_than_words_that_name_no_window() {
        let body = br#"{"status":"quota_exceeded"}"#;
        assert_eq!(spent_quota(body, &with("retry-after", "20")), None);
        assert!(spent_quota(body, &with("retry-after", "7200")).is_some());
        assert!(spent_quota(b"daily limit", &with("retry-after", "20")).is_some());
    }

    #[test]
    fn headers_of_a_day_or_month_tell_without_a_body() {
        let spent = |name, value| spent_quota(b"", &with(name, value)).map(|quota| quota.window);
        assert_eq!(spent("x-ratelimit-remaining-day", "0"), Some(Day));
        assert_eq!(spent("x-ratelimit-remaining-month", "0"), Some(Month));
        assert_eq!(spent("x-ratelimit-remaining-month", "12"), None);
        assert_eq!(spent("x-ratelimit-remaining-minute", "0"), None);
    }

    #[test]
    fn only_the_beginning_of_a_body_is_looked_at() {
        let long = format!("{}daily limit", " ".repeat(LOOKED_AT));
        assert_eq!(window(&long), None);
        assert_eq!(window(&long[LOOKED_AT - 1000..]), Some(Day));
    }

    #[test]
    fn the_lists_are_in_lower_case() {
        let words = SPENT.iter().map(|(words, _)| *words);
        for words in words.chain(TOO_FAST.iter().copied()) {
            assert_eq!(words, words.to_ascii_lowercase());
        }
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let spent = spent_quota(b"daily limit", &HeaderMap::new()).unwrap();
        assert_eq!(spent.to_string(), "the daily quota is spent");
    }
}
