//! One model met by many callers, with several seeds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::answer::Answer;
use super::catalog::Model;
use super::contender::Contender;
use super::limit::Limit;
use super::server::Server;
use crate::throttle::figures::{Figures, median};
use crate::throttle::scenario::{Run, closed_loop, now, paused};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Play {
    /// Who meets it.
    pub client: Contender,
    /// The server.
    pub model: Model,
    /// How it refuses.
    pub answer: Answer,
    /// Tasks; each takes the next call until none is left.
    pub callers: u32,
    /// How long an exchange takes, there and back, beside what the server takes.
    pub latency: Duration,
    /// Calls of all tasks together.
    pub calls: u32,
}

/// What came of it: medians over the seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    /// What happened.
    pub play: Play,
    /// How many seeds.
    pub seeds: usize,
    /// Of the whole runs.
    pub figures: Figures,
    /// Of what only some models have.
    pub further: Further,
}

/// What only some models have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Further {
    /// Refusals after the first 5 s. Of a queue.
    pub late: Option<f64>,
    /// The time taken over that of the same run with pacing and gate off. Without a limit.
    pub slower: Option<f64>,
    /// By how many percentage points fewer calls succeed than in that run.
    pub lost: Option<f64>,
    /// Refusals per success in the 10 s after the limit fell.
    pub fallen: Option<f64>,
    /// The share of the limit that was used from 30 s after it rose, for 10 s.
    pub risen: Option<f64>,
    /// Seconds after which 90 % of the limit were used for 10 s, since it rose. Infinite where they never were.
    pub risen_in: Option<f64>,
}

// ===== impl Play =====

impl Play {
    /// With these seeds.
    #[must_use]
    pub fn play(&self, seeds: impl IntoIterator<Item = u64>) -> Played {
        let runs: Vec<_> = seeds.into_iter().map(|seed| self.with_seed(seed)).collect();
        self.summed_up(&runs)
    }

    fn summed_up(&self, runs: &[(Figures, Further)]) -> Played {
        let figures: Vec<_> = runs.iter().map(|(figures, _)| *figures).collect();
        let further: Vec<_> = runs.iter().map(|(_, further)| *further).collect();
        Played {
            play: *self,
            seeds: runs.len(),
            figures: Figures::median(&figures),
            further: Further::median(&further),
        }
    }

    fn with_seed(&self, seed: u64) -> (Figures, Further) {
        let mut run = self.run(seed);
        let mut further = self.further(&run);
        if self.model.random > 0 {
            // Whatever is refused by chance has to be asked for again: nobody can know how soon is best. The measure
            // is a client that neither paces nor closes a gate, unless it runs into a limit.
            let unpaced = Self {
                client: Contender::Unpaced,
                ..*self
            };
            let unpaced = unpaced.run(seed);
            let open = self.model.limit == Limit::Open;
            if open || unpaced.figures().ok >= 0.95 {
                run.best = unpaced.took;
            }
            if open {
                further.slower = Some(1.0 / run.figures().goodput);
                further.lost = Some((unpaced.figures().ok - run.figures().ok) * 100.0);
            }
        }
        (run.figures(), further)
    }

    fn run(&self, seed: u64) -> Run {
        paused().block_on(async {
            let server = Server::new(&self.model, self.answer, self.latency, seed);
            let client = self.client.before(server.clone(), seed);
            let start = now();
            // Goes with the runtime, whether or not it has left by then.
            tokio::spawn(server.clone().stranger());
            let ended = closed_loop([(client, self.callers, self.calls)]).await;
            let took = now() - start;
            let arrivals = server.arrivals();
            let refused = arrivals.iter().filter(|(_, status)| *status != 200);
            let ok = ended.iter().filter(|(_, ok)| *ok).count() as u64;
            let mut times: Vec<_> = ended.into_iter().map(|(time, _)| time).collect();
            times.sort_unstable();
            Run {
                calls: self.calls.into(),
                ok,
                refused: refused.count() as u64,
                took,
                times,
                best: self.best(ok),
                arrivals,
            }
        })
    }

