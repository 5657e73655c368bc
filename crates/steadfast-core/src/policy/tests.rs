//! Every value that makes no sense is named.

use super::*;

#[test]
fn a_mistake_names_field_value_and_what_would_be_right() {
    let second = Duration::from_secs(1);
    for (policy, expected) in [
        (
            Policy::standard().attempts(0),
            "`attempts` is 0, but has to be at least 1",
        ),
        (
            Policy::standard().deadline(Duration::ZERO),
            "`deadline` is 0s, but has to be more than no time",
        ),
        (
            Policy::standard()
                .attempt_timeout(2 * second)
                .deadline(second),
            "`attempt_timeout` is 2s with a deadline of 1s, but has to be no longer than the deadline",
        ),
        (
            Policy::standard().on(99, Rule::RETRY),
            "`on` is 99..=99 leaves 100..=999, but has to be a set of statuses within 100..=999",
        ),
        (
            Policy::standard().rate_limit(Rate::per_second(0)),
            "`rate_limit` is 0 per second (the count is 0), but has to be at least one attempt per \
             period",
        ),
    ] {
        assert_eq!(policy.prepare().unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_presets_make_sense() {
    for policy in [
        Policy::standard(),
        Policy::guarded(),
        Policy::interactive(),
        Policy::patient(),
    ] {
        policy.prepare().unwrap();
    }
    let standard = Policy::standard().prepare().unwrap();
    assert_eq!(standard.attempt_timeout, None);
    assert_eq!(standard.deadline, None);
    assert_eq!(standard.rate, None);
}
