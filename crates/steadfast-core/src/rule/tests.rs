//! The status table, row by row.

use super::*;

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

/// Rows of the documented table: statuses, rule.
fn table() -> Vec<(Vec<u16>, Rule)> {
    let once = Retry::BACKOFF.at_most(1);
    vec![
        ((100..400).chain(600..1000).collect(), Rule::Accept),
        (
            (400..500)
                .filter(|code| ![408, 421, 425, 429].contains(code))
                .collect(),
            Rule::FailFast,
        ),
        (vec![408], Rule::RETRY),
        (vec![421], once.any_method().into()),
        (vec![425], Retry::BACKOFF.any_method().into()),
        (vec![429], Retry::THROTTLED.any_method().into()),
        (
            (500..600)
                .filter(|code| !(501..=511).contains(code) || *code == 500)
                .filter(|code| !(520..=530).contains(code) || *code == 528)
                .collect(),
            once.into(),
        ),
        (vec![501, 505, 506, 507, 508, 510, 511, 526], Rule::FailFast),
        (
            vec![502, 504, 509, 520, 521, 522, 523, 524, 525, 527, 530],
            Rule::RETRY,
        ),
        (vec![503, 529], Rule::RETRY_THROTTLED),
    ]
}

#[test]
fn every_status_has_exactly_one_verdict() {
    let mut seen = vec![0; 1000];
    for (codes, rule) in table() {
        for code in codes {
            seen[usize::from(code)] += 1;
            assert_eq!(Rule::standard(status(code)), rule, "{code}");
        }
    }
    for (code, rows) in seen.into_iter().enumerate().skip(100) {
        assert_eq!(rows, 1, "{code} stands in {rows} rows");
    }
}

#[test]
fn every_transport_failure_has_its_rule() {
    let once = Retry::BACKOFF.at_most(1);
    let any: Rule = Retry::BACKOFF.any_method().into();
    for kind in FailureKind::ALL.iter().copied() {
        let expected = match kind {
            FailureKind::Connect | FailureKind::ConnectTimeout | FailureKind::Unprocessed => any,
            FailureKind::Dns => once.any_method().into(),
            FailureKind::Timeout
            | FailureKind::Reset
            | FailureKind::Truncated
            | FailureKind::Other => Rule::RETRY,
            _ => Rule::FailFast,
        };
        assert_eq!(Rule::standard_failure(kind), expected, "{kind}");
    }
}

#[test]
fn the_last_override_of_a_status_wins() {
    let mut rules = StatusRules::default();
    rules.set(StatusClass::ServerError.into(), Rule::FailFast);
    rules.set(502.into(), Rule::retry(2));
    assert_eq!(rules.rule(status(500)), (Rule::FailFast, true));
    assert_eq!(rules.rule(status(502)), (Rule::retry(2), true));
    assert_eq!(rules.rule(status(404)), (Rule::FailFast, false));
    assert!(rules.accepts_at_once(status(200)));
    rules.set(204.into(), Rule::RETRY);
    assert!(!rules.accepts_at_once(status(200)));
}

#[test]
fn a_set_outside_of_the_statuses_is_a_mistake_that_names_it() {
    assert_eq!(
        Statuses::from(99).mistake().unwrap(),
        "99..=99 leaves 100..=999"
    );
    assert_eq!(
        Statuses::from(RangeInclusive::new(500, 400))
            .mistake()
            .unwrap(),
        "500..=400 is empty"
    );
    assert_eq!(Statuses::from(600..).mistake(), None);
}
