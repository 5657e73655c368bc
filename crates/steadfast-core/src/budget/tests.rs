//! The budget against its promises, and against a slow model that never rounds.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

fn config(percent: u32, trickle_millis: u32, bucket: u32) -> BudgetConfig {
    BudgetConfig::new(percent, trickle_millis, bucket).unwrap()
}

fn empty() -> BudgetState {
    BudgetState::from_bits(0)
}

/// Withdraws until nothing is left; how many tokens came out.
fn drain(budget: &mut BudgetState, config: &BudgetConfig, now_ms: u64) -> u32 {
    let mut taken = 0;
    while let Some(left) = budget.withdraw(config, now_ms, Price::Token) {
        *budget = left;
        taken += 1;
    }
    taken
}

#[test]
fn a_ratio_of_sixty_percent_allows_exactly_sixty_percent() {
    let config = config(60, 0, 100);
    let mut budget = empty();
    for _call in 0..100 {
        budget = budget.deposit(&config).unwrap();
    }
    assert_eq!(drain(&mut budget, &config, 0), 60);
}

#[test]
fn every_ratio_is_exact_over_a_thousand_failing_calls() {
    for percent in [0, 1, 3, 7, 10, 33, 50, 60, 99, 100, 250] {
        let config = config(percent, 0, 100);
        let (mut budget, mut retries) = (empty(), 0);
        for _call in 0..1000 {
            budget = budget.deposit(&config).unwrap_or(budget);
            retries += drain(&mut budget, &config, 0);
        }
        assert_eq!(retries, percent * 10, "{percent} %");
    }
}

#[test]
fn a_total_outage_adds_a_tenth_and_the_bucket() {
    let config = BudgetConfig::STANDARD;
    let (mut budget, mut retries) = (BudgetState::full(&config), 0);
    // 10,000 calls at 100 per second, each wanting two retries.
    for call in 0..10_000_u64 {
        budget = budget.deposit(&config).unwrap_or(budget);
        for _retry in 0..2 {
            if let Some(left) = budget.withdraw(&config, call * 10, Price::Token) {
                budget = left;
                retries += 1;
            }
        }
    }
    // 1000 from calls, 20 from the trickle of 100 s, 10 from the bucket, and less than one left
    // over.
    assert!((1028..=1030).contains(&retries), "{retries}");
}

#[test]
fn an_empty_bucket_is_refilled_by_calls_and_by_time() {
    let config = BudgetConfig::STANDARD;
    let mut budget = BudgetState::full(&config);
    assert_eq!(drain(&mut budget, &config, 0), 10);
    assert_eq!(budget.withdraw(&config, 4_999, Price::Token), None);
    assert!(
        budget.withdraw(&config, 5_000, Price::Token).is_some(),
        "0.2 tokens per second"
    );
    for _call in 0..10 {
        budget = budget.deposit(&config).unwrap();
    }
    assert!(
        budget.withdraw(&config, 0, Price::Token).is_some(),
        "10 % of ten calls"
    );
    assert_eq!(
        drain(&mut budget, &config, 3_600_000),
        10,
        "never above the bucket"
    );
}

#[test]
fn a_refused_withdrawal_does_not_cost_the_trickle() {
    let config = config(0, 200, 1);
    let budget = empty();
    for now_ms in 0..5_000 {
        assert_eq!(budget.withdraw(&config, now_ms, Price::Token), None);
    }
    assert!(budget.withdraw(&config, 5_000, Price::Token).is_some());
}

#[test]
fn a_full_bucket_takes_no_deposit() {
    let config = BudgetConfig::STANDARD;
    let full = BudgetState::full(&config);
    assert_eq!(full.deposit(&config), None);
    assert!(
        full.withdraw(&config, 0, Price::Token)
            .unwrap()
            .deposit(&config)
            .is_some()
    );
}

#[test]
fn time_going_backwards_neither_adds_nor_takes() {
    let config = BudgetConfig::STANDARD;
    let mut budget = BudgetState::full(&config);
    drain(&mut budget, &config, 60_000);
    assert_eq!(budget.millis(&config, 0), 0);
    assert_eq!(budget.withdraw(&config, 0, Price::Token), None);
    // The same five seconds are not credited again after the clock went back and forth.
    let once = budget.withdraw(&config, 65_000, Price::Token).unwrap();
    assert_eq!(once.withdraw(&config, 10_000, Price::Token), None);
    assert_eq!(once.withdraw(&config, 65_000, Price::Token), None);
}

#[test]
fn a_token_given_back_can_be_spent_again() {
    let config = BudgetConfig::STANDARD;
    let full = BudgetState::full(&config);
    assert_eq!(
        full.withdraw(&config, 7, Price::Token)
            .unwrap()
            .give_back(&config, Price::Token)
            .millis(&config, 7),
        10_000
    );
    assert_eq!(
        full.give_back(&config, Price::Token).millis(&config, 0),
        10_000,
        "never above the bucket"
    );
}

#[test]
fn threads_that_share_one_atomic_never_overdraw_it() {
    let config = config(0, 0, 500);
    let shared = AtomicU64::new(BudgetState::full(&config).to_bits());
    let take = || {
        shared
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                Some(
                    BudgetState::from_bits(bits)
                        .withdraw(&config, 0, Price::Token)?
                        .to_bits(),
                )
            })
            .is_ok()
    };
    let taken: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..500).filter(|_| take()).count()))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    assert_eq!(taken, 500);
}

