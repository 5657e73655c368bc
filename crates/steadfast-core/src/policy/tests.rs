//! Every value that makes no sense is named.

use super::*;
use crate::LimitScope;
use crate::hint::Window;
use crate::quota::Quota;
use crate::rate::Rate;
use crate::rule::Rule;

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
        (
            Policy::standard().quota(Quota::per_day(9).share(2, 1)),
            "`quota` is 9/day (a share of 2 of 1), but has to be at least one request in a second to a year, a share \
             of at most all of them, and a warning at 0 to 100 %",
        ),
        (
            Policy::standard().quota([Quota::per_day(9), Quota::per_day(5)]),
            "`quota` is 5/day beside another, but has to be one for each window and scope: which of the two is meant?",
        ),
        (
            Policy::standard().quota_marker(" ", Window::Day),
            "`quota_marker` is empty, but has to be 1 to 256 bytes of words",
        ),
        (
            Policy::standard().quota_marker("x".repeat(257), Window::Day),
            "`quota_marker` is too long, but has to be 1 to 256 bytes of words",
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
    assert_eq!(standard.timeouts().attempt, None);
    assert_eq!(standard.timeouts().deadline, None);
    assert!(standard.rates().is_empty());
}

#[test]
fn quotas_of_different_windows_or_scopes_stand_beside_each_other() {
    let plan = vec![
        Quota::per_day(1000),
        Quota::per_day(2000).rolling(),
        Quota::per_day(3000).scope(LimitScope::Origin),
        Quota::per_month(10_000),
    ];
    let prepared = Policy::standard().quota(plan).prepare().unwrap();
    let limits = prepared.quotas().iter().map(|quota| quota.limit());
    assert_eq!(limits.collect::<Vec<_>>(), [1000, 2000, 3000, 10_000]);
    let replaced = Policy::standard()
        .quota(Quota::per_day(1))
        .quota(Quota::per_week(2));
    assert_eq!(replaced.prepare().unwrap().quotas().len(), 1);
}

#[test]
fn policies_are_compared_by_value_and_closures_by_which_they_are() {
    use crate::classify::Opinion;

    let same = || {
        Policy::standard()
            .attempts(4)
            .on(409, Rule::retry(1))
            .rate_limit(Rate::per_second(5))
    };
    assert_eq!(same(), same());
    assert_ne!(same(), same().attempts(5));
    assert_ne!(same(), same().on(409, Rule::retry(2)));
    let one = same().classify(|_| Opinion::Abstain);
    assert_eq!(one, one.clone());
    // Both print alike, and are two all the same.
    assert_ne!(one, same().classify(|_| Opinion::Abstain));
    let cost = same().cost_of(|_| 1);
    assert_eq!(cost, cost.clone());
    assert_ne!(cost, same().cost_of(|_| 1));
}
