//! Hard cases, one line each.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::civil::{civil, day_number};
use super::*;

mod clock;
mod data;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// `2026-03-29T12:00:00Z`
pub(super) fn at(text: &str) -> SystemTime {
    let number = |range: std::ops::Range<usize>| text.get(range).unwrap().parse::<i64>().unwrap();
    let day = day_number(number(0..4), number(5..7), number(8..10));
    let seconds = day * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap())
}

fn ledger(quota: &Quota) -> Ledger {
    Ledger::new(quota.prepare().unwrap())
}

fn quota(text: &str) -> Quota {
    text.parse().unwrap()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// When a spent quota comes back that was asked for at `now`.
fn resets(quota: &Quota, now: &str) -> SystemTime {
    let mut ledger = ledger(quota);
    ledger.take(at(now), 1).unwrap();
    ledger.take(at(now), 1).unwrap_err().resets_at
}

#[test]
fn every_day_of_four_centuries_is_its_own() {
    let mut before = day_number(1969, 12, 31);
    for year in 1970..2371 {
        for month in 1..=12 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                4 | 6 | 9 | 11 => 30,
                2 if leap => 29,
                2 => 28,
                _ => 31,
            };
            for day in 1..=days {
                let number = day_number(year, month, day);
                assert_eq!(number, before + 1);
                assert_eq!(civil(number), (year, month, day));
                before = number;
            }
        }
    }
}

