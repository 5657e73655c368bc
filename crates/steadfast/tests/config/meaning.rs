//! What a file says is what the builder would say.

use std::time::Duration;

use steadfast::config::{Config, Format, Severity};
use steadfast::error::FailureKind;
use steadfast::hint::Window;
use steadfast::policy::{BudgetConfig, Jitter, Pacing, Retry, Spans, StatusClass};
use steadfast::quota::Zone;
use steadfast::{Backoff, Concurrency, LimitScope, Policy, Quota, Rate, Rule};

use crate::env;

fn toml(text: &str) -> Config {
    match Config::parse_with_env(text, Format::Toml, "policies.toml", &env) {
        Ok(config) => config,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The one policy of a file that holds this table.
fn policy(table: &str) -> Policy {
    let config = toml(&format!("[policies.own]\n{table}"));
    let own = config.policies().next().unwrap().1;
    own.clone()
}

#[test]
fn each_key_says_what_its_setter_says() {
    let ms = Duration::from_millis;
    let own = Policy::standard;
    for (table, expected) in [
        ("", own()),
        ("extends = 'standard'", own()),
        ("extends = 'guarded'", Policy::guarded()),
        ("extends = 'interactive'", Policy::interactive()),
        ("extends = 'patient'", Policy::patient()),
        ("attempts = 7", own().attempts(7)),
        ("retry_for = '1m30s'", own().retry_for(ms(90_000))),
        (
            "backoff = { fixed = '1s' }",
            own().backoff(Backoff::fixed(ms(1000))),
        ),
        ("backoff = {}", own()),
        ("throttled_backoff = {}", own()),
        (
            "backoff = { initial = '1s', factor = 3, max = '9s', jitter = 'equal' }",
            own().backoff(
                Backoff::exponential(ms(1000), 3.0, ms(9000))
                    .unwrap()
                    .jitter(Jitter::Equal),
            ),
        ),
        (
            "throttled_backoff = { max = '5s', jitter = 'none' }",
            own().throttled_backoff(
                Backoff::exponential(ms(1000), 2.0, ms(5000))
                    .unwrap()
                    .jitter(Jitter::None),
            ),
        ),
        ("budget = false", own().without_budget()),
        ("budget = {}", own().budget(BudgetConfig::STANDARD)),
        (
            "budget = { percent = 20, trickle = '1.5/s', bucket = 5 }",
            own().budget(BudgetConfig::new(20, 1500, 5).unwrap()),
        ),
        ("on.409 = { retry = 2 }", own().on(409, Rule::retry(2))),
        ("on.409 = { retry = 0 }", own().on(409, Rule::FailFast)),
        (
            "on.'500..=599' = 'fail-fast'",
            own().on(500..=599, Rule::FailFast),
        ),
        ("on.'600..' = 'retry'", own().on(600.., Rule::RETRY)),
        (
            "on.4xx = 'accept'",
            own().on(StatusClass::ClientError, Rule::Accept),
        ),
        (
            "on.server-error = 'back-off'",
            own().on(StatusClass::ServerError, Rule::RETRY_THROTTLED),
        ),
        (
            "on.404 = { retry = 3, any_method = true, pace = 'throttled' }",
            own().on(404, Retry::THROTTLED.any_method().at_most(3)),
        ),
        (
            "on_failure.dns = 'retry'",
            own().on_failure(FailureKind::Dns, Rule::RETRY),
        ),
        (
            "on_failure.connect-timeout = 'fail-fast'",
            own().on_failure(FailureKind::ConnectTimeout, Rule::FailFast),
        ),
        ("repeatable = true", own().repeatable(true)),
        ("attempt_timeout = '3s'", own().attempt_timeout(ms(3000))),
        ("deadline = '10s'", own().deadline(ms(10_000))),
        ("buffer = '1MiB'", own().buffer(1 << 20)),
        ("buffer = 4096", own().buffer(4096)),
        ("drain = '10kB'", own().drain(10_000)),
        ("rate = '5/s'", own().rate_limit(Rate::per_second(5))),
        (
            "rate = '100/min burst 20'\nmax_wait = '2s'",
            own()
                .rate_limit(Rate::per_minute(100).burst(20))
                .max_wait(ms(2000)),
        ),
        (
            "rate = { count = 60, per = 'minute', burst = 12, share = '1/6', scope = 'origin' }",
            own().rate_limit(
                Rate::per_minute(60)
                    .burst(12)
                    .share(1, 6)
                    .scope(LimitScope::Origin),
            ),
        ),
        (
            "rate = ['10/s', { rate = '${RATE}', burst = 7 }, { count = 9, per = '2s' }]",
            own().rate_limit([
                Rate::per_second(10),
                Rate::per_second(5).burst(7),
                Rate::per(9, ms(2000)),
            ]),
        ),
        ("rate = []", own()),
        (
            "rate = '5/s'\nmax_queue = 3\ncost = 2",
            own().rate_limit(Rate::per_second(5)).max_queue(3).cost(2),
        ),
        ("concurrency = 8", own().concurrency(8)),
        (
            "concurrency = { limit = 8, max_wait = '2s', max_queue = 3 }",
            own().concurrency(Concurrency::fixed(8).max_wait(ms(2000)).max_queue(3)),
        ),
        (
            "concurrency = { adaptive = true }",
            own().concurrency(Concurrency::adaptive()),
        ),
        (
            "concurrency = { adaptive = true, min = 2, max = 64, max_queue = 0 }",
            own().concurrency(Concurrency::adaptive().between(2, 64).max_queue(0)),
        ),
        ("concurrency = false", own()),
        ("pacing = 'off'", own().pacing(Pacing::Off)),
        ("pacing = 'headers'", own().pacing(Pacing::Headers)),
        ("pacing = 'learned'", own()),
        ("gate = false", own().without_gate()),
        ("quota = '1000/day'", own().quota(Quota::per_day(1000))),
        (
            "quota = ['1000/day', { count = 5, per = 'month' }]",
            own().quota([Quota::per_day(1000), Quota::per_month(5)]),
        ),
        (
            "quota = { count = 9, per = '36h', share = '1/6', warn_at = 50, scope = 'origin' }",
            own().quota(
                Quota::per(9, ms(36 * 3_600_000))
                    .share(1, 6)
                    .warn_at(50)
                    .scope(LimitScope::Origin),
            ),
        ),
        (
            "quota = { count = 9, per = 'week', rolling = true, zone = '+05:30' }",
            own().quota(Quota::per_week(9).rolling().zone(Zone::offset_minutes(330))),
        ),
        (
            "quota_markers = { 'used up' = 'month', gone = 'unknown' }",
            own()
                .quota_marker("used up", Window::Month)
                .quota_marker("gone", Window::Unknown),
        ),
        ("spans = 'off'", own().spans(Spans::Off)),
        (
            "budget_scope = 'origin'",
            own().budget_scope(steadfast::policy::BudgetScope::Origin),
        ),
    ] {
        assert_eq!(
            format!("{:?}", policy(table)),
            format!("{expected:?}"),
            "{table}"
        );
    }
}

#[test]
fn a_policy_has_what_its_ancestors_say_in_whatever_order_they_stand() {
    let config = toml(
        "[policies.c]\nextends = 'b'\nattempts = 9\n[policies.b]\nextends = 'a'\non.409 = 'retry'\n\
         [policies.a]\nextends = 'interactive'\nattempts = 5\non.409 = 'fail-fast'",
    );
    let c = config.policies().find(|(name, _)| *name == "c").unwrap().1;
    let expected = Policy::interactive()
        .on(409, Rule::FailFast)
        .on(409, Rule::RETRY)
        .attempts(9);
    let expected = expected.prepare().unwrap();
    let found = c.prepare().unwrap();
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

#[test]
fn endpoints_have_their_policy_and_their_own_keys_over_it() {
    let config = toml(
        "default = 'patient'\n[policies.a]\nattempts = 5\n\
         [[endpoints]]\nmatch = 'GET a.com'\npolicy = 'a'\nidentity = 'acme'\n\
         [[endpoints]]\nmatch = 'https://${HOST}/v1/**'\npolicy = 'a'\nattempts = 6\n\
         [[endpoints]]\nmatch = 'c.com'",
    );
    let found: Vec<_> = config
        .endpoints()
        .map(|(pattern, name, policy)| (pattern, name, policy.prepare().unwrap().retry().attempts))
        .collect();
    assert_eq!(
        found,
        [
            ("GET a.com", "a", 5),
            ("https://hush.example.com/v1/**", "a", 6),
            ("c.com", "patient", 10)
        ],
    );
    assert_eq!(
        config.identities().collect::<Vec<_>>(),
        [("GET a.com", "acme")]
    );
    assert_eq!(
        config.default_policy().prepare().unwrap().retry().attempts,
        10
    );
    drop(config.build().unwrap());
}

#[test]
fn no_value_of_a_variable_is_in_the_debug_text_of_a_file_or_in_what_is_written() {
    let config = toml(
        "[policies.a]\nattempts = 2\n\
         [[endpoints]]\nmatch = 'https://${HOST}/v1/**'\npolicy = 'a'\nidentity = \"for ${HOST}\"\n\
         [[endpoints]]\nmatch = 'b.com'\nidentity = 'acme'",
    );
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(
        shown.contains('a') && shown.contains("endpoints: 2"),
        "{shown}"
    );
    assert_eq!(
        config.endpoints_as_written().collect::<Vec<_>>(),
        [
            ("https://${HOST}/v1/**", Some("for ${HOST}")),
            ("b.com", Some("acme"))
        ]
    );
}

#[test]
fn an_empty_file_is_the_standard() {
    let config = toml("");
    assert_eq!(
        format!("{:?}", config.default_policy()),
        format!("{:?}", Policy::standard())
    );
    assert_eq!(config.endpoints().count() + config.policies().count(), 0);
    assert!(Config::parse("{}", Format::Json, "x.json").is_ok());
}

#[test]
fn two_dollars_are_one_and_start_no_variable() {
    let config = toml("[[endpoints]]\nmatch = 'a.com'\nidentity = '$${HOST} $$'");
    assert_eq!(
        config.identities().collect::<Vec<_>>(),
        [("a.com", "${HOST} $")]
    );
}

#[test]
fn what_has_no_effect_is_a_warning_and_no_error() {
    let config = toml("default = 'a'\n[policies.a]\nattempts = 1\nbudget = false");
    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings());
    };
    assert_eq!(
        (warning.severity, warning.line, warning.column),
        (Severity::Warning, 4, 1)
    );
    let inherits = "[policies.a]\nbudget = false\n[policies.b]\nextends = 'a'\nattempts = 1";
    let inherits = toml(&format!("default = 'b'\n{inherits}"));
    assert!(inherits.warnings().is_empty());
}

#[test]
fn a_file_whose_policies_are_used_by_nothing_is_warned_about() {
    let (one, two) = ("[policies.a]\n", "[policies.b]\nextends = 'a'\n");
    let endpoint = |policy: &str| format!("[[endpoints]]\nmatch = 'x.com'\n{policy}\n");
    for (text, unused) in [
        (one.to_owned(), true),
        (format!("{one}{two}"), true),
        (format!("default = 'patient'\n{one}"), true),
        (format!("{one}{}", endpoint("attempts = 2")), true),
        (format!("{one}{}", endpoint("policy = 'patient'")), true),
        (
            format!("{one}{}", endpoint("policy = 'a'\nattempts = 2")),
            false,
        ),
        (format!("{one}{two}{}", endpoint("policy = 'b'")), false),
        (format!("default = 'a'\n{one}"), false),
        (endpoint(""), false),
        (String::new(), false),
    ] {
        let config = toml(&text);
        let found: Vec<_> = config.warnings().iter().map(|one| one.code).collect();
        let expected: &[_] = if unused { &["unused"] } else { &[] };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn idempotency_keys_and_fallbacks_mean_what_the_setters_mean() {
    use steadfast::Policy;
    use steadfast::policy::{FallbackResponse, IdempotencyKey};

    let text = r#"
        [policies.plain]
        idempotency_key = true
        fallback = { status = 200, body = "[]", headers = { content-type = "application/json" } }
        [policies.own]
        extends = "plain"
        idempotency_key = { header = "PayPal-Request-Id", form = "quoted" }
        fallback = false
        [policies.none]
        extends = "own"
        idempotency_key = false
    "#;
    let config = Config::parse(text, Format::Toml, "policies.toml").unwrap();
    let policy = |name| {
        config
            .policies()
            .find(|(own, _)| *own == name)
            .unwrap()
            .1
            .clone()
    };
    let empty = FallbackResponse::new(http::StatusCode::OK)
        .body("[]")
        .header(
            http::header::CONTENT_TYPE,
            "application/json".parse().unwrap(),
        );
    let key = IdempotencyKey::standard();
    let plain = Policy::standard()
        .idempotency_key(key.clone())
        .fallback(empty);
    assert_eq!(policy("plain"), plain);
    let own = key.header("paypal-request-id".parse().unwrap()).quoted();
    assert_eq!(policy("own"), Policy::standard().idempotency_key(own));
    assert_eq!(policy("none"), Policy::standard());

    for (text, part) in [
        (
            "idempotency_key = { header = \"no header\" }",
            "is no name of a header",
        ),
        ("idempotency_key = { form = \"bold\" }", "quoted"),
        ("fallback = { body = \"x\" }", "`status`"),
        ("fallback = { status = 99 }", "200"),
        (
            "fallback = { status = 200, headers = { x = \"a\\nb\" } }",
            "no header can be like this",
        ),
        ("fallback = true", "no fallback"),
    ] {
        let text = format!("[policies.p]\n{text}");
        let mistake = Config::parse(&text, Format::Toml, "policies.toml").unwrap_err();
        assert!(mistake.to_string().contains(part), "{text}: {mistake}");
    }
}
