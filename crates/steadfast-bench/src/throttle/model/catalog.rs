//! The servers, by name.

use std::time::Duration;

use super::answer::{Answer, Hint};
use super::bucket::Step;
use super::limit::Limit;

/// A server as it is met in the wild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name in tables, in JSON and on the command line.
    pub name: &'static str,
    /// How much it serves.
    pub limit: Limit,
    /// How many percent of all requests it refuses by chance, whatever the limit.
    pub random: u32,
    /// Calls at least; more where they would be done within a minute.
    pub calls: u32,
    /// Since when its limit is another one, for the better or the worse.
    pub changes: &'static [Change],
    /// What takes its limit's place, unused, after a while.
    pub becomes: Option<Becomes>,
    /// Who else uses it.
    pub stranger: Option<Stranger>,
}

/// Another client, which asks evenly, takes its refusals and knows nothing of pacing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Since the start.
    pub comes: Duration,
    /// Since the start.
    pub leaves: Duration,
    /// So far apart are its requests.
    pub gap: Duration,
    /// What is there for others if all of its requests are served.
    pub others: Limit,
}

/// Another limit from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Becomes {
    /// Since the start.
    pub at: Duration,
    /// What is allowed from then on.
    pub limit: Limit,
}

/// A limit becomes another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Since the start.
    pub at: Duration,
    /// Whether it becomes higher.
    pub rises: bool,
}

/// All of them.
pub const MODELS: [Model; 17] = [
    bucket("bucket 100/s burst 10", &[steps(0, 100)], 10),
    bucket("bucket 20/s burst 1", &[steps(0, 20)], 1),
    bucket("bucket 500/s burst 50", &[steps(0, 500)], 50),
    window("window 100 per 1 s", 100, 1),
    window("window 600 per 10 s", 600, 10),
    log("log 100 per 1 s", 100, 1),
    log("log 600 per 10 s", 600, 10),
    Model::new(
        "counter 1000 per 10 s",
        Limit::Counter {
            count: 1_000,
            length: Duration::from_secs(10),
        },
    ),
    Model::new(
        "queue 100/s of 20",
        Limit::Queue {
            per_second: 100,
            places: 20,
        },
    ),
    places("places 10 x 50 ms", 10, 50),
    places("places 4 x 1 s", 4, 1_000),
    random("random 1 %", 1),
    random("random 5 %", 5),
    random("random 20 %", 20),
    Model {
        changes: &[change(30, false)],
        calls: 6_000,
        ..bucket("halved", &[steps(0, 100), steps(30, 50)], 10)
    },
    Model {
        changes: &[change(30, true)],
        calls: 12_000,
        ..bucket("doubled", &[steps(0, 100), steps(30, 200)], 10)
    },
    Model {
        changes: &[change(20, false), change(40, true)],
        calls: 8_000,
        stranger: Some(Stranger {
            comes: Duration::from_secs(20),
            leaves: Duration::from_secs(40),
            gap: Duration::from_millis(20),
            others: Limit::Bucket {
                steps: &[steps(0, 100), steps(20, 50), steps(40, 100)],
                burst: 10,
            },
        }),
        ..bucket("stranger", &[steps(0, 100)], 10)
    },
];

impl Model {
    pub(super) const fn new(name: &'static str, limit: Limit) -> Self {
        Self {
            name,
            limit,
            random: 0,
            calls: 3_000,
            changes: &[],
            becomes: None,
            stranger: None,
        }
    }

    /// The shortest time in which so many requests can be answered, by a client that knows all, is next door and leaves
    /// strangers what they ask for.
    #[must_use]
    pub fn best(&self, requests: u64) -> Duration {
        if let Some(stranger) = self.stranger {
            return stranger.others.best(requests);
        }
        let Some(Becomes { at, limit }) = self.becomes else {
            return self.limit.best(requests);
        };
        // As many as the first limit serves by then, found by halving.
        let (mut before, mut beyond) = (0, requests.saturating_add(1));
        while beyond - before > 1 {
            let middle = before + (beyond - before) / 2;
            match self.limit.best(middle) <= at {
                true => before = middle,
                false => beyond = middle,
            }
        }
        match before == requests {
            true => self.limit.best(requests),
            false => at + limit.best(requests - before),
        }
    }

