//! Several ledgers of one quota, each with a count of its own, which learn from each other.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::tests::at;
use super::*;

fn day(limit: u64) -> PreparedQuota {
    Quota::per_day(limit).prepare().unwrap()
}

fn rolling(limit: u64) -> PreparedQuota {
    let day = Duration::from_secs(86_400);
    Quota::per(limit, day).prepare().unwrap()
}

fn used(ledger: &Ledger, now: SystemTime) -> u64 {
    ledger.status(now).used
}

#[test]
fn what_others_used_is_used_and_not_saved_as_own() {
    let now = at("2026-03-29T12:00:00Z");
    for quota in [day(10), rolling(10)] {
        let [mut one, mut two] = [0; 2].map(|_| Ledger::new(quota.clone()));
        one.take(now, 3).unwrap();
        two.take(now, 4).unwrap();
        for _ in 0..2 {
            one.learn([&two.save()]);
            two.learn([&one.save()]);
            assert_eq!((used(&one, now), used(&two, now)), (7, 7));
        }
        assert_eq!(one.take(now, 4).unwrap_err().left, 3);
        one.take(now, 3).unwrap();
        two.learn([&one.save()]);
        assert_eq!(two.take(now, 1).unwrap_err().left, 0);
        assert!(!one.is_empty(now));
        let alone = Ledger::restore(quota, &one.save());
        assert_eq!(used(&alone, now), 6);
    }
}

#[test]
fn a_count_that_arrives_late_is_added_to_what_was_counted_meanwhile() {
    let (morning, noon) = (at("2026-03-29T08:00:00Z"), at("2026-03-29T12:00:00Z"));
    for quota in [day(10), rolling(10)] {
        let mut before = Ledger::new(quota.clone());
        before.take(morning, 5).unwrap();
        let mut after = Ledger::new(quota);
        let receipt = after.take(noon, 3).unwrap().receipt;
        let revision = after.revision();
        after.absorb(&before.save());
        assert_eq!((used(&after, noon), after.revision()), (8, revision));
        after.give_back(&receipt);
        assert_eq!(used(&after, noon), 5);
        assert_eq!(
            used(&Ledger::restore(after.quota().clone(), &after.save()), noon),
            5
        );
    }
}

#[test]
fn what_others_used_ends_with_its_window() {
    let (before, after) = (at("2026-03-29T23:59:59Z"), at("2026-03-30T00:00:00Z"));
    let mut other = Ledger::new(day(10));
    other.take(before, 4).unwrap();
    let mut own = Ledger::new(day(10));
    own.learn([&other.save()]);
    assert_eq!((used(&own, before), used(&own, after)), (4, 0));
    // A clock that is some seconds ahead has begun the day already.
    let mut ahead = Ledger::new(day(10));
    ahead.take(after, 2).unwrap();
    own.learn([&other.save(), &ahead.save()]);
    assert_eq!((used(&own, before), used(&own, after)), (6, 2));

    let mut other = Ledger::new(rolling(10));
    other.take(before, 4).unwrap();
    let mut own = Ledger::new(rolling(10));
    own.learn([&other.save()]);
    own.take(after, 6).unwrap();
    let spent = own.take(after, 1).unwrap_err();
    let day = Duration::from_secs(86_400);
    assert_eq!(spent.resets_at, before + day, "when the other's are over");
    assert_eq!(used(&own, before + day), 6);
}

#[test]
fn a_server_that_closed_the_quota_for_one_closed_it_for_all() {
    let (now, until) = (at("2026-03-29T12:00:00Z"), at("2026-03-29T13:00:00Z"));
    for quota in [day(10), rolling(10)] {
        let mut one = Ledger::new(quota.clone());
        one.spend_all(now, Some(until));
        let mut two = Ledger::new(quota.clone());
        two.learn([&one.save()]);
        let spent = two.take(now, 1).unwrap_err();
        assert!(spent.by_server && spent.resets_at == until);
        two.take(until, 1).unwrap();
    }
}

