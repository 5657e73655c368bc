//! What is written, read, checked and kept.

use super::*;

#[test]
fn a_share_is_rounded_down_and_never_nothing() {
    for (count, (part, of), expected) in [
        (1000, (1, 6), 166),
        (1000, (6, 6), 1000),
        (3, (1, 6), 1),
        (u64::MAX, (1, 2), u64::MAX / 2),
    ] {
        let quota = Quota::per_day(count).share(part, of).prepare().unwrap();
        assert_eq!(quota.limit(), expected);
    }
}

#[test]
fn a_quota_that_makes_no_sense_says_why() {
    let second = Duration::from_secs(1);
    for (quota, mistake) in [
        (Quota::per_day(0), "the count is 0"),
        (
            Quota::per(1, second / 2),
            "the window is shorter than a second: that is a rate",
        ),
        (
            Quota::per(1, 367 * 86_400 * second),
            "the window is longer than a year: 8808h",
        ),
        (Quota::per_day(1).warn_at(101), "a warning at 101 %"),
        (Quota::per_day(1).share(0, 6), "a share of nothing"),
        (Quota::per_day(1).share(2, 1), "a share of 2 of 1"),
        (Quota::per_day(1).share(1, 0), "a share of 1 of 0"),
        (
            Quota::per_day(1).zone(Zone::offset_minutes(1081)),
            "a clock +18:01 from UTC",
        ),
    ] {
        assert_eq!(quota.prepare().unwrap_err(), mistake);
    }
}

#[test]
fn quotas_read_as_they_are_written() {
    let hours = |hours: u64| Duration::from_secs(hours * HOUR);
    for (text, expected) in [
        ("1000/day", Quota::per_day(1000)),
        ("7/week", Quota::per_week(7)),
        ("10000/month rolling", Quota::per_month(10_000).rolling()),
        ("500/36h", Quota::per(500, hours(36))),
        ("5/90min", Quota::per(5, hours(3) / 2)),
        ("5/1500000000ns", Quota::per(5, Duration::from_millis(1500))),
        (
            "9/day in -08:00",
            Quota::per_day(9).zone(Zone::offset_minutes(-480)),
        ),
    ] {
        assert_eq!(text.parse(), Ok(expected.clone()));
        assert_eq!(expected.to_string(), text);
    }
    assert_eq!(quota("1_000 / 1d12h"), Quota::per(1000, hours(36)));
    assert_eq!(quota("5/hour"), Quota::per(5, hours(1)));
    for text in [
        "",
        "5",
        "/day",
        "5/",
        "-5/day",
        "+5/day",
        "5/fortnight",
        "5/1h1d",
        "5/h",
        "5/day often",
        "5/day in",
        "5/day in Atlantis",
        "5/day in +99:00",
        "5/day in -0800",
        "5/99999999999999w",
    ] {
        assert!(text.parse::<Quota>().is_err(), "{text}");
    }
}

#[test]
fn what_was_saved_is_restored() {
    let noon = at("2026-03-01T12:00:00");
    for plan in [
        "9/day",
        "9/week in +05:30",
        "9/month",
        "9/day rolling",
        "9/7h",
    ] {
        let mut ledger = ledger(&quota(plan).warn_at(10));
        for hour in 0..5 {
            ledger
                .take(noon + Duration::from_secs(hour * HOUR), 1)
                .unwrap();
        }
        let later = noon + Duration::from_secs(5 * HOUR);
        ledger.spend_all(later, Some(later + Duration::from_secs(HOUR)));
        let bytes = ledger.save().to_bytes();
        let saved = Saved::from_bytes(&bytes).unwrap();
        assert_eq!(saved, ledger.save());
        let mut again = Ledger::restore(ledger.quota().clone(), &saved);
        assert_eq!(again.status(later), ledger.status(later), "{plan}");
        let later = later + Duration::from_secs(HOUR);
        assert_eq!(again.status(later), ledger.status(later), "{plan}");
        assert!(!again.take(later, 1).unwrap().warns, "{plan}");
        assert!(saved.stale_at() > later);
        assert!(Ledger::restore(ledger.quota().clone(), &saved).is_empty(saved.stale_at()));
    }
}

#[test]
fn a_quota_that_changed_keeps_its_count_if_its_window_is_the_same() {
    let noon = at("2026-03-01T12:00:00");
    for (before, after, used) in [
        ("9/day", "1000/day", 5),
        ("9/day", "3/day", 5),
        ("9/day", "9/day in +01:00", 5),
        ("9/day", "9/week", 0),
        ("9/day", "9/day rolling", 0),
        ("9/day rolling", "9/24h", 5),
        ("9/36h", "9/24h", 0),
    ] {
        let mut ledger = ledger(&quota(before));
        ledger.take(noon, 5).unwrap();
        let revision = ledger.revision();
        let same = quota(before).prepare() == quota(after).prepare();
        ledger.adopt(quota(after).prepare().unwrap());
        let status = ledger.status(noon);
        assert_eq!(status.used, used, "{before} to {after}");
        assert_eq!(status.left, status.limit.saturating_sub(used));
        assert_eq!(ledger.revision() == revision, same);
    }
}

#[test]
fn bytes_that_are_no_ledger_are_refused() {
    let mut full = ledger(&quota("99/day rolling"));
    for hour in 0..30 {
        full.take(UNIX_EPOCH + Duration::from_secs(hour * HOUR), 1)
            .unwrap();
    }
    let bytes = full.save().to_bytes();
    for length in 0..bytes.len() {
        // Whole uses fewer are a ledger as well; a store's own checksum is for that.
        let whole = length >= 26 && (length - 26) % 24 == 0;
        assert_eq!(
            Saved::from_bytes(&bytes[..length]).is_ok(),
            whole,
            "{length}"
        );
    }
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Saved::from_bytes(&bytes)
    };
    assert_eq!(changed(0, 2), Err(InvalidSaved::Newer(2)));
    assert_eq!(changed(0, 0), Err(InvalidSaved::Damaged));
    assert_eq!(changed(1, 9), Err(InvalidSaved::Damaged));
    assert_eq!(changed(1, 0), Err(InvalidSaved::Damaged));
    assert_eq!(
        changed(26 + 15, 0xff),
        Err(InvalidSaved::Damaged),
        "out of order"
    );
}
