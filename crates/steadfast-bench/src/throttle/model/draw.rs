//! Servers that are drawn, so that nothing can be tuned to the ones that are named.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::answer::{Answer, Hint};
use super::bucket::Step;
use super::catalog::{Becomes, Model};
use super::chance::chance;
use super::contender::Contender;
use super::limit::Limit;
use super::play::Play;

/// The server, its callers and their distance that a seed stands for. Rates, times and callers are drawn so that each
/// order of magnitude is as likely as any other.
#[must_use]
pub fn draw(seed: u64) -> Play {
    let mut dice = Dice { seed, thrown: 0 };
    let rate = dice.between(2.0..=2_000.0);
    let kind = dice.below(7);
    let random = match kind {
        OPEN => 1 + dice.below(20),
        _ if dice.below(2) == 0 => 0,
        _ => dice.below(21),
    };
    let limit = dice.limit(kind, rate);
    let answer = dice.answer(limit);
    let latency = Duration::from_millis(dice.below(301).into());
    let callers = whole(dice.between(1.0..=500.0));
    let calls = calls(limit);
    let changes = limit != Limit::Open && dice.below(3) == 0;
    let becomes = changes.then(|| {
        let factor = dice.between(0.3..=3.0);
        Becomes {
            at: limit.best(calls.into()) / 2,
            limit: scaled(limit, factor),
        }
    });
    let name = name(limit, becomes, random);
    Play {
        client: Contender::Steadfast,
        model: Model {
            random,
            becomes,
            ..Model::new(for_ever(name), limit)
        },
        answer,
        callers,
        latency,
        calls,
    }
}

/// The last kind, see [`Dice::limit`].
const OPEN: u32 = 6;

/// Where chance comes from.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn throw(&mut self) -> u64 {
        self.thrown += 1;
        // Far away from the numbers of requests, so that what is refused by chance does not hang on what was drawn.
        chance(self.seed, self.thrown + (1 << 40))
    }

    /// From 0 on, each as likely.
    fn below(&mut self, count: u32) -> u32 {
        u32::try_from(self.throw() % u64::from(count)).unwrap_or_default()
    }

    /// Between these, each order of magnitude as likely.
    fn between(&mut self, range: RangeInclusive<f64>) -> f64 {
        let part = (self.throw() >> 11) as f64 / (1_u64 << 53) as f64;
        let (low, high) = range.into_inner();
        low * (high / low).powf(part)
    }

    fn limit(&mut self, kind: u32, rate: f64) -> Limit {
        let per_second = whole(rate);
        match kind {
            0 => Limit::Bucket {
                steps: always(per_second),
                burst: whole(self.between(1.0..=rate)),
            },
            1..=3 => {
                let length = seconds(self.between(0.5..=60.0));
                let count = whole(rate * length.as_secs_f64());
                match kind {
                    1 => Limit::Window { count, length },
                    2 => Limit::Log { count, length },
                    _ => Limit::Counter { count, length },
                }
            }
            4 => Limit::Places {
                count: whole(self.between(1.0..=200.0)),
                each: Duration::from_millis(whole(self.between(5.0..=5_000.0)).into()),
            },
            5 => Limit::Queue {
                per_second,
                places: whole(self.between(1.0..=rate)),
            },
            _ => Limit::Open,
        }
    }

    /// What a limit cannot tell truly, it does not tell.
    fn answer(&mut self, limit: Limit) -> Answer {
        let tells = match limit {
            Limit::Bucket { .. } => true,
            Limit::Window { length, .. } | Limit::Log { length, .. } => length.as_secs() > 0,
            _ => false,
        };
        let hints = if tells { 4 } else { 2 };
        let hint = match self.below(hints) {
            0 => Hint::Nothing,
            1 => Hint::RetryAfter,
            2 => Hint::Headers,
            _ => Hint::Draft,
        };
        let status = if self.below(2) == 0 { 429 } else { 503 };
        let name = match hint {
            Hint::Nothing => status.to_string(),
            Hint::RetryAfter => format!("{status} retry-after"),
            Hint::Headers => format!("{status} headers"),
            Hint::Draft => format!("{status} ratelimit"),
        };
        Answer::new(for_ever(name), status, hint)
    }
}

