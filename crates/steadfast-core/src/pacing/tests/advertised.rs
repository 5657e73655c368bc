//! Spent freely while there is plenty, paced when it gets scarce.

use super::*;

#[test]
fn three_hundred_at_once_of_five_thousand_an_hour_do_not_wait() {
    let mut scene = Scene::new();
    scene.told(&[limit(5000, 3600, 5000, 3600)]);
    for _ in 0..300 {
        scene.send();
    }
    assert_eq!(scene.look(), Turn::Now);
    assert_eq!(scene.pacer.view(scene.now).rate, None);
    assert_eq!(scene.pacer.view(scene.now).remaining, Some(4700));
    assert_eq!(scene.pacer.view(scene.now).in_flight, 300);
}

#[test]
fn an_hourly_quota_of_which_little_is_used_is_never_slowed() {
    let mut scene = Scene::new();
    // 6 %: one in twelve seconds.
    for n in 0..300 {
        assert_eq!(scene.look(), Turn::Now, "{n}");
        scene.told(&[limit(5000, 3600, 5000 - n, 3600 - n * 12)]);
        scene.wait(s(12));
    }
}

#[test]
fn what_is_scarce_is_paced_by_what_is_left_and_never_faster_than_the_quota() {
    // Quota, window, remaining, reset; the milliseconds between two attempts.
    for (q, w, r, t, gap) in [
        // A fifth is not scarce, less is.
        (100, 60, 21, 60, 0),
        // r/t is slower.
        (100, 60, 11, 60, 6_000),
        // q/w is slower.
        (100, 60, 19, 2, 600),
        // The last one, and no more.
        (100, 60, 2, 60, 60_000),
        (100, 60, 0, 33, 33_000),
        (0, 60, 0, 33, 33_000),
        // More than the quota: a gift.
        (100, 60, u64::MAX, 60, 0),
    ] {
        let mut scene = Scene::new();
        scene.told(&[limit(q, w, r, t)]);
        if gap > 0 && r > 0 {
            scene.send();
        }
        assert_eq!(scene.gap(), ms(gap), "{r} of {q}, {t} of {w}");
    }
}

#[test]
fn without_a_quota_it_is_scarce_below_twice_the_calls_in_flight() {
    for (in_flight, rate) in [(5, None), (6, Some(1.0))] {
        let mut scene = Scene::new();
        let tickets: Vec<_> = (0..=in_flight).map(|_| scene.send()).collect();
        let told = limit(None, None, 10, 10);
        scene.hear(tickets[in_flight], Feedback::Passed, &[told]);
        assert_eq!(scene.pacer.view(scene.now).rate, rate, "{in_flight}");
    }
    // Nothing left is nothing left, even if nothing is in flight.
    let mut scene = Scene::new();
    scene.told(&[limit(None, None, 0, 10)]);
    assert_eq!(scene.gap(), s(10));
    assert_eq!(scene.wait(s(10)).look(), Turn::Now);
}

/// Ten a second of 1000 in 600 s: spent after 100 s.
fn greedy(overtaking: bool, jitter: bool) -> Option<u64> {
    let mut scene = Scene::new();
    for n in 0..800 {
        let late = if overtaking && n % 7 == 3 { 2 } else { 0 };
        let t = 600 - n / 10 + u64::from(jitter && n % 5 == 2);
        scene.told(&[limit(1000, 600, 1000 - n + late, t)]);
        if scene.look() != Turn::Now {
            return Some(n);
        }
        scene.wait(ms(100));
    }
    None
}

#[test]
fn a_use_that_would_spend_it_is_paced_before_it_is_scarce() {
    let paced = greedy(false, false).unwrap();
    // Not at the first look: a burst is no habit.
    assert!((100..799).contains(&paced), "{paced}");
    assert_eq!(greedy(true, false), Some(paced), "answers overtake");
    assert_eq!(greedy(false, true), Some(paced), "the reset jitters");
}

#[test]
fn a_burst_is_no_habit() {
    let mut scene = Scene::new();
    for n in 0..500 {
        assert_eq!(scene.look(), Turn::Now, "{n}");
        scene.told(&[limit(1000, 3600, 1000 - n, 3600)]);
        scene.wait(ms(100));
    }
}

