use proptest::prelude::*;

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn rng(seed: u64) -> Chance {
    Chance::with_seed(seed)
}

/// The first five waits of a schedule without its jitter.
fn bare(backoff: Backoff) -> Vec<Duration> {
    let backoff = backoff.jitter(Jitter::None);
    (1..=5)
        .map_while(|retry| backoff.wait(retry, &mut rng(0)))
        .collect()
}

fn drawn(backoff: &Backoff, seed: u64) -> Vec<Duration> {
    let mut rng = rng(seed);
    (1..=20)
        .map_while(|retry| backoff.wait(retry, &mut rng))
        .collect()
}

#[test]
fn the_default_starts_at_200_ms_doubles_and_stops_at_20_s() {
    assert_eq!(
        bare(Backoff::default()),
        [200, 400, 800, 1600, 3200].map(MS)
    );
    let late = Backoff::default().jitter(Jitter::None).wait(9, &mut rng(0));
    assert_eq!(late, Some(MS(20_000)));
}

#[test]
fn when_throttled_the_first_wait_is_a_second_or_what_the_schedule_allows() {
    assert_eq!(
        bare(Backoff::throttled()),
        [1000, 2000, 4000, 8000, 16_000].map(MS)
    );
    let short = Backoff::exponential(MS(10), 2.0, MS(300)).unwrap();
    assert_eq!(bare(short.when_throttled())[0], MS(300));
    let slow = Backoff::exponential(MS(3000), 2.0, MS(9000)).unwrap();
    assert_eq!(bare(slow.when_throttled())[0], MS(3000));
    assert_eq!(bare(Backoff::fixed(MS(5)).when_throttled())[0], MS(5));
}

#[test]
fn a_custom_schedule_decides_each_wait_and_its_own_end() {
    let backoff = Backoff::custom(Arc::new(|retry| (retry < 3).then(|| MS(u64::from(retry)))));
    assert_eq!(bare(backoff.clone()), [1, 2].map(MS));
    assert_eq!(bare(backoff.with_initial(MS(9)).unwrap()), [1, 2].map(MS));
    let endless = Backoff::custom(Arc::new(|_| Some(Duration::MAX))).jitter(Jitter::Full);
    assert!(endless.wait(1, &mut rng(1)).is_some());
}

#[test]
fn another_first_wait_keeps_the_rest_of_the_schedule() {
    let backoff = Backoff::standard().with_initial(MS(500)).unwrap();
    assert_eq!(bare(backoff), [500, 1000, 2000, 4000, 8000].map(MS));
    let fixed = Backoff::fixed(MS(1)).with_initial(Duration::ZERO).unwrap();
    assert_eq!(bare(fixed), [Duration::ZERO; 5]);
}

#[test]
fn two_callers_differ_and_the_same_seed_repeats() {
    for jitter in [Jitter::Full, Jitter::Equal] {
        let backoff = Backoff::standard().jitter(jitter);
        assert_eq!(drawn(&backoff, 7), drawn(&backoff, 7));
        assert_ne!(drawn(&backoff, 7), drawn(&backoff, 8));
    }
}

#[test]
fn full_jitter_uses_the_whole_wait_and_equal_jitter_its_upper_half() {
    let spread = |jitter| {
        let backoff = Backoff::fixed(MS(1000)).jitter(jitter);
        let mut rng = rng(3);
        let mut waits: Vec<_> = (0..2000)
            .filter_map(|_| backoff.wait(1, &mut rng))
            .collect();
        waits.sort();
        (waits[0], waits[1000], waits[1999])
    };
    let (least, middle, most) = spread(Jitter::Full);
    assert!(least < MS(10) && most > MS(990) && middle > MS(450) && middle < MS(550));
    let (least, middle, most) = spread(Jitter::Equal);
    assert!(least < MS(510) && most > MS(990) && middle > MS(700) && middle < MS(800));
    assert!(least >= MS(500));
}

#[test]
fn a_wrong_value_is_named_with_what_would_be_right() {
    let said = |initial, factor, cap| {
        Backoff::exponential(initial, factor, cap)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said(MS(300), 2.0, MS(200)),
        "backoff initial is 300ms, but must be at most the cap of 200ms"
    );
    assert_eq!(
        said(Duration::ZERO, 2.0, MS(200)),
        "backoff initial is 0ns, but must be above zero (for no wait at all, use Backoff::fixed)"
    );
    for factor in [0.99, 0.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let said = said(MS(1), factor, MS(2));
        assert!(
            said.starts_with(&format!("backoff factor is {factor}, ")),
            "{said}"
        );
    }
    assert!(Backoff::standard().with_initial(MS(20_001)).is_err());
}

#[test]
fn debug_shows_the_numbers() {
    let shown = format!("{:?}", Backoff::standard());
    assert!(
        shown.contains("initial: 200ms") && shown.contains("cap: 20s"),
        "{shown}"
    );
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![Just(Jitter::None), Just(Jitter::Full), Just(Jitter::Equal)]
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_u64..5000).prop_map(MS),
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(s, n)| Duration::new(s, n)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(256)))]

    #[test]
    fn no_input_overflows_and_the_cap_holds(
        (initial, cap) in (durations(), durations()),
        factor in prop_oneof![1.0_f64..3.0, any::<f64>()],
        (retry, seed, jitter) in (any::<u32>(), any::<u64>(), jitters()),
    ) {
        if let Ok(backoff) = Backoff::exponential(initial, factor, cap) {
            let wait = backoff.jitter(jitter).wait(retry, &mut rng(seed)).unwrap();
            prop_assert!(wait <= cap);
        }
        prop_assert!(Backoff::fixed(initial).jitter(jitter).wait(retry, &mut rng(seed)).is_some());
    }

    #[test]
    fn without_jitter_waits_never_shrink(retry in 1_u32..100, factor in 1.0_f64..10.0) {
        let backoff = Backoff::exponential(MS(7), factor, MS(60_000)).unwrap().jitter(Jitter::None);
        let wait = |retry| backoff.wait(retry, &mut rng(0)).unwrap();
        prop_assert!(wait(retry) <= wait(retry + 1));
    }
}

#[test]
fn no_wait_leaves_the_range_that_is_shown() {
    let mut rng = Chance::with_seed(7);
    for jitter in [Jitter::None, Jitter::Full, Jitter::Equal] {
        let backoff = Backoff::standard().jitter(jitter);
        for retry in (0..12).flat_map(|retry| std::iter::repeat_n(retry, 200)) {
            let wait = backoff.wait(retry, &mut rng).unwrap();
            let range = backoff.range(retry).unwrap();
            assert!(
                range.contains(&wait),
                "{jitter:?}: {wait:?} outside {range:?}"
            );
        }
    }
    let first = |jitter| Backoff::standard().jitter(jitter).range(1).unwrap();
    let ms = Duration::from_millis;
    assert_eq!(first(Jitter::None), ms(200)..=ms(200));
    assert_eq!(first(Jitter::Full), ms(0)..=ms(200));
    assert_eq!(first(Jitter::Equal), ms(100)..=ms(200));
    assert!(Backoff::custom(Arc::new(|_| None)).range(1).is_none());
}