/// 3,000, or as many as take a minute at the limit, but not more than can be played in a second or so.
fn calls(limit: Limit) -> u32 {
    const MOST: u32 = 40_000;
    let minute = |calls: u32| limit.best(calls.into()) >= Duration::from_secs(60);
    let mut calls = (3_000..MOST).step_by(500);
    calls
        .find(|calls| limit == Limit::Open || minute(*calls))
        .unwrap_or(MOST)
}

/// The same kind, so many times as wide.
fn scaled(limit: Limit, factor: f64) -> Limit {
    let scale = |count: u32| whole(f64::from(count) * factor);
    match limit {
        Limit::Bucket { steps, burst } => Limit::Bucket {
            steps: always(scale(steps[0].per_second)),
            burst: scale(burst),
        },
        Limit::Window { count, length } => Limit::Window {
            count: scale(count),
            length,
        },
        Limit::Log { count, length } => Limit::Log {
            count: scale(count),
            length,
        },
        Limit::Counter { count, length } => Limit::Counter {
            count: scale(count),
            length,
        },
        Limit::Places { count, each } => Limit::Places {
            count: scale(count),
            each,
        },
        Limit::Queue { per_second, places } => Limit::Queue {
            per_second: scale(per_second),
            places: scale(places),
        },
        Limit::Open => Limit::Open,
    }
}

fn name(limit: Limit, becomes: Option<Becomes>, random: u32) -> String {
    let mut name = limit.to_string();
    if let Some(becomes) = becomes {
        let at = becomes.at.as_secs_f64();
        name += &format!("; after {at:.0} s {}", becomes.limit);
    }
    if random > 0 {
        name += &format!("; {random} % by chance");
    }
    name
}

/// Nothing is drawn that is less than one.
fn whole(value: f64) -> u32 {
    value.round().max(1.0) as u32
}

/// Whole ones where servers have no others.
fn seconds(seconds: f64) -> Duration {
    match seconds < 1.0 {
        true => Duration::from_millis(whole(seconds * 1_000.0).into()),
        false => Duration::from_secs(whole(seconds).into()),
    }
}

fn always(per_second: u32) -> &'static [Step] {
    let from = Duration::ZERO;
    Box::leak(Box::new([Step { from, per_second }]))
}

/// What has a name in the catalog has it for ever; so has what is drawn, of which there are few.
fn for_ever(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_one_another() {
        assert_eq!(draw(7), draw(7));
        let names: HashSet<_> = (0..200).map(|seed| draw(seed).model.name).collect();
        assert!(names.len() > 180, "{}", names.len());
    }

    #[test]
    fn all_kinds_answers_and_distances_are_drawn_and_no_run_is_short_or_endless() {
        let drawn: Vec<_> = (0..500).map(draw).collect();
        let kinds = drawn.iter().map(|play| discriminant(&play.model.limit));
        assert_eq!(kinds.collect::<HashSet<_>>().len(), 7);
        let answers = drawn.iter().map(|play| play.answer.name);
        assert_eq!(answers.collect::<HashSet<_>>().len(), 8);
        assert!(drawn.iter().any(|play| play.model.becomes.is_some()));
        for play in &drawn {
            assert!((3_000..=40_000).contains(&play.calls));
            assert!((1..=500).contains(&play.callers) && play.model.random <= 20);
            assert!(play.latency <= Duration::from_millis(300));
        }
    }

    #[test]
    fn a_drawn_server_has_no_limit_of_nothing() {
        for play in (0..500).map(draw) {
            let changed = play.model.becomes.map(|becomes| becomes.limit);
            for limit in changed.into_iter().chain([play.model.limit]) {
                assert!(limit.told().0 > 0, "{limit}");
                assert!(limit.unused().rule(Duration::ZERO).accepted, "{limit}");
            }
        }
    }
}