#[test]
fn one_of_several_warns() {
    let now = at("2026-03-29T12:00:00Z");
    let day = Quota::per_day(10).warn_at(50);
    for quota in [day.clone(), day.rolling()] {
        let quota = quota.prepare().unwrap();
        let [mut one, mut two] = [0; 2].map(|_| Ledger::new(quota.clone()));
        assert!(!one.take(now, 4).unwrap().warns);
        two.learn([&one.save()]);
        assert!(two.take(now, 1).unwrap().warns);
        one.learn([&two.save()]);
        assert!(!one.take(now, 1).unwrap().warns);
    }
}

#[test]
fn a_quota_that_changed_keeps_what_others_used() {
    let now = at("2026-03-29T12:00:00Z");
    for (quota, larger) in [(day(10), day(20)), (rolling(10), rolling(20))] {
        let mut other = Ledger::new(quota.clone());
        other.take(now, 4).unwrap();
        let mut own = Ledger::new(quota);
        own.learn([&other.save()]);
        own.take(now, 3).unwrap();
        own.adopt(larger);
        let status = own.status(now);
        assert_eq!((status.used, status.left), (7, 13));
    }
}

#[test]
fn a_count_of_another_window_is_none() {
    let now = at("2026-03-29T12:00:00Z");
    let mut other = Ledger::new(rolling(10));
    other.take(now, 4).unwrap();
    let mut own = Ledger::new(day(10));
    own.learn([&other.save()]);
    own.absorb(&other.save());
    assert_eq!(used(&own, now), 0);
}

/// Who takes how much after what time, and whether it comes back.
fn steps() -> impl Strategy<Value = Vec<(usize, u32, u64, bool)>> {
    let gap = prop_oneof![0..2_000_u64, 0..4_000_000_u64];
    proptest::collection::vec((0..3_usize, 0..4_u32, gap, any::<bool>()), 1..80)
}

proptest! {
    /// Against one ledger that counts everything. Rolling groups are cut elsewhere there, by up to two parts.
    #[test]
    fn who_learns_before_each_request_uses_no_more_than_the_quota(
        limit in 1..30_u64,
        is_rolling in any::<bool>(),
        steps in steps(),
    ) {
        let quota = if is_rolling { rolling(limit) } else { day(limit) };
        let window = 86_400_000;
        let mut ledgers = [0; 3].map(|_| Ledger::new(quota.clone()));
        let mut rows = ledgers.each_ref().map(Ledger::save);
        let start = at("2026-03-29T00:00:00Z");
        let (mut now, mut taken) = (0_u64, Vec::new());
        for (who, cost, gap, restarts) in steps {
            now += gap;
            if restarts {
                ledgers[who] = Ledger::new(quota.clone());
                ledgers[who].absorb(&rows[who]);
            }
            let others = rows.iter().enumerate().filter(|(of, _)| *of != who);
            ledgers[who].learn(others.map(|(_, row)| row));
            let time = start + Duration::from_millis(now);
            let went = ledgers[who].take(time, cost).is_ok();
            rows[who] = ledgers[who].save();
            let again = Saved::from_bytes(&rows[who].to_bytes());
            prop_assert_eq!(again.as_ref(), Ok(&rows[who]));
            let sum = |since: &dyn Fn(u64) -> bool| -> u64 {
                let counted = taken.iter().filter(|(at, _)| since(*at));
                counted.map(|(_, cost)| u64::from(*cost)).sum()
            };
            let needed = u64::from(cost);
            let (within, nearly) = match is_rolling {
                true => (
                    sum(&|at| now < at + window),
                    sum(&|at| now < at + window + window * 2 / 48),
                ),
                false => (
                    sum(&|at| at / window == now / window),
                    sum(&|at| at / window == now / window),
                ),
            };
            match went {
                true => prop_assert!(within + needed <= limit),
                false => prop_assert!(nearly + needed > limit),
            }
            if went {
                taken.push((now, cost));
            }
        }
    }
}