    fn further(&self, run: &Run) -> Further {
        let changed = |rises: bool| {
            let mut changes = self.model.changes.iter();
            let change = changes.find(|change| change.rises == rises);
            change.map(|change| change.at)
        };
        let queues = matches!(self.model.limit, Limit::Queue { .. });
        Further {
            late: queues.then(|| {
                let (_, refused) = between(run, Duration::from_secs(5), Duration::MAX);
                refused as f64
            }),
            fallen: changed(false).map(|at| fallen(run, at)),
            risen: changed(true).map(|at| self.used(run, at + Duration::from_secs(30))),
            risen_in: changed(true).map(|at| self.risen_in(run, at)),
            ..Further::default()
        }
    }

    /// The share of the limit that was used for 10 s from then on.
    fn used(&self, run: &Run, from: Duration) -> f64 {
        let (served, _) = between(run, from, from + Duration::from_secs(10));
        let Limit::Bucket { steps, .. } = self.model.limit else {
            return f64::NAN;
        };
        served as f64 / f64::from(10 * super::bucket::rate(steps, from))
    }

    fn risen_in(&self, run: &Run, at: Duration) -> f64 {
        let end = run.arrivals.last().map_or(at, |(last, _)| *last);
        let seconds = 0..end.saturating_sub(at).as_secs();
        let mut risen =
            seconds.filter(|after| self.used(run, at + Duration::from_secs(*after)) >= 0.9);
        risen.next().map_or(f64::INFINITY, |after| after as f64)
    }

    /// What the limit lets through, and what so few callers can ask for.
    fn best(&self, ok: u64) -> Duration {
        let serves = self.model.limit.serves();
        let rounds = ok.div_ceil(self.callers.max(1).into());
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        (self.model.best(ok) + self.latency).max((serves + self.latency) * rounds)
    }
}

/// Plays all of them, on all processors, with these seeds. What comes of each hangs on nothing but itself.
#[must_use]
pub fn all(plays: &[Play], seeds: std::ops::Range<u64>) -> Vec<Played> {
    let runs: Vec<_> = plays
        .iter()
        .flat_map(|play| seeds.clone().map(move |seed| (play, seed)))
        .collect();
    let runs = in_parallel(&runs, |(play, seed)| play.with_seed(*seed));
    let each = runs.chunks(seeds.count().max(1));
    let played = plays.iter().zip(each);
    played.map(|(play, runs)| play.summed_up(runs)).collect()
}

/// Plays each with its own seed, on all processors.
pub(super) fn each(plays: &[(Play, u64)]) -> Vec<Played> {
    in_parallel(plays, |(play, seed)| play.play([*seed]))
}

/// Does it with each, on all processors; what comes of them is in their order.
fn in_parallel<T: Sync, U: Send>(all: &[T], act: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((n, one)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            all.get(n).map(|one| (n, one))
        } {
            let came_of_it = act(one);
            done.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((n, came_of_it));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, came_of_it)| came_of_it).collect()
}

// ===== impl Further =====

impl Further {
    /// Each for itself; all have the same ones.
    fn median(all: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> Option<f64>| {
            let values: Option<Vec<_>> = all.iter().map(figure).collect();
            values.map(median)
        };
        Self {
            late: of(|one| one.late),
            slower: of(|one| one.slower),
            lost: of(|one| one.lost),
            fallen: of(|one| one.fallen),
            risen: of(|one| one.risen),
            risen_in: of(|one| one.risen_in),
        }
    }
}

fn fallen(run: &Run, at: Duration) -> f64 {
    let (served, refused) = between(run, at, at + Duration::from_secs(10));
    refused as f64 / served.max(1) as f64
}

