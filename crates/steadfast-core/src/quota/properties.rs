//! Promises, against a model that is slow and obvious: a list of everything that was taken.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;

/// Gaps between requests, mostly short, sometimes longer than a window; and what they cost.
fn requests() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let gap = prop_oneof![
        4 => 0..2_000_000_000_u64,
        4 => 0..900_000_000_000_u64,
        1 => 0..20_000_000_000_000_u64,
    ];
    proptest::collection::vec((gap, 0..4_u32), 1..120)
}

fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

const START: u64 = 20_000 * 86_400 * SECOND + 5;

fn sum(list: &[(u64, u32)], of: impl Fn(u64) -> bool) -> u64 {
    let counted = list.iter().filter(|(at, _)| of(*at));
    counted.map(|(_, cost)| u64::from(*cost)).sum()
}

proptest! {
    #[test]
    fn no_window_holds_more_than_the_quota_and_little_less_is_let_through(
        limit in 1..12_u64,
        hours in 1..6_u64,
        requests in requests(),
    ) {
        let window = hours * 3600 * SECOND;
        let quota = Quota::per(limit, Duration::from_nanos(window));
        let mut ledger = Ledger::new(quota.prepare().unwrap());
        let (mut now, mut taken) = (START, Vec::new());
        for (gap, cost) in requests {
            now += gap;
            let needed = u64::from(cost);
            let went = ledger.take(time(now), cost).is_ok();
            let within = sum(&taken, |at| now < at + window);
            let nearly = sum(&taken, |at| now < at + window + window / 48);
            if went {
                taken.push((now, cost));
                prop_assert!(within + needed <= limit);
            } else {
                prop_assert!(nearly + needed > limit);
            }
        }
    }

    #[test]
    fn days_and_weeks_count_as_a_list_does(
        limit in 1..12_u64,
        offset in -840..840_i16,
        week in any::<bool>(),
        requests in requests(),
    ) {
        let days = if week { 7 } else { 1 };
        let quota = if week { Quota::per_week(limit) } else { Quota::per_day(limit) };
        let quota = quota.zone(Zone::offset_minutes(offset));
        let mut ledger = Ledger::new(quota.prepare().unwrap());
        // Thursday was the first day, so weeks begin three days before.
        let shift = i64::from(offset) * 60 + if week { 3 * 86_400 } else { 0 };
        let window = |at: u64| ((at / SECOND) as i64 + shift).div_euclid(days * 86_400);
        let (mut now, mut taken) = (START, Vec::new());
        for (gap, cost) in requests {
            now += gap;
            let went = ledger.take(time(now), cost);
            let used = sum(&taken, |at| window(at) == window(now));
            let fits = used + u64::from(cost) <= limit;
            prop_assert_eq!(went.is_ok(), fits);
            if let Ok(went) = went {
                taken.push((now, cost));
                prop_assert_eq!(went.left, limit - used - u64::from(cost));
            }
        }
    }

    #[test]
    fn a_refusal_is_admitted_exactly_when_it_said(
        limit in 3..12_u64,
        window in 0..5_usize,
        requests in requests(),
    ) {
        let quota = [
            Quota::per_day(limit),
            Quota::per_week(limit).zone(Zone::offset_minutes(330)),
            Quota::per_month(limit),
            Quota::per_day(limit).rolling(),
            Quota::per(limit, Duration::from_secs(3601)),
        ][window].clone();
        let mut ledger = Ledger::new(quota.prepare().unwrap());
        let mut now = START;
        for (nth, (gap, cost)) in requests.into_iter().enumerate() {
            now += gap;
            if nth % 17 == 16 {
                ledger.spend_all(time(now), (nth % 2 == 0).then(|| time(now + gap)));
            }
            if let Err(spent) = ledger.take(time(now), cost) {
                prop_assert!(spent.resets_at > time(now));
                let before = spent.resets_at - Duration::from_nanos(1);
                prop_assert!(ledger.clone().take(before, cost).is_err());
                prop_assert!(ledger.clone().take(spent.resets_at, cost).is_ok());
            }
        }
    }

    #[test]
    fn a_store_between_two_requests_changes_nothing(
        limit in 1..12_u64,
        rolling in any::<bool>(),
        requests in requests(),
    ) {
        let quota = Quota::per_day(limit);
        let quota = if rolling { quota.rolling() } else { quota };
        let quota = quota.prepare().unwrap();
        let mut kept = Ledger::new(quota.clone());
        let mut stored = kept.clone();
        let mut now = START;
        for (gap, cost) in requests {
            now += gap;
            let bytes = stored.save().to_bytes();
            stored = Ledger::restore(quota.clone(), &Saved::from_bytes(&bytes).unwrap());
            let (one, other) = (kept.take(time(now), cost), stored.take(time(now), cost));
            let known = |taken: Taken| (taken.warns, taken.left);
            prop_assert_eq!(one.map(known), other.map(known));
        }
    }

    #[test]
    fn no_bytes_and_no_clock_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        times in proptest::collection::vec((any::<u64>(), any::<u32>()), 0..20),
        window in 0..4_usize,
    ) {
        let quota = [
            Quota::per_day(u64::MAX),
            Quota::per_week(9).zone(Zone::offset_minutes(-1080)),
            Quota::per_month(1),
            Quota::per(5, Duration::from_secs(1)),
        ][window].prepare().unwrap();
        let mut ledger = match Saved::from_bytes(&bytes) {
            Ok(saved) => Ledger::restore(quota, &saved),
            Err(_) => Ledger::new(quota),
        };
        for (now, cost) in times {
            if let Ok(taken) = ledger.take(time(now), cost) {
                ledger.give_back(&taken.receipt);
            }
            ledger.spend_all(time(now), (cost % 2 == 0).then(|| time(now ^ 77)));
            let _ = ledger.status(time(now)).resets_at;
        }
    }
}
