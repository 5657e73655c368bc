//! What any order of anything does.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Deed {
    Wait(Duration),
    /// Goes when it may, or although it may not.
    Send {
        hasty: bool,
    },
    /// The answer to one of those under way.
    Hear {
        which: usize,
        heard: Feedback,
        told: Vec<Allowance>,
    },
}

/// Nothing, something, and too much.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), 0..200_u64, any::<u64>(), Just(u64::MAX)]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::from_nanos(1)),
        (0..5_000_u64).prop_map(ms),
        (0..100_000_u64).prop_map(s),
        number().prop_map(s),
        Just(Duration::MAX),
    ]
}

prop_compose! {
    fn allowance()(
        name in 0..12_u64,
        unit in prop_oneof![
            Just(Unit::Requests), Just(Unit::Tokens), Just(Unit::Concurrent), Just(Unit::Other)
        ],
        limit in prop::option::of(number()),
        remaining in prop::option::of(number()),
        reset in prop::option::of(time()),
        window in prop::option::of(time()),
    ) -> Allowance {
        Allowance { name, unit, limit, remaining, reset, window, cost: None }
    }
}

fn heard() -> impl Strategy<Value = Feedback> {
    prop_oneof![
        3 => Just(Feedback::Passed),
        1 => Just(Feedback::Nothing),
        2 => (prop::option::of(time()), any::<bool>(), any::<bool>())
            .prop_map(|(asked, is_reset, is_busy)| Feedback::Refused { asked, is_reset, is_busy }),
    ]
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let hear = (
        any::<usize>(),
        heard(),
        prop::collection::vec(allowance(), 0..4),
    );
    let deed = prop_oneof![
        2 => (0..3_000_u64).prop_map(|n| Deed::Wait(ms(n))),
        3 => any::<bool>().prop_map(|hasty| Deed::Send { hasty }),
        4 => hear.prop_map(|(which, heard, told)| Deed::Hear { which, heard, told }),
    ];
    prop::collection::vec(deed, 0..60)
}

/// Does it all; `check` is asked after each.
fn play(deeds: Vec<Deed>, backoff: Duration, check: impl Fn(&Pacer, Instant, usize)) -> Scene {
    let mut scene = Scene::new();
    let mut under_way = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Wait(time) => scene.now += time,
            Deed::Send { hasty } => {
                if hasty || scene.look() == Turn::Now {
                    under_way.push(scene.force());
                }
            }
            Deed::Hear { which, heard, told } if !under_way.is_empty() => {
                let ticket = under_way.swap_remove(which % under_way.len());
                let told = told.into_iter().collect();
                let now = scene.now;
                scene.pacer.hear(now, ticket, heard, &told, |_| backoff);
            }
            Deed::Hear { .. } => {}
        }
        check(&scene.pacer, scene.now, under_way.len());
    }
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(512)))]

    #[test]
    fn a_time_to_come_is_never_now_and_those_under_way_are_counted(
        deeds in deeds(),
        backoff in time(),
    ) {
        play(deeds, backoff, |pacer, now, under_way| {
            for is_last in [false, true] {
                match pacer.look(now, is_last) {
                    Turn::Now => {}
                    Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => assert!(at > now),
                }
            }
            let view = pacer.view(now);
            assert_eq!(view.in_flight as usize, under_way);
            assert!(view.rate.is_none_or(|rate| rate.is_finite() && rate > 0.0), "{view:?}");
        });
    }

    #[test]
    fn whoever_comes_back_when_told_is_let_go(
        deeds in deeds(),
        backoff in time(),
        is_last in any::<bool>(),
    ) {
        let mut scene = play(deeds, backoff, |_, _, _| {});
        // Several of them: each takes its turn, and nobody ever answers.
        for _ in 0..20 {
            let mut answers = 0;
            loop {
                match scene.pacer.look(scene.now, is_last) {
                    Turn::Now => break,
                    Turn::At(at) | Turn::AfterProbe(at) | Turn::AfterAnswer(at) => scene.now = at,
                }
                answers += 1;
                assert!(answers <= 20, "{:?}", scene.pacer);
            }
            scene.force();
        }
    }

    #[test]
    fn nobody_waits_longer_than_the_server_said(
        limits in prop::collection::vec(allowance(), 1..4),
        count in 0..50_u32,
    ) {
        let mut scene = Scene::new();
        scene.told(&limits);
        for _ in 0..count {
            scene.force();
        }
        // A bucket that is filled all the time has no end of its own, but is forgotten.
        let end = |limit: &Allowance| {
            let window = limit.window.unwrap_or_default().max(s(1));
            let reset = limit.reset.unwrap_or_default();
            reset.max(window.saturating_mul(10)).min(crate::hint::LONGEST)
        };
        let longest = limits.iter().map(end).max().unwrap();
        assert!(scene.gap() <= longest, "{:?} > {longest:?}", scene.gap());
    }
}
