//! Error bodies of real APIs.

use http::HeaderValue;

use super::Window::{Day, Month, Unknown, Week};
use super::codes::CODES;
use super::words::{SPENT, TOO_FAST};
use super::*;

fn found(body: &str) -> Option<(Window, Evidence)> {
    let quota = spent_quota(body.as_bytes(), &HeaderMap::new())?;
    Some((quota.window, quota.evidence))
}

fn window(body: &str) -> Option<Window> {
    found(body).map(|(window, _)| window)
}

fn with(name: &'static str, value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_static(value));
    headers
}

#[test]
fn codes_of_real_apis_are_recognised() {
    for (api, body, expected) in [
        (
            "OpenAI, credit",
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and
            billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Unknown,
        ),
        (
            "Gemini, day",
            r#"{"error":{"code":429,"message":"You exceeded your current quota","details":[{"@type":"x","violations":[
            {"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"#,
            Day,
        ),
        (
            "Google, day",
            r#"{"error":{"details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"ReadsPerDayPerProject"}}]}}"#,
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
            "HubSpot",
            r#"{"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}"#,
            Day,
        ),
        (
            "X",
            r#"{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap",
            "type":"https://api.twitter.com/2/problems/usage-capped"}"#,
            Unknown,
        ),
        (
            "ElevenLabs",
            r#"{"detail":{"status":"quota_exceeded"}}"#,
            Unknown,
        ),
        (
            "apilayer",
            r#"{"error":{"code":104,"type":"usage_limit_reached"}}"#,
            Unknown,
        ),
        (
            "NewsAPI",
            r#"{"status":"error","code":"apiKeyExhausted"}"#,
            Unknown,
        ),
        (
            "RFC 9457",
            r#"{"title": "Too many", "type" : "https://iana.org/assignments/http-problem-types#quota-exceeded"}"#,
            Unknown,
        ),
    ] {
        assert_eq!(found(body), Some((expected, Evidence::Structured)), "{api}");
    }
}

#[test]
fn sentences_of_real_apis_are_recognised_and_are_only_prose() {
    for (api, body, expected) in [
        (
            "OpenAI, day",
            r#"{"error":{"message":"Rate limit reached for gpt-4o in organization org-1 on
            requests per day (RPD): Limit 200, Used 200, Requested 1."}}"#,
            Day,
        ),
        (
            "RapidAPI",
            r#"{"message":"You have exceeded the MONTHLY quota for Requests"}"#,
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
        (
            "OpenRouter",
            r#"{"error":{"message":"Rate limit exceeded: free-models-per-day"}}"#,
            Day,
        ),
        (
            "GitHub Models",
            r#"{"error":{"code":"RateLimitReached","message":"Rate limit of 50 per 86400s exceeded for UserByModelByDay.
            Please wait 40000 seconds before retrying."}}"#,
            Day,
        ),
        (
            "SerpApi",
            r#"{"error":"Your account has run out of searches."}"#,
            Unknown,
        ),
        ("someone", "Weekly limit reached", Week),
        (
            "an echo",
            r#"{"query":"daily limit","error":"slow down"}"#,
            Day,
        ),
    ] {
        assert_eq!(found(body), Some((expected, Evidence::Prose)), "{api}");
    }
}

#[test]
fn a_price_and_an_echoed_code_say_nothing_of_a_quota() {
    for body in [
        r#"{"message":"Too many requests. Upgrade to Pro for $20/month."}"#,
        r#"{"message":"Slow down, or take the plan for $20 per month."}"#,
        r#"{"query":"insufficient_quota","error":{"code":"slow_down"}}"#,
        r#"{"query":{"code":"insufficient_quota"},"error":{"code":"slow_down"}}"#,
        r#"{"request":{"error":{"type":"quota_exceeded"}}}"#,
        r#"{"message":"nothing found for {\"code\":\"insufficient_quota\"}"}"#,
        r#"{"message":"insufficient_quota"}"#,
        r#"{"code":"insufficient_quota_is_what_you_asked"}"#,
        "insufficient_quota",
        r#"<p>{"code":"insufficient_quota"}</p>"#,
    ] {
        assert_eq!(found(body), None, "{body}");
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
        (
            "GitHub, which names a day as well",
            r#"{"message":"You have exceeded a secondary rate limit. Daily limits see ... per day"}"#,
        ),
        (
            "another problem",
            r#"{"type":"quota-exceeded-not","x":"quota-exceeded"}"#,
        ),
        ("a type that is none", r#"{"type": 7, "type":"#),
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
fn a_problem_that_is_over_soon_is_no_spent_quota() {
    let body = br#"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded"}"#;
    assert_eq!(
        spent_quota(body, &with("ratelimit", "\"burst\";r=0;t=30")),
        None
    );
    assert_eq!(spent_quota(body, &with("x-ratelimit-reset", "30")), None);
    let later = with("ratelimit", "\"day\";r=0;t=40000");
    assert_eq!(spent_quota(body, &later).unwrap().window, Unknown);
}

#[test]
fn a_marker_of_the_user_counts_whatever_else_is_said() {
    let markers = [
        QuotaMarker::new(" Used Up ", Month).unwrap(),
        QuotaMarker::new("used", Week).unwrap(),
    ];
    let find = |body: &str| QuotaMarker::find(&markers, body.as_bytes());
    assert_eq!(find("all USED up, 5 per second"), Some(Month));
    assert_eq!(find("Used"), Some(Week));
    assert_eq!(find("us"), None);
    let late = format!("{}used", " ".repeat(LOOKED_AT));
    assert_eq!(find(&late), None);
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
    let words = SPENT.iter().chain(CODES).map(|(words, _)| *words);
    for words in words.chain(TOO_FAST.iter().copied()) {
        assert_eq!(words, words.to_ascii_lowercase());
    }
}

#[test]
fn it_reads_as_a_sentence() {
    let said = |body: &[u8]| spent_quota(body, &HeaderMap::new()).unwrap().to_string();
    assert_eq!(
        said(br#"{"status":"OVER_DAILY_LIMIT"}"#),
        "the daily quota is used up"
    );
    assert_eq!(
        said(b"daily limit"),
        "the answer's text says that the daily quota is used up"
    );
}
