//! Who is heard, and in which order.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};

use super::*;
use crate::policy::Policy;
use crate::rule::StatusClass;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    pairs.iter().map(pair).collect()
}

fn judge(
    policy: &Policy,
    status: u16,
    pairs: &[(&'static str, &'static str)],
    opinion: Opinion,
    body: &str,
) -> (Rule, Reason) {
    let judged = Judged::response(
        &policy.prepare().unwrap(),
        StatusCode::from_u16(status).unwrap(),
        &headers(pairs),
        || SystemTime::UNIX_EPOCH,
        opinion,
        Some(body.as_bytes()),
    );
    (judged.verdict, judged.reason)
}

#[test]
fn a_server_overrides_the_table_but_not_the_user() {
    let standard = Policy::standard();
    let own = Policy::standard().on(404, Rule::retry(2));
    let no = [("x-should-retry", "false")];
    let yes = [("x-should-retry", "true")];
    let back_off: Rule = Retry::THROTTLED.any_method().into();
    for (policy, status, pairs, opinion, expected) in [
        (
            &standard,
            503,
            &no[..],
            Opinion::Abstain,
            (Rule::FailFast, Reason::Server),
        ),
        (
            &standard,
            400,
            &yes,
            Opinion::Abstain,
            (Rule::RETRY, Reason::Server),
        ),
        (
            &standard,
            429,
            &yes,
            Opinion::Abstain,
            (back_off, Reason::Standard),
        ),
        (
            &standard,
            200,
            &yes,
            Opinion::Abstain,
            (Rule::Accept, Reason::Standard),
        ),
        (
            &own,
            404,
            &no,
            Opinion::Abstain,
            (Rule::retry(2), Reason::Policy),
        ),
        (
            &own,
            404,
            &no,
            Opinion::Forbid,
            (Rule::FailFast, Reason::Classifier),
        ),
        (
            &standard,
            200,
            &no,
            Opinion::Retry,
            (Rule::RETRY, Reason::Classifier),
        ),
        (
            &standard,
            503,
            &[],
            Opinion::ReadBody,
            (Rule::RETRY_THROTTLED, Reason::Standard),
        ),
    ] {
        let judged = judge(policy, status, pairs, opinion, "");
        assert_eq!(judged, expected, "{status} {pairs:?} {opinion:?}");
    }
}

#[test]
fn a_403_is_a_rate_limit_only_when_something_says_so() {
    let limit: Rule = Retry::THROTTLED.any_method().into();
    for (pairs, expected) in [
        (&[][..], (Rule::FailFast, Reason::Standard)),
        (&[("retry-after", "5")], (limit, Reason::RateLimit)),
        (
            &[("x-ratelimit-remaining", "0")],
            (limit, Reason::RateLimit),
        ),
        (
            &[("x-ratelimit-remaining", "7")],
            (Rule::FailFast, Reason::Standard),
        ),
        (&[("retry-after", "soon")], (limit, Reason::RateLimit)),
        (
            &[("x-ratelimit-reset", "soon")],
            (Rule::FailFast, Reason::Standard),
        ),
    ] {
        let judged = judge(&Policy::standard(), 403, pairs, Opinion::Abstain, "");
        assert_eq!(judged, expected, "{pairs:?}");
    }
}

#[test]
fn a_413_is_retried_only_when_the_server_names_a_time() {
    let standard = Policy::standard();
    let named = [("retry-after", "1")];
    let unreadable = [("retry-after", "soon")];
    for (pairs, expected) in [
        (&[][..], Rule::FailFast),
        (&named, Rule::RETRY),
        (&unreadable, Rule::RETRY),
    ] {
        let judged = judge(&standard, 413, pairs, Opinion::Abstain, "").0;
        assert_eq!(judged, expected, "{pairs:?}");
    }
}