/// Requests that were served and that were refused.
fn between(run: &Run, from: Duration, until: Duration) -> (u64, u64) {
    let within = run
        .arrivals
        .iter()
        .filter(|(at, _)| (from..until).contains(at));
    within.fold((0, 0), |(served, refused), (_, status)| match status {
        200 => (served + 1, refused),
        _ => (served, refused + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::MODELS;

    fn play(name: &str, callers: u32) -> Play {
        let model = MODELS.into_iter().find(|model| model.name == name);
        Play {
            client: Contender::Steadfast,
            model: model.unwrap(),
            answer: Answer::BARE,
            callers,
            latency: Duration::from_millis(40),
            calls: 300,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_run_on_however_many_threads() {
        let plays = ["bucket 100/s burst 10", "random 20 %"].map(|name| play(name, 64));
        let all = all(&plays, 1..3);
        for (played, play) in all.iter().zip(&plays) {
            assert_eq!(*played, play.play(1..3));
            assert_eq!(play.run(1), play.run(1));
            assert_ne!(play.run(1).times, play.run(2).times);
        }
    }

    #[test]
    fn one_caller_cannot_be_faster_than_its_answers() {
        let run = play("places 10 x 50 ms", 1).run(1);
        assert_eq!((run.ok, run.refused), (300, 0));
        assert_eq!(
            (run.took, run.best),
            (run.best, Duration::from_millis(300 * 90))
        );
    }

    #[test]
    fn after_a_change_is_counted_what_came_after_it() {
        let at = |seconds, status| (Duration::from_secs(seconds), status);
        let play = play("stranger", 64);
        let mut run = play.run(1);
        // It comes after 20 s, and leaves after 40: 100 per second are there from 70 s to 80 s.
        let arrivals = [
            (19, 429),
            (20, 200),
            (20, 200),
            (29, 429),
            (30, 429),
            (69, 200),
        ];
        let mut arrivals = arrivals
            .map(|(seconds, status)| at(seconds, status))
            .to_vec();
        arrivals.extend([at(75, 200); 250]);
        arrivals.extend([at(80, 200); 9]);
        arrivals.extend((90..100).flat_map(|second| [at(second, 200); 91]));
        run.arrivals = arrivals;
        let further = Further {
            fallen: Some(0.5),
            risen: Some(0.25),
            // From 89 s on it is 9 x 91 in 10 s, from 90 s on 10 x 91.
            risen_in: Some(50.0),
            ..Further::default()
        };
        assert_eq!(play.further(&run), further);
    }

    #[test]
    fn a_stranger_takes_its_share_while_it_is_there() {
        let play = Play {
            callers: 1,
            calls: 3_000,
            latency: Duration::from_millis(14),
            client: Contender::Unpaced,
            ..play("stranger", 1)
        };
        // 71/s of 100/s are there alone, and are too many beside one who asks for 50/s.
        let run = play.run(1);
        let (_, alone) = between(&run, Duration::ZERO, Duration::from_secs(20));
        let (served, beside) = between(&run, Duration::from_secs(20), Duration::from_secs(40));
        let (_, after) = between(&run, Duration::from_secs(41), Duration::MAX);
        assert_eq!((alone, after), (0, 0));
        assert!(beside > 0 && served > 500, "{served}, {beside}");
    }

    #[test]
    fn of_a_queue_the_refusals_after_the_start_are_counted() {
        let play = play("queue 100/s of 20", 8);
        let mut run = play.run(1);
        let arrivals = [(4, 429), (5, 429), (5, 200), (90, 429)];
        run.arrivals = arrivals
            .map(|(seconds, status)| (Duration::from_secs(seconds), status))
            .to_vec();
        assert_eq!(play.further(&run).late, Some(2.0));
    }

    #[test]
    fn without_a_limit_the_measure_is_the_same_run_without_pacing() {
        let played = play("random 20 %", 8).play(1..2);
        let (figures, further) = (played.figures, played.further);
        assert_eq!(further.slower, Some(1.0 / figures.goodput));
        assert!(further.slower > Some(0.5) && further.lost.is_some());
        assert_eq!(play("halved", 8).play(1..2).further.slower, None);
    }
}
