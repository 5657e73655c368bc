//! The contract of a configured rate, against a slow obvious model: check, give back and next never lie.

use std::num::NonZeroU32;

use proptest::prelude::*;
use steadfast_core::{PreparedRate, Rate};

use super::super::cell_rate::{CellRate, Receipt};
use super::*;

/// Cells flow back in the order in which they were taken, one after the other.
#[derive(Clone, Default)]
struct Model {
    interval: u64,
    burst: u32,
    /// What was taken, with the nanoseconds that it still needs.
    taken: Vec<(usize, u64)>,
    next: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(u64),
    /// Until so many could be taken, but for so many nanoseconds.
    UntilNext(u32, u64),
    Check(u32),
    Take(u32),
    GiveBack(prop::sample::Index),
}

fn prepared(interval: Duration, burst: u32) -> PreparedRate {
    let policy = Policy::standard().rate_limit(Rate::per(1, interval).burst(burst));
    policy.prepare().unwrap().rates()[0]
}

fn cells(cost: u32) -> NonZeroU32 {
    NonZeroU32::new(cost).unwrap()
}

fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

impl Model {
    fn pass(&mut self, mut time: u64) {
        for (_, left) in &mut self.taken {
            let part = time.min(*left);
            *left -= part;
            time -= part;
        }
        self.taken.retain(|(_, left)| *left > 0);
    }

    /// Nanoseconds until so many can be taken.
    fn wait(&self, cost: u32) -> u64 {
        let owed: u64 = self.taken.iter().map(|(_, left)| left).sum();
        let room = self.interval * u64::from(self.burst);
        (owed + self.interval * u64::from(cost)).saturating_sub(room)
    }

    fn take(&mut self, cost: u32) -> usize {
        assert_eq!(self.wait(cost), 0);
        self.next += 1;
        self.taken
            .push((self.next, self.interval * u64::from(cost)));
        self.next
    }

    fn give_back(&mut self, id: usize) {
        self.taken.retain(|(taken, _)| *taken != id);
    }

    /// The same behind others, who each go as early as they can.
    fn wait_behind(&self, cost: u32, ahead: u64) -> u64 {
        let mut model = self.clone();
        let mut waited = 0;
        for _ in 0..ahead {
            let wait = model.wait(1);
            model.pass(wait);
            model.take(1);
            waited += wait;
        }
        waited + model.wait(cost)
    }
}

/// A rate and its model, and what is held of both.
struct Both {
    rate: CellRate,
    model: Model,
    held: Vec<(Receipt, usize)>,
}

impl Both {
    fn new(interval: u64, burst: u32) -> Self {
        let model = Model {
            interval,
            burst,
            ..Model::default()
        };
        Self {
            rate: CellRate::new(prepared(nanos(interval), burst)),
            model,
            held: Vec::new(),
        }
    }

    async fn pass(&mut self, time: u64) {
        tokio::time::advance(nanos(time)).await;
        self.model.pass(time);
    }

    /// When the rate says that so many can be taken, in nanoseconds from now.
    fn wait(&self, cost: u32, ahead: u64) -> u64 {
        let now = clock::now();
        let at = self.rate.next(now, cost, ahead);
        u64::try_from((at - now).as_nanos()).unwrap()
    }

    /// One step; cells are given back from the one that `pick` names.
    async fn step(&mut self, step: Step, pick: impl Fn(usize, prop::sample::Index) -> usize) {
        let burst = self.model.burst;
        match step {
            Step::Pass(time) => self.pass(time).await,
            Step::UntilNext(cost, short) => {
                let wait = self.wait(cost.min(burst), 0);
                self.pass(wait.saturating_sub(short)).await;
            }
            Step::Check(cost) => {
                let cost = cost.min(burst);
                let (now, said) = (clock::now(), self.wait(cost, 0));
                match self.rate.check(cells(cost)) {
                    Ok(()) => {
                        assert_eq!(said, 0, "it went before its time");
                        self.model.take(cost);
                    }
                    Err(at) => {
                        assert!(said > 0, "it was refused at its time");
                        assert_eq!(at, now + nanos(said));
                    }
                }
            }
            Step::Take(cost) => {
                let cost = cost.min(burst);
                if let Ok(receipt) = self.rate.take(cells(cost)) {
                    self.held.push((receipt, self.model.take(cost)));
                }
            }
            Step::GiveBack(index) => {
                if !self.held.is_empty() {
                    let (receipt, id) = self.held.remove(pick(self.held.len(), index));
                    self.rate.give_back(&receipt);
                    self.model.give_back(id);
                }
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..2_000_000_000).prop_map(Step::Pass),
        (1_u32..20, 0_u64..3).prop_map(|(cost, short)| Step::UntilNext(cost, short)),
        (1_u32..20).prop_map(Step::Check),
        (1_u32..20).prop_map(Step::Take),
        any::<prop::sample::Index>().prop_map(Step::GiveBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(1024)))]

