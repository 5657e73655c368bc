//! What must hold for the models: one table, each entry with the sentence that it comes from.

use std::time::Duration;

use super::answer::Answer;
use super::catalog::{MODELS, Model};
use super::contender::Contender;
use super::play::{Play, Played};

/// A sentence, the rows that it is about, and what it asks of each of them.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// In words.
    pub sentence: &'static str,
    /// By name.
    pub models: &'static [&'static str],
    /// By name; a model that never refuses like that has no such row.
    pub answers: &'static [&'static str],
    /// How many callers.
    pub callers: &'static [u32],
    /// In milliseconds.
    pub latencies: &'static [u64],
    /// All of them must hold for each row by itself.
    pub limits: &'static [(Figure, Side)],
}

/// Which figure of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The share of calls that end with a 200.
    Succeed,
    /// Refusals per call that ends with a 200.
    PerSuccess,
    /// The best possible time over the time taken.
    Goodput,
    /// Refusals after the first 5 s.
    Late,
    /// The time taken over that of the same run with pacing and gate off.
    Slower,
    /// By how many percentage points fewer calls succeed than in that run.
    Lost,
    /// Refusals per success in the 10 s after the limit fell.
    Fallen,
    /// Seconds until 90 % of the limit were used after it rose.
    RisenIn,
    /// The share of the limit that was used from 30 s to 40 s after it rose.
    Risen,
}

/// On which side of its bound a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

use Figure::{Fallen, Goodput, Late, Lost, PerSuccess, Risen, RisenIn, Slower, Succeed};
use Side::{AtLeast, AtMost};

const BUCKETS: &[&str] = &[
    "bucket 100/s burst 10",
    "bucket 20/s burst 1",
    "bucket 500/s burst 50",
];
const WINDOWS: &[&str] = &[
    "window 100 per 1 s",
    "window 600 per 10 s",
    "log 100 per 1 s",
    "log 600 per 10 s",
    "counter 1000 per 10 s",
];
const RATES: &[&str] = &[
    "bucket 100/s burst 10",
    "bucket 20/s burst 1",
    "bucket 500/s burst 50",
    "window 100 per 1 s",
    "window 600 per 10 s",
    "log 100 per 1 s",
    "log 600 per 10 s",
    "counter 1000 per 10 s",
];
const THROTTLED: &[&str] = &["429", "429 retry-after", "429 headers", "429 ratelimit"];
const UNAVAILABLE: &[&str] = &["503", "503 retry-after"];
const ALL: &[&str] = &["429", "429 retry-after", "503", "503 retry-after"];
const NEAR_AND_FAR: &[u64] = &[0, 40];

/// All of them. Where a sentence does not say how many callers, they are 64; for a concurrency limit also 8.
pub const BOUNDS: &[Bound] = &[
    Bound {
        sentence: "Rate limiters, 64 callers, 429 bare, with Retry-After: 1 or with headers: >= 99.9 % succeed, \
                   <= .05 refusals per success, goodput >= .90",
        limits: &[
            (Succeed, AtLeast(0.999)),
            (PerSuccess, AtMost(0.05)),
            (Goodput, AtLeast(0.90)),
        ],
        ..many(BUCKETS, THROTTLED)
    },
    Bound {
        sentence: "The same for fixed windows, sliding logs and the counter that counts refusals: >= 99.9 % succeed, \
                   <= .05 refusals per success, goodput >= .88",
        limits: &[
            (Succeed, AtLeast(0.999)),
            (PerSuccess, AtMost(0.05)),
            (Goodput, AtLeast(0.88)),
        ],
        ..many(WINDOWS, THROTTLED)
    },
    Bound {
        sentence: "Rate limiters, 64 callers, 503 bare or with Retry-After: 1: >= 99.5 % succeed, <= .10 refusals per \
                   success, goodput >= .85",
        limits: &[
            (Succeed, AtLeast(0.995)),
            (PerSuccess, AtMost(0.10)),
            (Goodput, AtLeast(0.85)),
        ],
        ..many(RATES, UNAVAILABLE)
    },
    Bound {
        sentence: "Leaky queue: no refusal after the first 5 s, goodput >= .95",
        limits: &[(Late, AtMost(0.0)), (Goodput, AtLeast(0.95))],
        ..many(&["queue 100/s of 20"], ALL)
    },
    Bound {
        sentence: "Concurrency limits: >= 99.9 % succeed, <= .05 refusals per success, goodput >= .85",
        callers: &[8, 64],
        limits: &[
            (Succeed, AtLeast(0.999)),
            (PerSuccess, AtMost(0.05)),
            (Goodput, AtLeast(0.85)),
        ],
        ..many(&["places 10 x 50 ms", "places 4 x 1 s"], ALL)
    },
    Bound {
        sentence: "Random bare 429s at 1 %, 8 in flight, 40 ms: at most 1.15x the time of the same run with pacing and \
                   gate off, at most .3 percentage points fewer succeed",
        limits: &[(Slower, AtMost(1.15)), (Lost, AtMost(0.3))],
        ..random(&["random 1 %"], &["429"])
    },
    Bound {
        sentence: "Random bare 429s and 503s at 5 %, 8 in flight, 40 ms: at most 1.4x the time of the same run with \
                   pacing and gate off, at most .3 percentage points fewer succeed",
        limits: &[(Slower, AtMost(1.4)), (Lost, AtMost(0.3))],
        ..random(&["random 5 %"], &["429", "503"])
    },
    Bound {
        sentence: "Random bare 429s and 503s at 20 %, 8 in flight, 40 ms: at most 2x the time of the same run with \
                   pacing and gate off, at most .3 percentage points fewer succeed",
        limits: &[(Slower, AtMost(2.0)), (Lost, AtMost(0.3))],
        ..random(&["random 20 %"], &["429", "503"])
    },
    Bound {
        sentence: "Bucket without hints, a limit doubled half way or a stranger who leaves: within 30 s at 90 % of what \
                   is there",
        limits: &[(RisenIn, AtMost(30.0)), (Risen, AtLeast(0.90))],
        ..many(&["doubled", "stranger"], &["429"])
    },
    Bound {
        sentence: "Bucket without hints, a limit halved half way or a stranger who comes: <= .10 refusals per success in \
                   the 10 s after",
        limits: &[(Fallen, AtMost(0.10))],
        ..many(&["halved", "stranger"], &["429"])
    },
];