#[test]
fn a_spent_quota_is_not_a_matter_of_seconds() {
    let spent = r#"{"error":{"code":"insufficient_quota"}}"#;
    let verdict = |policy: &Policy, body| judge(policy, 429, &[], Opinion::Abstain, body);
    let fail = (Rule::FailFast, Reason::QuotaUsedUp);
    assert_eq!(verdict(&Policy::standard(), spent), fail);
    assert_eq!(
        verdict(&Policy::standard(), "slow down").1,
        Reason::Standard
    );
    let own = Policy::standard().on(StatusClass::ClientError, Rule::retry(1));
    assert_eq!(verdict(&own, spent), (Rule::retry(1), Reason::Policy));
}

#[test]
fn a_sentence_about_a_quota_is_shown_and_changes_nothing_else() {
    let policy = Policy::standard().prepare().unwrap();
    let judged = |status, pairs: &[_], body: &str| {
        let (headers, wall) = (headers(pairs), || SystemTime::UNIX_EPOCH);
        let body = Some(body.as_bytes());
        Judged::response(&policy, status, &headers, wall, Opinion::Abstain, body)
    };
    let limit = [("x-ratelimit-remaining", "0")];
    for (status, pairs) in [
        (StatusCode::TOO_MANY_REQUESTS, &[][..]),
        (StatusCode::FORBIDDEN, &limit),
        (StatusCode::FORBIDDEN, &[]),
    ] {
        let plain = judged(status, pairs, "");
        let said = judged(status, pairs, r#"{"message":"monthly limit reached"}"#);
        assert_eq!(said.quota_in_text, Some(Window::Month));
        assert_eq!(
            (said.verdict, said.reason, said.quota),
            (plain.verdict, plain.reason, None)
        );
    }
}

#[test]
fn words_of_the_user_stand_above_the_server_and_below_a_rule() {
    let standard = Policy::standard();
    let own = Policy::standard().quota_marker("used up", Window::Month);
    let ruled = own.clone().on(429, Rule::retry(2));
    let yes = [("x-should-retry", "true")];
    let soon = [("retry-after", "1")];
    let spent = (Rule::FailFast, Reason::QuotaUsedUp);
    let body = "all Used Up, 5 per second";
    for (policy, status, pairs, expected) in [
        (&own, 429, &[][..], spent),
        (&own, 403, &[], spent),
        (&own, 403, &yes, spent),
        (&own, 429, &soon, spent),
        (&own, 503, &[], (Rule::RETRY_THROTTLED, Reason::Standard)),
        (&ruled, 429, &[], (Rule::retry(2), Reason::Policy)),
        (&standard, 403, &yes, (Rule::RETRY, Reason::Server)),
    ] {
        let judged = judge(policy, status, pairs, Opinion::Abstain, body);
        assert_eq!(judged, expected, "{status} {pairs:?}");
    }
    assert_ne!(judge(&standard, 429, &[], Opinion::Abstain, body), spent);
}

#[test]
fn the_wait_of_a_classifier_is_kept_beside_the_servers() {
    let policy = Policy::standard().prepare().unwrap();
    let opinion = Opinion::RetryAfter(Duration::from_secs(3));
    let judged = Judged::failure(&policy, FailureKind::Reset, opinion);
    assert_eq!(judged.asked, Some(Duration::from_secs(3)));
    assert_eq!(judged.verdict, Rule::RETRY);
}

#[test]
fn every_status_has_a_verdict_whatever_the_headers() {
    let odd = [
        ("x-ratelimit-reset", "-1"),
        ("x-should-retry", "maybe"),
        ("ratelimit", ";;;"),
    ];
    for status in 100..1000 {
        let code = StatusCode::from_u16(status).unwrap();
        let (verdict, reason) = judge(&Policy::standard(), status, &odd, Opinion::Abstain, "");
        assert_eq!(
            (verdict, reason),
            (Rule::standard(code), Reason::Standard),
            "{status}"
        );
    }
}