#[test]
fn a_wrong_number_is_named_with_what_would_be_right() {
    let said = |result: Result<BudgetConfig, InvalidBudget>| result.unwrap_err().to_string();
    assert_eq!(
        said(BudgetConfig::new(1001, 0, 1)),
        "budget percent is 1001, but must be 0 to 1000 percent of calls"
    );
    assert!(said(BudgetConfig::new(10, 1_000_001, 1)).contains("trickle_millis is 1000001"));
    assert!(said(BudgetConfig::new(10, 0, 0)).contains("bucket is 0"));
    assert!(said(BudgetConfig::new(10, 0, 16_001)).contains("1 to 16000 tokens"));
}

#[test]
fn what_was_put_in_is_what_comes_out() {
    let config = config(25, 300, 7);
    assert_eq!(
        (config.percent(), config.trickle_millis(), config.bucket()),
        (25, 300, 7)
    );
    assert_eq!(
        BudgetConfig::new(10, 200, 10).unwrap(),
        BudgetConfig::default()
    );
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Call,
    Retry { after_ms: u64 },
    GiveBack,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Call),
        3 => (0_u64..3_000).prop_map(|after_ms| Event::Retry { after_ms }),
        1 => Just(Event::GiveBack),
    ];
    prop::collection::vec(event, 0..200)
}

fn configs() -> impl Strategy<Value = BudgetConfig> {
    (0_u32..=1000, 0_u32..=3_000, 1_u32..=20).prop_map(|(p, t, b)| config(p, t, b))
}

/// Exact rational arithmetic: everything counted in millionths of a token (a thousandth of a token
/// per second is one millionth per ms), every event credits the time before it, nothing is rounded.
struct Model {
    micros: u128,
    at: u128,
}

impl Model {
    fn add(&mut self, config: &BudgetConfig, micros: u128) {
        self.micros = (self.micros + micros).min(u128::from(config.bucket()) * 1_000_000);
    }

    fn advance(&mut self, config: &BudgetConfig, now: u128) {
        let trickle = (now - self.at) * u128::from(config.trickle_millis());
        self.at = now;
        self.add(config, trickle);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(256)))]

    #[test]
    fn it_never_exceeds_the_exact_model_and_lags_it_by_less_than_a_ms_of_trickle_each_time(
        config in configs(), events in events()
    ) {
        let mut budget = BudgetState::full(&config);
        let mut model = Model { micros: u128::from(config.bucket()) * 1_000_000, at: 0 };
        let (mut now, mut roundings) = (0_u64, 0_u128);
        for event in events {
            match event {
                Event::Call => {
                    budget = budget.deposit(&config).unwrap_or(budget);
                    model.add(&config, u128::from(config.percent()) * 10_000);
                }
                Event::GiveBack => {
                    budget = budget.give_back(&config, Price::Token);
                    model.add(&config, 1_000_000);
                }
                Event::Retry { after_ms } => {
                    now += after_ms;
                    model.advance(&config, u128::from(now));
                    if let Some(left) = budget.withdraw(&config, now, Price::Token) {
                        prop_assert!(model.micros >= 1_000_000, "overdrawn");
                        budget = left;
                        model.micros -= 1_000_000;
                        roundings += 1;
                    }
                }
            }
            let ours = u128::from(budget.millis(&config, now)) * 1000;
            prop_assert!(ours <= model.micros, "{ours} > {}", model.micros);
            // Below a thousandth not yet whole, plus under a ms of trickle for each withdrawal.
            let lag = 1000 + roundings * u128::from(config.trickle_millis());
            prop_assert!(ours + lag >= model.micros, "{ours} + {lag} < {}", model.micros);
        }
    }

    #[test]
    fn spending_never_exceeds_calls_times_ratio_plus_trickle_plus_bucket(
        config in configs(), events in events()
    ) {
        let mut budget = BudgetState::full(&config);
        let (mut now, mut calls, mut spent) = (0_u64, 0_u64, 0_u64);
        for event in events {
            match event {
                Event::Call => {
                    calls += 1;
                    budget = budget.deposit(&config).unwrap_or(budget);
                }
                Event::Retry { after_ms } => {
                    now += after_ms;
                    if let Some(left) = budget.withdraw(&config, now, Price::Token) {
                        budget = left;
                        spent += 1;
                    }
                }
                Event::GiveBack => {}
            }
        }
        let allowed = calls * u64::from(config.percent()) * 10
            + now * u64::from(config.trickle_millis()) / 1000
            + u64::from(config.bucket()) * 1000;
        prop_assert!(spent * 1000 <= allowed, "{spent} tokens of {allowed} thousandths");
    }

    #[test]
    fn any_bits_and_any_time_are_harmless(bits: u64, now: u64, config in configs()) {
        let budget = BudgetState::from_bits(bits);
        prop_assert_eq!(budget.to_bits(), bits);
        let _ = (budget.deposit(&config), budget.withdraw(&config, now, Price::Token), budget.give_back(&config, Price::Token));
        prop_assert!(budget.millis(&config, now) <= u64::from(config.bucket()) * 1000);
    }
}