#[test]
fn of_several_limits_the_slowest_wins_and_concurrency_is_not_paced() {
    let mut scene = Scene::new();
    let named = |name, allowance| Allowance { name, ..allowance };
    let concurrent = Allowance {
        unit: Unit::Concurrent,
        ..limit(10, 60, 0, 900)
    };
    scene.told(&[
        named(1, limit(100, 60, 0, 20)),
        named(2, limit(1000, 3600, 0, 40)),
        named(3, limit(1000, 3600, 900, 40)),
        named(4, concurrent),
    ]);
    assert_eq!(scene.gap(), s(40));
    assert_eq!(
        scene.pacer.view(scene.now).resets_at,
        Some(scene.now + s(20))
    );
}

#[test]
fn tokens_weigh_by_what_calls_took() {
    let tokens = |r| Allowance {
        unit: Unit::Tokens,
        ..limit(100_000, 60, r, 60)
    };
    let mut scene = Scene::new();
    for n in 0..60 {
        scene.told(&[tokens(100_000 - n * 1_600)]);
    }
    // Of 5,600 there are three such calls and a half, in a minute.
    let rate = scene.pacer.view(scene.now).rate.unwrap();
    assert!((rate * 60.0 - 3.5).abs() < 0.1, "{rate}");
    scene.told(&[tokens(1_000)]);
    assert_eq!(scene.gap(), s(60));
}

#[test]
fn a_limit_filled_all_the_time_is_paced_at_its_rate_with_the_remainder_as_burst() {
    for t in [0, 1] {
        let mut scene = Scene::new();
        scene.told(&[limit(100, 1, 5, t)]);
        for n in 0..5 {
            assert_eq!(scene.look(), Turn::Now, "{n}");
            scene.send();
        }
        for _ in 0..20 {
            assert_eq!(scene.gap(), ms(10));
            scene.wait(ms(10)).send();
        }
        let rate = scene.pacer.view(scene.now).rate.unwrap();
        assert!((99.0..=101.0).contains(&rate), "{rate}");
    }
}

#[test]
fn the_last_attempt_of_a_call_waits_until_there_is_some_to_spare() {
    let mut scene = Scene::new();
    scene.told(&[limit(100, 1, 2, 1)]);
    assert_eq!(scene.look(), Turn::Now);
    let Turn::At(at) = scene.pacer.look(scene.now, true) else {
        panic!("it goes at once");
    };
    assert!(at <= scene.now + ms(100));
    assert_eq!(scene.pacer.look(at, true), Turn::Now);
}

#[test]
fn what_was_told_to_an_earlier_attempt_is_old_news() {
    let mut scene = Scene::new();
    let early = scene.send();
    let late = scene.wait(ms(5)).send();
    scene.hear(late, Feedback::Passed, &[limit(100, 60, 0, 30)]);
    scene.hear(early, Feedback::Passed, &[limit(100, 60, 99, 30)]);
    assert_eq!(scene.gap(), s(30));
}

#[test]
fn when_the_window_is_over_it_is_free_up_to_the_quota() {
    let mut scene = Scene::new();
    scene.told(&[limit(100, 60, 0, 10)]);
    scene.wait(s(10));
    assert_eq!(scene.pacer.view(scene.now).remaining, None);
    // No crowd of five hundred into a quota of a hundred, ...
    let mut sent = 0;
    while scene.now + scene.gap() < scene.start + s(70) {
        scene.wait(scene.gap()).send();
        sent += 1;
        assert!(sent <= 100, "a crowd");
        assert!(sent > 80 || scene.now == scene.start + s(10));
    }
    assert!(sent >= 90, "{sent}");
    // ... but not for ever, if the server tells no more.
    scene.wait(scene.gap());
    for n in 0..500 {
        assert_eq!(scene.look(), Turn::Now, "{n}");
        scene.send();
    }
}