const fn many(models: &'static [&'static str], answers: &'static [&'static str]) -> Bound {
    Bound {
        sentence: "",
        models,
        answers,
        callers: &[64],
        latencies: NEAR_AND_FAR,
        limits: &[],
    }
}

/// Next door, calls take no time: what they would cost without pacing is no measure.
const fn random(models: &'static [&'static str], answers: &'static [&'static str]) -> Bound {
    Bound {
        callers: &[8],
        latencies: &[40],
        ..many(models, answers)
    }
}

// ===== impl Bound =====

impl Bound {
    /// The rows that it is about, in the order of the tables.
    #[must_use]
    pub fn plays(&self) -> Vec<Play> {
        let mut plays = Vec::new();
        for model in self.models.iter().filter_map(|name| model(name)) {
            let asked = |answer: &Answer| self.answers.contains(&answer.name);
            for answer in model.answers().into_iter().filter(asked) {
                for latency in self.latencies {
                    plays.extend(self.callers.iter().map(|&callers| Play {
                        client: Contender::Steadfast,
                        model,
                        answer,
                        callers,
                        latency: Duration::from_millis(*latency),
                        calls: model.calls(),
                    }));
                }
            }
        }
        plays
    }
}

fn model(name: &str) -> Option<Model> {
    MODELS.into_iter().find(|model| model.name == name)
}

// ===== impl Figure =====

impl Figure {
    /// What it was.
    #[must_use]
    pub fn of(self, played: &Played) -> f64 {
        let (figures, further) = (played.figures, played.further);
        let of = |figure: Option<f64>| figure.unwrap_or(f64::NAN);
        match self {
            Succeed => figures.ok,
            PerSuccess => figures.per_success,
            Goodput => figures.goodput,
            Late => of(further.late),
            Slower => of(further.slower),
            Lost => of(further.lost),
            Fallen => of(further.fallen),
            RisenIn => of(further.risen_in),
            Risen => of(further.risen),
        }
    }

    /// The name in tables and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Succeed => "succeed",
            PerSuccess => "refusals per success",
            Goodput => "goodput",
            Late => "refusals after the first 5 s",
            Slower => "time over that without pacing",
            Lost => "percentage points fewer that succeed",
            Fallen => "refusals per success in the 10 s after it fell",
            RisenIn => "seconds until 90 % after it rose",
            Risen => "share used 30 s after it rose",
        }
    }
}

// ===== impl Side =====

impl Side {
    /// Whether a figure is there. One that could not be calculated is not.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            AtLeast(least) => value >= least,
            AtMost(most) => value <= most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_table_is_known() {
        for bound in BOUNDS {
            for name in bound.models {
                assert!(model(name).is_some(), "{name}");
            }
            for name in bound.answers {
                assert!(Answer::ALL.iter().any(|answer| answer.name == *name));
            }
            assert!(!bound.plays().is_empty() && !bound.limits.is_empty());
        }
    }

    #[test]
    fn every_model_has_a_bound() {
        for model in MODELS {
            let bound = |bound: &&Bound| bound.models.contains(&model.name);
            assert!(BOUNDS.iter().any(|one| bound(&one)), "{}", model.name);
        }
    }

    #[test]
    fn what_is_just_within_its_bound_holds_and_what_could_not_be_calculated_does_not() {
        for (side, value, holds) in [
            (AtLeast(0.9), 0.9, true),
            (AtLeast(0.9), 0.899, false),
            (AtMost(0.0), 0.0, true),
            (AtMost(0.1), 0.101, false),
            (AtLeast(0.9), f64::NAN, false),
            (AtMost(0.9), f64::NAN, false),
        ] {
            assert_eq!(side.holds(value), holds, "{side:?} {value}");
        }
    }
}
