//! What is learned where nothing is told.

use super::crowd::{Crowd, Says};
use super::servers::{Limit, Server};
use super::*;

const BUCKET: Limit = Limit::Bucket(100.0, 10.0);

fn crowd(limit: Limit, says: Says, callers: u32) -> Crowd {
    Crowd::new(Server::new(limit, 7), says, callers)
}

#[test]
fn each_kind_of_limit_is_used_well_and_seldom_hit() {
    let rows = [
        (BUCKET, 100.0, 0.8),
        (Limit::Bucket(20.0, 1.0), 20.0, 0.8),
        (Limit::Bucket(500.0, 50.0), 500.0, 0.8),
        (Limit::Window(100.0, 1.0), 100.0, 0.65),
        (Limit::Queue(100.0, 20.0), 100.0, 0.7),
    ];
    for (limit, best, goodput) in rows {
        for says in [Says::TooMany, Says::InASecond, Says::Busy] {
            for callers in [8, 64] {
                let mut crowd = crowd(limit, says, callers);
                crowd.run(60.0);
                let (passed, refused) = crowd.server.between(10.0, 60.0);
                let used = passed / 50.0 / f64::min(best, f64::from(callers) / crowd.latency);
                let case = format!("{limit:?} {says:?} x{callers}: {used:.2}, {refused}");
                assert!(used >= goodput, "goodput: {case}");
                assert!(refused <= 0.03 * passed, "refused: {case}");
            }
        }
    }
}

#[test]
fn a_limit_that_was_doubled_is_found_within_thirty_seconds() {
    for callers in [8, 64] {
        let mut crowd = crowd(BUCKET, Says::TooMany, callers);
        crowd.server.changes = (30.0, 2.0);
        crowd.run(70.0);
        let (passed, refused) = crowd.server.between(60.0, 70.0);
        assert!(
            passed >= 0.8 * 2000.0 && refused <= 0.05 * passed,
            "{callers}: {passed}, {refused}"
        );
    }
}

#[test]
fn one_that_was_halved_is_followed_with_few_refusals() {
    for says in [Says::TooMany, Says::InASecond] {
        let mut crowd = crowd(BUCKET, says, 64);
        crowd.server.changes = (30.0, 0.5);
        crowd.run(60.0);
        let (passed, refused) = crowd.server.between(30.0, 40.0);
        assert!(refused <= 0.1 * passed, "{says:?}: {passed}, {refused}");
        let (passed, _) = crowd.server.between(35.0, 60.0);
        assert!(passed >= 0.6 * 50.0 * 25.0, "{says:?}: {passed}");
    }
}

#[test]
fn refusals_that_do_not_depend_on_the_pace_end_it() {
    // 200 per second are sent if nobody is paced.
    for (noise, goodput) in [(0.01, 0.6), (0.05, 0.6), (0.2, 0.3)] {
        let mut crowd = crowd(Limit::Open(0.0), Says::TooMany, 8);
        crowd.server.noise = noise;
        crowd.run(60.0);
        let (passed, _) = crowd.server.between(20.0, 60.0);
        let free = 40.0 * unpaced(noise);
        assert!(passed >= goodput * free, "{noise}: {passed} of {free}");
    }
}

/// How many pass per second of 8 callers that are never paced.
fn unpaced(noise: f64) -> f64 {
    let mut crowd = crowd(Limit::Open(0.0), Says::TooMany, 8);
    crowd.server.noise = noise;
    crowd.pacer = Pacer::new(start()).pacing(crate::policy::Pacing::Off);
    crowd.says = Says::Busy;
    crowd.run(20.0);
    crowd.server.between(0.0, 20.0).0 / 20.0
}

#[test]
fn a_limit_of_places_is_learned_as_one() {
    for says in [Says::TooMany, Says::Busy] {
        let mut crowd = crowd(Limit::Places(10.0, 0.05), says, 64);
        crowd.latency = 0.0;
        crowd.run(60.0);
        let view = crowd.pacer.view(start() + s(60));
        let places = view.places.unwrap_or_default();
        assert!(
            (7..=12).contains(&places) && view.rate.is_none(),
            "{says:?}: {view:?}"
        );
        let (passed, refused) = crowd.server.between(10.0, 60.0);
        assert!(passed >= 0.7 * 200.0 * 50.0, "{says:?}: {passed}");
        assert!(refused <= 0.03 * passed, "{says:?}: {refused}");
    }
}

#[test]
fn a_queue_is_used_and_seldom_overflows() {
    for says in [Says::TooMany, Says::Busy] {
        for places in [20.0, 60.0] {
            let mut crowd = crowd(Limit::Queue(100.0, places), says, 64);
            crowd.run(60.0);
            let (passed, refused) = crowd.server.between(10.0, 60.0);
            let case = format!("{says:?}, {places}: {passed}, {refused}");
            // Without easing, 28 to 42 overflow.
            assert!(passed >= 4_900.0 && refused <= 10.0, "{case}");
        }
    }
}

#[test]
fn a_single_caller_is_not_kept_waiting_to_find_out_what_it_knows() {
    // It waits out a backoff each time that it is refused, and nobody else goes meanwhile.
    for (limit, best) in [(BUCKET, 100.0), (Limit::Bucket(20.0, 1.0), 20.0)] {
        let mut crowd = crowd(limit, Says::TooMany, 1);
        crowd.latency = 0.001;
        crowd.run(90.0);
        let (passed, refused) = crowd.server.between(30.0, 90.0);
        assert!(
            passed >= 0.7 * best * 60.0,
            "{limit:?}: {passed}, {refused}"
        );
    }
}

#[test]
fn answers_that_are_busy_by_chance_do_not_stop_a_client_even_if_most_are() {
    for noise in [0.2, 0.4, 0.6, 0.8] {
        for (callers, share) in [(1, 0.3), (8, 0.8), (64, 0.8)] {
            let mut paced = crowd(Limit::Open(0.0), Says::Busy, callers);
            let mut free = crowd(Limit::Open(0.0), Says::Busy, callers);
            free.pacer = Pacer::new(start()).pacing(crate::policy::Pacing::Off);
            for crowd in [&mut paced, &mut free] {
                crowd.server.noise = noise;
                crowd.run(120.0);
            }
            let passed = |crowd: &Crowd| crowd.server.between(60.0, 120.0).0;
            let case = format!(
                "{noise} x{callers}: {} of {}",
                passed(&paced),
                passed(&free)
            );
            assert!(passed(&paced) >= share * passed(&free), "{case}");
            assert!(paced.closed_longest <= s(2), "{case}");
        }
    }
}
