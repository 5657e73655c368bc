//! What is learned where nothing is told.

use super::*;

/// Refused once after `burst` were let through, and opened again after a second.
fn refused_after(burst: usize) -> Scene {
    let mut scene = Scene::new();
    let tickets: Vec<_> = (0..=burst).map(|_| scene.send()).collect();
    for ticket in &tickets[..burst] {
        scene.pass(*ticket);
    }
    scene.refuse(tickets[burst], s(1));
    let probe = scene.wait(s(1)).send();
    scene.pass(probe);
    scene
}

fn rate(scene: &Scene) -> f64 {
    scene.lane.view(scene.now).rate.unwrap()
}

#[test]
fn nothing_is_paced_before_the_first_refusal() {
    let mut scene = Scene::new();
    for _ in 0..10_000 {
        let ticket = scene.send();
        scene.pass(ticket);
    }
    assert_eq!(scene.lane.view(scene.now).rate, None);
}

#[test]
fn after_a_refusal_it_starts_at_what_was_let_through_per_closed_time() {
    for (burst, expected) in [(0, 0.5), (10, 10.0), (100, 100.0)] {
        let scene = refused_after(burst);
        let rate = rate(&scene);
        assert!((rate / expected - 1.0).abs() < 0.05, "{burst}: {rate}");
        assert!(scene.gap() > ms(0));
    }
}

#[test]
fn a_long_life_without_a_limit_does_not_blur_what_was_let_through_last() {
    let mut scene = Scene::new();
    // A hundred a second for two hours; kept are some.
    for _ in 0..720_000 {
        let ticket = scene.wait(ms(10)).send();
        scene.pass(ticket);
    }
    let ticket = scene.send();
    scene.refuse(ticket, s(1));
    let probe = scene.wait(s(1)).send();
    scene.pass(probe);
    let rate = rate(&scene);
    assert!((80.0..=120.0).contains(&rate), "{rate}");
}

#[test]
fn it_never_goes_below_a_floor() {
    let mut scene = Scene::new();
    for _ in 0..50 {
        let ticket = scene.force();
        scene.refuse(ticket, s(5));
        let probe = scene.wait(s(5)).force();
        scene.pass(probe);
        assert!(rate(&scene) >= 0.5, "{}", rate(&scene));
        assert!(scene.gap() <= s(2), "{:?}", scene.gap());
    }
}

#[test]
fn it_forgets_after_a_minute_in_which_nobody_had_to_wait() {
    for (idle, forgets) in [(s(59), false), (s(62), true)] {
        let mut scene = refused_after(10);
        scene.wait(idle).send();
        assert_eq!(
            scene.lane.view(scene.now).rate.is_none(),
            forgets,
            "{idle:?}"
        );
    }
}

#[test]
fn it_does_not_climb_while_nobody_waits() {
    let mut waiting = refused_after(10);
    let mut leisurely = refused_after(10);
    let end = waiting.now + s(2);
    while waiting.now < end {
        waiting.wait(waiting.gap()).send();
    }
    for _ in 0..4 {
        leisurely.wait(ms(500)).send();
    }
    assert!(rate(&waiting) > 500.0, "{}", rate(&waiting));
    assert!(rate(&leisurely) < 30.0, "{}", rate(&leisurely));
}

#[test]
fn times_beyond_measure_neither_stop_nor_free_it() {
    for time in [Duration::ZERO, ms(1), s(86_400), s(u64::MAX), Duration::MAX] {
        let mut scene = Scene::new();
        for _ in 0..3 {
            let ticket = scene.force();
            scene.refuse(ticket, time);
            let probe = scene.wait(scene.gap()).send();
            scene.pass(probe);
            let rate = rate(&scene);
            assert!(rate.is_finite() && rate >= 0.5, "{time:?}: {rate}");
            assert!(scene.gap() <= s(2), "{time:?}: {:?}", scene.gap());
        }
    }
}

#[test]
fn the_floor_is_no_finding_and_is_left_again() {
    let mut scene = refused_after(0);
    // At the floor it is refused once more, and from then on everything is let through.
    let ticket = scene.force();
    scene.refuse(ticket, s(1));
    let probe = scene.wait(s(1)).send();
    scene.pass(probe);
    let end = scene.now + s(120);
    let mut sent = 0;
    while scene.now < end && sent < 2_000 {
        let ticket = scene.wait(scene.gap()).send();
        scene.pass(ticket);
        sent += 1;
    }
    // At the floor it would be 60.
    assert_eq!(sent, 2_000);
}
