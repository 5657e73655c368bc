//! What is reckoned is what a client's ledger would do.

use std::time::{SystemTime, UNIX_EPOCH};

use steadfast::Policy;
use steadfast::Quota;
use steadfast::Rate;
use steadfast::quota::Ledger;

use super::*;

/// 1 March 2021 in days since 1970: a Monday, in a month of 31 days.
const START: u64 = 18_687;

fn load(rate: &str, hours: &str) -> Load {
    Load::new(rate, hours.parse().ok()).unwrap()
}

/// When the ledger refuses the first of so many requests, in nanoseconds since the first of them went.
fn played(load: &Load, quota: &PreparedQuota, cost: u32, requests: u128) -> Option<u128> {
    let midnight = UNIX_EPOCH + Duration::from_secs(START * 86_400);
    let mut ledger = Ledger::new(quota.clone());
    (0..requests)
        .map(|others| load.time_of(others))
        .find(|time| {
            let since = u64::try_from(load.begins() + time).unwrap();
            let now: SystemTime = midnight + Duration::from_nanos(since);
            ledger.take(now, cost).is_err()
        })
}

#[test]
fn a_quota_is_spent_exactly_when_a_ledger_says_so() {
    let rates = ["1/min", "7/min", "100/h", "30/day", "1/36h", "50/10h"];
    let limits = [1, 7, 30, 31, 100, 433, 1000, 8_400, 10_080, 14_400, 20_160];
    let hour = Duration::from_secs(3600);
    let (mut fit, mut spent) = (0, 0);
    for (rate, hours) in rates
        .iter()
        .flat_map(|rate| ["", "9-17", "0-12"].map(|hours| (rate, hours)))
    {
        let load = load(rate, hours);
        for quota in limits.iter().flat_map(|&limit| {
            [
                Quota::per_day(limit),
                Quota::per_week(limit),
                Quota::per_month(limit),
                Quota::per(limit, hour),
                Quota::per_day(limit).rolling(),
            ]
        }) {
            for cost in [1, 3] {
                let quota = quota.prepare().unwrap();
                let found = QuotaFit::new(&load, &quota, cost).unwrap();
                // One window of the calendar, and three that roll.
                let most = match quota.window() {
                    QuotaWindow::Rolling(_) => 3 * load.requests(load.runs()) + 3,
                    window => load.requests(busiest(&load, window).unwrap()),
                };
                let expected = played(&load, &quota, cost, most);
                let after = found.spent.map(|spent| spent.after);
                assert_eq!(after, expected, "{load} under {quota} at {cost}");
                match after {
                    None => fit += 1,
                    Some(_) => spent += 1,
                }
            }
        }
    }
    assert!(fit > 100 && spent > 100, "{fit} {spent}");
}

#[test]
fn what_is_needed_is_the_smallest_quota_that_fits() {
    let load = load("7/min", "9-17");
    for quota in [
        Quota::per_day(1),
        Quota::per_month(1),
        Quota::per_day(1).rolling(),
    ] {
        let needed = QuotaFit::new(&load, &quota.prepare().unwrap(), 3)
            .unwrap()
            .needed;
        let needed = u64::try_from(needed).unwrap();
        for (limit, fits) in [(needed, true), (needed - 1, false)] {
            let window = quota.to_string();
            let quota: Quota = window.replacen('1', &limit.to_string(), 1).parse().unwrap();
            let found = QuotaFit::new(&load, &quota.prepare().unwrap(), 3).unwrap();
            assert_eq!(found.used.fits(), fits, "{quota}");
        }
    }
}

#[test]
fn a_rate_fits_up_to_the_last_request_and_not_beyond() {
    for (rate, cost, expected) in [
        (Rate::per_second(5), 1, Some(60)),
        (Rate::per_second(3), 1, Some(100)),
        (Rate::per_second(9).share(1, 3), 1, Some(100)),
        (Rate::per_second(9), 3, Some(100)),
        (Rate::per_second(8), 3, None),
        (Rate::per_minute(179), 1, None),
    ] {
        let policy = Policy::standard().rate_limit(rate).cost(cost);
        let fit = Fit::new(&load("3/s", ""), &policy.prepare().unwrap()).unwrap();
        let used = fit.rates[0].used;
        assert_eq!(used.fits().then(|| used.percent()), expected, "{rate}");
        assert!(used.fits() || used.percent() > 100);
    }
}

#[test]
fn what_costs_nothing_fits_everything() {
    let policy = Policy::standard()
        .rate_limit(Rate::per_hour(1))
        .quota(Quota::per_month(1))
        .cost(0);
    let fit = Fit::new(&load("1000/s", ""), &policy.prepare().unwrap()).unwrap();
    assert_eq!((fit.limits(), fit.misses()), (2, 0));
    assert_eq!(fit.quotas[0].used.to_string(), "0 %");
}