#[test]
fn windows_of_the_calendar_end_where_the_calendar_says() {
    for (plan, now, end) in [
        ("1/day", "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
        ("1/day", "2026-03-01T23:59:59", "2026-03-02T00:00:00"),
        ("1/day", "2028-02-28T12:00:00", "2028-02-29T00:00:00"),
        ("1/day", "2026-12-31T12:00:00", "2027-01-01T00:00:00"),
        // A Sunday, a Monday, and the last week of a year.
        ("1/week", "2026-11-22T23:59:59", "2026-11-23T00:00:00"),
        ("1/week", "2026-11-23T00:00:00", "2026-11-30T00:00:00"),
        ("1/week", "2026-12-31T12:00:00", "2027-01-04T00:00:00"),
        ("1/month", "2026-01-31T12:00:00", "2026-02-01T00:00:00"),
        ("1/month", "2026-02-01T12:00:00", "2026-03-01T00:00:00"),
        ("1/month", "2028-02-29T23:59:59", "2028-03-01T00:00:00"),
        ("1/month", "2100-02-28T12:00:00", "2100-03-01T00:00:00"),
        ("1/month", "2026-12-31T23:59:59", "2027-01-01T00:00:00"),
        // Elsewhere it is another day, and another month.
        (
            "1/day in -08:00",
            "2026-03-01T07:59:59",
            "2026-03-01T08:00:00",
        ),
        (
            "1/day in +05:30",
            "2026-03-01T18:30:00",
            "2026-03-02T18:30:00",
        ),
        (
            "1/month in +14:00",
            "2026-02-28T10:00:00",
            "2026-03-31T10:00:00",
        ),
        (
            "1/week in -12:00",
            "2026-11-23T11:59:59",
            "2026-11-23T12:00:00",
        ),
        // 1970 was in the west not yet.
        (
            "1/day in -08:00",
            "1970-01-01T00:00:00",
            "1970-01-01T08:00:00",
        ),
    ] {
        assert_eq!(resets(&quota(plan), now), at(end), "{plan} at {now}");
    }
}

#[cfg(feature = "time-zone")]
#[test]
fn windows_follow_the_clocks_of_a_place() {
    for (plan, now, end) in [
        // Winter, summer, and the days of 23 and 25 hours between them.
        (
            "1/day in America/Los_Angeles",
            "2026-01-10T12:00:00",
            "2026-01-11T08:00:00",
        ),
        (
            "1/day in America/Los_Angeles",
            "2026-07-10T12:00:00",
            "2026-07-11T07:00:00",
        ),
        (
            "1/day in America/Los_Angeles",
            "2026-03-08T08:00:00",
            "2026-03-09T07:00:00",
        ),
        (
            "1/day in America/Los_Angeles",
            "2026-11-01T07:00:00",
            "2026-11-02T08:00:00",
        ),
        (
            "1/month in Europe/Berlin",
            "2026-03-10T12:00:00",
            "2026-03-31T22:00:00",
        ),
        (
            "1/week in Europe/Berlin",
            "2026-10-24T12:00:00",
            "2026-10-25T23:00:00",
        ),
        // Cairo's clocks jump over midnight: the day begins at one.
        (
            "1/day in Africa/Cairo",
            "2026-04-23T12:00:00",
            "2026-04-23T22:00:00",
        ),
        // Havana's go back from one to midnight: the day begins at the first of both.
        (
            "1/day in America/Havana",
            "2024-11-03T03:59:59",
            "2024-11-03T04:00:00",
        ),
        (
            "1/day in America/Havana",
            "2024-11-03T05:30:00",
            "2024-11-04T05:00:00",
        ),
        // Samoa had no 30 December 2011.
        (
            "1/day in Pacific/Apia",
            "2011-12-30T09:59:59",
            "2011-12-30T10:00:00",
        ),
        (
            "1/day in Pacific/Apia",
            "2011-12-30T10:00:00",
            "2011-12-31T10:00:00",
        ),
    ] {
        assert_eq!(resets(&quota(plan), now), at(end), "{plan} at {now}");
    }
    assert!(Zone::named("America/Atlantis").is_err());
}

#[test]
fn a_rolling_use_comes_back_after_the_window_to_the_nanosecond() {
    let start = at("2026-03-01T12:00:00") + Duration::from_nanos(7);
    for (plan, hours) in [
        ("1/day rolling", 24),
        ("1/week rolling", 7 * 24),
        ("1/month rolling", 30 * 24),
        ("1/36h", 36),
    ] {
        let mut ledger = ledger(&quota(plan));
        ledger.take(start, 1).unwrap();
        let spent = ledger.take(start, 1).unwrap_err();
        let end = start + Duration::from_secs(hours * HOUR);
        assert_eq!(spent.resets_at, end, "{plan}");
        assert!(ledger.take(end - Duration::from_nanos(1), 1).is_err());
        ledger.take(end, 1).unwrap();
    }
}

#[test]
fn a_warning_comes_once_per_window() {
    let day = |day: u64| UNIX_EPOCH + Duration::from_secs(day * DAY);
    for plan in ["10/day", "10/day rolling"] {
        let mut ledger = ledger(&quota(plan).warn_at(80));
        for window in 0..3 {
            let warns = (0..10).map(|_| ledger.take(day(window), 1).unwrap().warns);
            let warns: Vec<_> = warns.collect();
            let expected: Vec<_> = (1..=10).map(|used| used == 8).collect();
            assert_eq!(warns, expected, "{plan}");
        }
    }
    let mut large = ledger(&quota("10/day"));
    assert!(large.take(day(0), 9).unwrap().warns);
    assert!(!large.take(day(0), 1).unwrap().warns);
    let mut last = ledger(&quota("3/day").warn_at(100));
    let warns = (0..3).map(|_| last.take(day(0), 1).unwrap().warns);
    assert_eq!(warns.collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn what_was_never_sent_is_given_back_to_its_own_window() {
    let noon = at("2026-03-01T12:00:00");
    for plan in ["2/day", "2/day rolling"] {
        let mut ledger = ledger(&quota(plan));
        let first = ledger.take(noon, 2).unwrap().receipt;
        ledger.give_back(&first);
        assert_eq!(ledger.status(noon).left, 2, "{plan}");
        let late = ledger.take(noon, 1).unwrap().receipt;
        let next = noon + Duration::from_secs(DAY);
        ledger.take(next, 1).unwrap();
        ledger.give_back(&late);
        assert_eq!(ledger.status(next).used, 1, "{plan}");
    }
}

#[test]
fn a_receipt_is_void_once_the_server_called_the_quota_spent() {
    let noon = at("2026-03-01T12:00:00");
    for plan in ["5/day", "5/day rolling"] {
        let mut ledger = ledger(&quota(plan));
        let receipt = ledger.take(noon, 1).unwrap().receipt;
        ledger.spend_all(noon, None);
        ledger.give_back(&receipt);
        assert_eq!(ledger.status(noon).left, 0, "{plan}");
        ledger.adopt(quota("7/day").prepare().unwrap());
        ledger.give_back(&receipt);
        let spent = ledger.take(noon, 3);
        assert_eq!(
            spent.is_ok(),
            plan == "5/day rolling",
            "{plan}: another window starts at zero"
        );
    }
}

#[test]
fn a_receipt_of_a_quota_that_changed_is_void() {
    let noon = at("2026-03-01T12:00:00");
    let mut ledger = ledger(&quota("5/day rolling"));
    let receipt = ledger.take(noon, 1).unwrap().receipt;
    ledger.adopt(quota("7/day rolling").prepare().unwrap());
    ledger.give_back(&receipt);
    assert_eq!(ledger.status(noon).used, 1);
}

#[test]
fn a_server_closes_a_quota_for_one_window_at_most_also_when_nobody_asks_meanwhile() {
    let noon = at("2026-03-01T12:00:00");
    let hours = |hours: u64| noon + Duration::from_secs(hours * HOUR);
    let mut ledger = ledger(&quota("5/day rolling"));
    ledger.spend_all(noon, Some(hours(9000)));
    ledger.take(hours(24), 1).unwrap();
}

#[test]
fn the_server_closes_a_quota_until_it_said_and_never_opens_one() {
    let noon = at("2026-03-01T12:00:00");
    let hours = |hours: u64| noon + Duration::from_secs(hours * HOUR);
    for plan in ["2/day", "2/day rolling"] {
        let mut ledger = ledger(&quota(plan));
        ledger.take(noon, 1).unwrap();
        ledger.spend_all(noon, Some(hours(1)));
        let spent = ledger.take(noon, 1).unwrap_err();
        assert_eq!(
            (spent.resets_at, spent.left, spent.by_server),
            (hours(1), 0, true)
        );
        assert_eq!(ledger.status(noon).left, 0);
        assert_eq!(ledger.take(hours(1), 1).unwrap().left, 0, "{plan}");
        assert!(
            ledger.take(hours(1), 1).is_err(),
            "{plan}: the count stayed"
        );
        // A year is not believed, a time that is over says nothing.
        ledger.spend_all(hours(1), Some(hours(9000)));
        assert!(ledger.take(hours(1), 1).unwrap_err().resets_at <= hours(26));
        ledger.spend_all(hours(60), Some(hours(59)));
        ledger.take(hours(60), 1).unwrap();
    }
    let mut unsaid = ledger(&quota("9/day rolling"));
    unsaid.take(noon, 1).unwrap();
    unsaid.spend_all(hours(2), None);
    assert_eq!(unsaid.take(hours(2), 1).unwrap_err().resets_at, hours(24));
    assert_eq!(unsaid.status(hours(24)).left, 1);
}

#[test]
fn a_clock_that_is_set_back_forgets_nothing_and_refuses_nothing_for_ever() {
    let noon = at("2026-03-01T12:00:00");
    let year = Duration::from_secs(366 * DAY);
    for plan in ["3/day", "3/day rolling", "3/month", "3/week rolling"] {
        // A minute, a day, years: what was used stays used.
        for back in [1, DAY, 400 * DAY] {
            let mut ledger = ledger(&quota(plan));
            ledger.take(noon + year + year, 3).unwrap();
            let back = noon + year + year - Duration::from_secs(back);
            let spent = ledger.take(back, 1).unwrap_err();
            let window = Duration::from_nanos(ledger.quota().window().longest());
            assert!(spent.resets_at <= back + 2 * window, "{plan}");
            ledger.take(spent.resets_at, 1).unwrap();
        }
        let mut closed = ledger(&quota(plan));
        closed.spend_all(noon + year, Some(noon + year + Duration::from_secs(DAY)));
        let reset = closed.take(noon, 1).unwrap_err().resets_at;
        assert!(reset <= noon + Duration::from_secs(32 * DAY), "{plan}");
        closed.take(reset, 1).unwrap();
    }
}

#[test]
fn midnight_that_comes_twice_gives_no_second_day() {
    let midnight = at("2026-03-02T00:00:00");
    let second = Duration::from_secs(1);
    let mut ledger = ledger(&quota("2/day"));
    ledger.take(midnight, 2).unwrap();
    assert!(ledger.take(midnight - second, 1).is_err());
    assert!(ledger.take(midnight, 1).is_err());
}

#[test]
fn a_cost_beyond_the_whole_quota_never_fits_and_harms_nothing() {
    let noon = at("2026-03-01T12:00:00");
    for plan in ["2/day", "2/day rolling"] {
        let mut ledger = ledger(&quota(plan));
        assert_eq!(ledger.take(noon, 3).unwrap_err().left, 2);
        ledger.take(noon, 2).unwrap();
        let reset = ledger.take(noon, 3).unwrap_err().resets_at;
        assert_eq!(ledger.status(reset).left, 2, "{plan}");
        ledger.take(noon, 0).unwrap();
    }
}

#[test]
fn a_ledger_is_small_whatever_the_clock_does() {
    let mut ledger = ledger(&quota("1000000/day rolling"));
    let mut now = 400 * DAY;
    for step in 0..10_000_u64 {
        // Forward by a little more than a part of the window, back by a little less.
        now = if step % 2 == 0 {
            now + 1900
        } else {
            now - 1700
        };
        ledger
            .take(UNIX_EPOCH + Duration::from_secs(now), 1)
            .unwrap();
        assert!(ledger.save().to_bytes().len() <= 26 + 64 * 24);
    }
    assert!(seconds(ledger.save().stale_at()) < now + 2 * DAY);
}
