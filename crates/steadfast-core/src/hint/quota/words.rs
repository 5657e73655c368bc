//! What APIs write for people when a quota is used up, as data.
//!
//! Each entry is a fact about an API. Prose proves nothing: it only changes what people are told. Codes are in
//! [`codes`](super::codes); words for an API of one's own belong into a policy (`quota_marker`), not here.

use super::Window::{self, Day, Month, Unknown, Week};

/// Words of error bodies, in lower case, each with an API that uses it. The first that is found counts, so the ones that
/// name a window stand first. None that a price is written with (`$20/month`).
pub(super) const SPENT: &[(&str, Window)] = &[
    ("per day", Day),          // OpenAI: "on requests per day (RPD)"
    ("per-day", Day),          // OpenRouter: "free-models-per-day"
    ("per 86400s", Day), // GitHub Models: "Rate limit of 50 per 86400s exceeded for UserByModelByDay"
    ("daily limit", Day), // HubSpot: "You have reached your daily limit."
    ("daily rate limit", Day), // CoinMarketCap: "your API Key's daily rate limit"
    ("daily quota", Day), // RapidAPI: "You have exceeded the DAILY quota"
    ("daily request", Day), // Cloudflare Workers: "daily request limit"
    ("for the day", Day), // API-Football: "the request limit for the day"
    ("24 hour period", Day), // NewsAPI: "100 requests over a 24 hour period"
    ("per week", Week),  // as the daily forms
    ("weekly limit", Week),
    ("weekly quota", Week),
    ("monthly limit", Month),
    ("monthly rate limit", Month), // CoinMarketCap: "your API Key's monthly rate limit"
    ("monthly quota", Month),      // RapidAPI: "You have exceeded the MONTHLY quota"
    ("monthly usage limit", Month), // apilayer: "Your monthly usage limit has been reached"
    ("monthly product cap", Month), // X: "Usage cap exceeded: Monthly product cap"
    ("exceeded your current quota", Unknown), // OpenAI and Gemini: "check your plan and billing"
    ("out of call volume quota", Unknown), // Azure API Management, its `quota` policy
    ("billing period", Unknown),   // DeepL: "Quota for this billing period has been exceeded"
    ("run out of searches", Unknown), // SerpApi: "Your account has run out of searches."
    ("credits exceeded", Unknown), // SendGrid: "Maximum credits exceeded"
    ("\"limit exceeded\"", Unknown), // AWS API Gateway: `QUOTA_EXCEEDED`
];

/// Words that mean "too fast", whatever else is said.
pub(super) const TOO_FAST: &[&str] = &[
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
    "secondary rate limit", // GitHub: "You have exceeded a secondary rate limit."
    "abuse detection",      // GitHub, what it was called before
    "concurren",            // Zendesk, Shopify: "concurrent requests", "concurrency"
];