#[test]
fn the_end_of_a_slow_window_is_waited_for_and_no_longer() {
    let mut scene = Scene::new();
    for t in [3, 2, 1] {
        scene.told(&[limit(10, 3600, 0, t)]);
        assert_eq!(scene.gap(), s(t));
        scene.wait(s(1));
    }
    assert_eq!(scene.look(), Turn::Now);
}

#[test]
fn a_limit_told_once_and_never_again_does_not_pace_for_ever() {
    let mut scene = Scene::new();
    scene.told(&[limit(100, 1, 0, 1)]);
    for _ in 0..300 {
        scene.wait(ms(1)).force();
    }
    assert!(scene.gap() > s(1), "{:?}", scene.gap());
    scene.now = scene.start + s(10);
    assert_eq!(scene.look(), Turn::Now);
    assert_eq!(scene.pacer.view(scene.now).rate, None);
    assert_eq!(scene.pacer.view(scene.now).remaining, None);
}

#[test]
fn a_new_limit_takes_the_place_of_the_one_not_heard_of_for_longest() {
    let mut scene = Scene::new();
    let named = |name| Allowance {
        name,
        ..limit(100, 3600, 99, 900)
    };
    for name in 0..8 {
        scene.told(&[named(name)]);
        scene.wait(s(1));
    }
    scene.told(&[named(0)]);
    let exhausted = |name| Allowance {
        name,
        ..limit(100, 3600, 0, 900)
    };
    scene.told(&[exhausted(9)]);
    assert_eq!(scene.gap(), s(900));
    // It took the place of the second; the first was heard of again.
    let names: Vec<_> = scene.pacer.advertised.names().collect();
    assert_eq!(names, [0, 9, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn another_policy_starts_from_nothing() {
    let mut scene = Scene::new();
    scene.told(&[limit(5000, 3600, 5000, 3600)]);
    scene.wait(s(400));
    // The plan changed: no 4,100 were used in 400 s.
    scene.told(&[limit(1000, 3600, 900, 3200)]);
    assert_eq!(scene.look(), Turn::Now);
    // And a bucket that got small does not wait until a large one had filled.
    scene.told(&[limit(1000, 1, 999, 0)]);
    scene.wait(s(1)).told(&[limit(10, 1, 1, 0)]);
    let Turn::At(at) = scene.pacer.look(scene.now, true) else {
        panic!("it goes at once");
    };
    assert!(at - scene.now < s(1), "{:?}", at - scene.now);
}

#[test]
fn an_unknown_quota_is_not_the_scarcest_only_for_being_unknown() {
    let mut scene = Scene::new();
    let unknown = Allowance {
        name: 2,
        ..limit(None, None, 7, 60)
    };
    scene.told(&[unknown, limit(100, 60, 50, 60)]);
    let view = scene.pacer.view(scene.now);
    assert_eq!((view.remaining, view.limit), (Some(50), Some(100)));
    scene.told(&[Allowance {
        remaining: Some(0),
        ..unknown
    }]);
    assert_eq!(scene.pacer.view(scene.now).remaining, Some(0));
}

#[test]
fn a_refusal_by_an_empty_bucket_is_asked_again_soon_and_never_after_an_age() {
    let mut scene = Scene::new();
    let mut longest = s(0);
    for n in 0..40 {
        let ticket = scene.force();
        let refused = Feedback::Refused {
            asked: None,
            is_reset: false,
            is_busy: false,
        };
        scene.hear(ticket, refused, &[limit(100, 1, 0, 1)]);
        if n == 0 {
            assert!(scene.gap() <= ms(20), "{:?}", scene.gap());
        }
        longest = longest.max(scene.gap());
        scene.wait(scene.gap());
    }
    assert!((s(1)..=s(32)).contains(&longest), "{longest:?}");
}

#[test]
fn what_an_attempt_costs_is_believed_when_it_is_told() {
    let mut scene = Scene::new();
    for n in 0..60 {
        let mut told = limit(1000, 3600, 1000 - n * 10, 3600);
        told.cost = Some(10);
        scene.told(&[told]);
    }
    for _ in 0..10 {
        scene.force();
    }
    let left = scene.pacer.view(scene.now).remaining;
    assert!(
        (300..=320).contains(&left.unwrap()),
        "{left:?}: ten of ten each"
    );
}