    /// 3,000, and enough for a minute at the limit.
    #[must_use]
    pub fn calls(&self) -> u32 {
        const MINUTE: Duration = Duration::from_secs(60);
        let hundreds = (self.calls..).step_by(100);
        let mut enough = hundreds
            .skip_while(|calls| self.limit != Limit::Open && self.best((*calls).into()) < MINUTE);
        enough.next().unwrap_or(self.calls)
    }

    /// How it may refuse: limits that are seldom told have fewer.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        let told = matches!(
            self.limit,
            Limit::Bucket { .. } | Limit::Window { .. } | Limit::Log { .. }
        );
        let mut answers = Answer::ALL.to_vec();
        answers.retain(|answer| match self.changes.is_empty() {
            true => told || !matches!(answer.hint, Hint::Headers | Hint::Draft),
            false => *answer == Answer::BARE,
        });
        answers
    }
}

const fn steps(from: u64, per_second: u32) -> Step {
    Step {
        from: Duration::from_secs(from),
        per_second,
    }
}

const fn change(at: u64, rises: bool) -> Change {
    Change {
        at: Duration::from_secs(at),
        rises,
    }
}

const fn bucket(name: &'static str, steps: &'static [Step], burst: u32) -> Model {
    Model::new(name, Limit::Bucket { steps, burst })
}

const fn window(name: &'static str, count: u32, seconds: u64) -> Model {
    let length = Duration::from_secs(seconds);
    Model::new(name, Limit::Window { count, length })
}

const fn log(name: &'static str, count: u32, seconds: u64) -> Model {
    let length = Duration::from_secs(seconds);
    Model::new(name, Limit::Log { count, length })
}

const fn places(name: &'static str, count: u32, milliseconds: u64) -> Model {
    let each = Duration::from_millis(milliseconds);
    Model::new(name, Limit::Places { count, each })
}

const fn random(name: &'static str, percent: u32) -> Model {
    Model {
        random: percent,
        ..Model::new(name, Limit::Open)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_run_lasts_a_minute_at_the_limit_and_three_thousand_calls() {
        for model in MODELS {
            let calls = model.calls();
            assert!(calls >= 3_000, "{}", model.name);
            let best = model.best(calls.into()).as_secs_f64();
            assert!(
                best >= 60.0 || model.limit == Limit::Open,
                "{}: {best}",
                model.name
            );
            // What is asked of a limit that rises is looked at from half a minute later on, for ten seconds.
            let last = model.changes.last().map_or(0, |change| change.at.as_secs());
            assert!(
                best >= (last + 40) as f64 || last == 0,
                "{}: {best}",
                model.name
            );
        }
    }

    #[test]
    fn what_comes_before_a_change_is_served_by_the_old_limit_and_what_comes_after_by_the_new_one() {
        let limit = |count| Limit::Window {
            count,
            length: Duration::from_secs(1),
        };
        let model = Model {
            becomes: Some(Becomes {
                at: Duration::from_millis(2_500),
                limit: limit(10),
            }),
            ..Model::new("changed", limit(100))
        };
        // 0 s, 1 s and 2 s with a hundred each, and from 2.5 s on ten per second.
        let best = [0, 1, 300, 301, 310, 311].map(|requests| model.best(requests).as_millis());
        assert_eq!(best, [0, 0, 2_000, 2_500, 2_500, 3_500]);
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: HashSet<_> = MODELS.iter().map(|model| model.name).collect();
        assert_eq!(names.len(), MODELS.len());
    }
}