    /// Cells that are given back in the order in which they were taken come back to the nanosecond.
    #[test]
    fn check_give_back_and_next_do_what_the_model_does(
        interval in 1_u64..1_000_000_000,
        burst in 1_u32..20,
        steps in prop::collection::vec(step(), 1..100),
        ahead in 0_u64..30,
    ) {
        in_paused_time(async {
            let mut both = Both::new(interval, burst);
            for step in steps {
                both.step(step, |_, _| 0).await;
                for cost in [1, burst] {
                    assert_eq!(both.wait(cost, 0), both.model.wait(cost));
                    assert_eq!(both.wait(cost, ahead), both.model.wait_behind(cost, ahead));
                }
            }
        });
    }

    /// In any other order perhaps not all of them come back, but never one too many: `Model::take` panics when one goes
    /// that may not.
    #[test]
    fn whatever_is_given_back_nothing_goes_before_the_model_lets_it(
        interval in 1_u64..1_000_000_000,
        burst in 1_u32..20,
        steps in prop::collection::vec(step(), 1..100),
    ) {
        in_paused_time(async {
            let mut both = Both::new(interval, burst);
            for step in steps {
                both.step(step, |len, index| index.index(len)).await;
                assert!(both.wait(1, 0) >= both.model.wait(1));
            }
        });
    }

    #[test]
    fn what_is_undone_at_once_was_never_taken(
        interval in 1_u64..1_000_000_000,
        burst in 2_u32..20,
        before in 1_u32..20,
        pause in 0_u64..2_000_000_000,
        cost in 1_u32..20,
    ) {
        in_paused_time(async {
            let rate = CellRate::new(prepared(nanos(interval), burst));
            rate.check(cells(before.min(burst))).unwrap();
            tokio::time::advance(nanos(pause)).await;
            let waits = || [1, burst].map(|cost| rate.next(clock::now(), cost, 0));
            let untouched = waits();
            let cost = cells(cost.min(burst));
            if rate.check(cost).is_ok() {
                rate.undo(cost);
            }
            assert_eq!(waits(), untouched);
        });
    }
}

/// Outside of a runtime, where time cannot be paused: an hour is longer than this takes.
#[test]
fn threads_that_take_and_give_back_never_get_more_than_the_burst() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 2_000;
    let burst = THREADS * ROUNDS / 2;
    let rate = CellRate::new(prepared(Duration::from_secs(3600), burst));
    let sent = std::thread::scope(|scope| {
        let work = || {
            let mut sent = 0;
            for round in 0..ROUNDS {
                match rate.take(cells(1)) {
                    Ok(receipt) if round % 2 == 0 => rate.give_back(&receipt),
                    Ok(_) => sent += 1,
                    Err(_) => {}
                }
                if rate.check(cells(2)).is_ok() {
                    rate.undo(cells(2));
                }
            }
            sent
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let sent = threads.into_iter().map(|thread| thread.join().unwrap());
        sent.sum::<u32>()
    });
    let left = std::iter::repeat_with(|| rate.check(cells(1)))
        .take_while(Result::is_ok)
        .count();
    let all = sent + u32::try_from(left).unwrap();
    assert!(all <= burst, "{all} of {burst}");
    assert!(sent >= burst / 2, "{sent} of {burst}");
}

/// The clock of a rate is not put forward for ever: its nanoseconds would not fit.
#[test]
fn a_rate_of_one_per_year_bears_any_number_of_cells_given_back() {
    in_paused_time(async {
        let year = Duration::from_secs(365 * 86_400);
        let rate = CellRate::new(prepared(year, 1));
        let taken = std::iter::repeat_with(|| rate.take(cells(1)));
        let taken = taken.take(1_000).map_while(Result::ok);
        let taken = taken.inspect(|receipt| rate.give_back(receipt)).count();
        assert!(taken > 100, "{taken}");
        let now = clock::now();
        let at = rate.check(cells(1)).unwrap_err();
        assert_eq!(at, now + year);
        tokio::time::advance(year).await;
        assert_eq!(rate.check(cells(1)), Ok(()));
    });
}
