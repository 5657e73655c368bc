//! Codes and headers by which APIs say that a quota is used up, as data.
//!
//! Each entry is a fact about an API. A code counts only as the whole value of a member that holds codes: the same word in a
//! sentence is [prose](super::words). Words of an API of one's own belong into a policy (`quota_marker`), not here.

use super::Window::{self, Day, Month, Unknown};
use super::json::is_one_of;

/// Members whose value is a code. In lower case.
const CODE_KEYS: &[&[u8]] = &[
    b"code",
    b"type",
    b"reason",
    b"status",
    b"error",
    b"error_code",
    b"errorcode",
];

/// Their values, in lower case, each with an API that uses it.
pub(super) const CODES: &[(&str, Window)] = &[
    ("insufficient_quota", Unknown), // OpenAI: `code` and `type`, when the credit is used up
    ("quota_exceeded", Unknown),     // ElevenLabs: `detail.status`
    ("quotaexceeded", Unknown),      // YouTube: `reason`
    ("dailylimitexceeded", Day),     // Google: `reason`
    ("over_daily_limit", Day),       // Google Maps: `status`
    ("usage_limit_reached", Unknown), // apilayer: `type`
    ("apikeyexhausted", Unknown),    // NewsAPI: `code`
];

/// How a problem's `type` ends (RFC 9457); none of them names a window.
const PROBLEMS: [&str; 2] = [
    "quota-exceeded", // draft-ietf-httpapi-ratelimit-headers-10
    "/usage-capped",  // X
];

/// Headers whose value 0 says that a long window is used up.
pub(super) const HEADERS: &[(&str, Window)] = &[
    ("x-ratelimit-remaining-day", Day),           // Kong
    ("x-ratelimit-remaining-month", Month),       // Kong
    ("x-hubspot-ratelimit-daily-remaining", Day), // HubSpot
];

/// What one member of an error body says, and the constant by which it is known.
pub(super) fn code(key: &[u8], value: &[u8]) -> Option<(&'static str, Window)> {
    if key.eq_ignore_ascii_case(b"type") {
        if let Some(problem) = PROBLEMS.into_iter().find(|end| ends_with(value, end)) {
            return Some((problem, Unknown));
        }
    }
    // Google: `GenerateRequestsPerDayPerProject..`, the id of the quota that was violated.
    if is_one_of(key, &[b"quotaid", b"quota_limit"]) && super::contains(value, "perday") {
        return Some(("PerDay", Day));
    }
    // HubSpot names the policy that was violated.
    if key.eq_ignore_ascii_case(b"policyname") && value.eq_ignore_ascii_case(b"daily") {
        return Some(("DAILY", Day));
    }
    if !is_one_of(key, CODE_KEYS) {
        return None;
    }
    let known = |(code, _): &&(&str, _)| value.eq_ignore_ascii_case(code.as_bytes());
    CODES.iter().find(known).copied()
}

fn ends_with(value: &[u8], end: &str) -> bool {
    let start = value.len().checked_sub(end.len());
    start.is_some_and(|start| value[start..].eq_ignore_ascii_case(end.as_bytes()))
}
