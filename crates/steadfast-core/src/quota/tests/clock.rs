//! Clocks that jump.

use super::*;

/// A clock that is set 40 days forward and back.
#[test]
fn no_window_is_granted_twice_and_none_is_lost_for_longer_than_its_length() {
    let jump = Duration::from_secs(40 * DAY);
    for day in 1..=31 {
        let noon = at(&format!("2026-03-{day:02}T12:00:00"));
        for plan in [
            "3/day",
            "3/day rolling",
            "3/week",
            "3/week rolling",
            "3/month",
            "3/month rolling",
        ] {
            for (before, meanwhile) in [(3, 0), (3, 1), (3, 3), (2, 3), (1, 1), (0, 3)] {
                let mut ledger = ledger(&quota(plan));
                ledger.take(noon, before).unwrap();
                ledger.take(noon + jump, meanwhile).unwrap();
                let back = noon + Duration::from_secs(120);
                let left = 3_u32.saturating_sub(before + meanwhile);
                let status = ledger.status(back);
                assert_eq!(status.left, u64::from(left), "{plan} {before} {meanwhile}");
                assert!(ledger.take(back, left + 1).is_err());
                let length = Duration::from_nanos(ledger.quota().window().longest());
                let resets_at = status.resets_at;
                assert!(resets_at <= back + length, "{plan} {before} {meanwhile}");
                assert_eq!(
                    ledger.status(resets_at).left,
                    3,
                    "{plan} {before} {meanwhile}"
                );
                ledger.take(resets_at, 3).unwrap();
            }
        }
    }
}
