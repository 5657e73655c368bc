//! How much a server serves: one value for each kind of limit.

use std::fmt;
use std::time::Duration;

use super::bucket::{self, Bucket, Step};
use super::counter::Counter;
use super::log::Log;
use super::queue::Queue;
use super::ruling::Ruling;
use super::window::Window;

/// What is allowed. No count, rate or length is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A token bucket, the rate of which may change.
    Bucket {
        /// The rates; the first is from zero on.
        steps: &'static [Step],
        /// Tokens that fit in.
        burst: u32,
    },
    /// So many per window, whenever in it.
    Window {
        /// How many.
        count: u32,
        /// Of this length.
        length: Duration,
    },
    /// So many in any time of that length.
    Log {
        /// How many.
        count: u32,
        /// Of this length.
        length: Duration,
    },
    /// As a log, roughly, but what is refused counts too.
    Counter {
        /// How many.
        count: u32,
        /// Of this length.
        length: Duration,
    },
    /// So many at once.
    Places {
        /// How many.
        count: u32,
        /// How long each request is under way.
        each: Duration,
    },
    /// Lets requests out evenly.
    Queue {
        /// How many per second.
        per_second: u32,
        /// How many may wait.
        places: u32,
    },
    /// No limit.
    Open,
}

/// How much of it is used.
#[derive(Clone, Debug)]
pub(super) enum Used {
    Bucket(Bucket),
    Window(Window),
    Log(Log),
    Counter(Counter),
    Places(Log, Duration),
    Queue(Queue),
    Open,
}

// ===== impl Limit =====

/// As in the names of the catalog.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = |f: &mut fmt::Formatter<'_>, kind, count, length: Duration| {
            write!(f, "{kind} {count} per {} s", length.as_secs_f64())
        };
        match *self {
            Self::Bucket { steps, burst } => {
                write!(f, "bucket {}/s burst {burst}", steps[0].per_second)
            }
            Self::Window { count, length } => per(f, "window", count, length),
            Self::Log { count, length } => per(f, "log", count, length),
            Self::Counter { count, length } => per(f, "counter", count, length),
            Self::Places { count, each } => {
                write!(f, "places {count} x {} ms", each.as_millis())
            }
            Self::Queue { per_second, places } => write!(f, "queue {per_second}/s of {places}"),
            Self::Open => f.write_str("no limit"),
        }
    }
}

impl Limit {
    /// A limit of which nothing is used.
    pub(super) fn unused(self) -> Used {
        match self {
            Self::Bucket { steps, burst } => Used::Bucket(Bucket::new(steps, burst)),
            Self::Window { count, length } => Used::Window(Window::new(count, length)),
            Self::Log { count, length } => Used::Log(Log::new(count, length)),
            Self::Counter { count, length } => Used::Counter(Counter::new(count, length)),
            Self::Places { count, each } => Used::Places(Log::new(count, each), each),
            Self::Queue { per_second, places } => Used::Queue(Queue::new(per_second, places)),
            Self::Open => Used::Open,
        }
    }

    /// So many, per so many seconds: what its answers tell.
    pub(super) const fn told(self) -> (u32, u64) {
        match self {
            Self::Bucket { steps, .. } => (steps[0].per_second, 1),
            Self::Window { count, length }
            | Self::Log { count, length }
            | Self::Counter { count, length } => (count, length.as_secs()),
            Self::Places { count, .. } => (count, 1),
            Self::Queue { per_second, .. } => (per_second, 1),
            Self::Open => (u32::MAX, 1),
        }
    }

    /// The shortest time in which so many requests can be answered, by a client that knows all and is next door.
    #[must_use]
    pub fn best(self, requests: u64) -> Duration {
        let rounds = |count: u32| {
            let rounds = requests.div_ceil(count.into()).saturating_sub(1);
            u32::try_from(rounds).unwrap_or(u32::MAX)
        };
        match self {
            Self::Bucket { steps, burst } => bucket::best(steps, burst, requests),
            Self::Window { count, length } | Self::Log { count, length } => length * rounds(count),
            // The first window may be used at once, and every later one is worth its count again as it passes.
            Self::Counter { count, length } => match requests <= count.into() {
                true => Duration::ZERO,
                false => length.mul_f64(requests as f64 / f64::from(count)),
            },
            Self::Places { count, each } => each * rounds(count) + each,
            Self::Queue { per_second, .. } => {
                let last = requests.saturating_sub(1);
                Duration::from_nanos(last * 1_000_000_000 / u64::from(per_second))
            }
            Self::Open => Duration::ZERO,
        }
    }

    /// How long each request is under way at the server, at least.
    #[must_use]
    pub const fn serves(self) -> Duration {
        match self {
            Self::Places { each, .. } => each,
            _ => Duration::ZERO,
        }
    }
}

// ===== impl Used =====

impl Used {
    pub(super) fn rule(&mut self, now: Duration) -> Ruling {
        match self {
            Self::Bucket(bucket) => bucket.rule(now),
            Self::Window(window) => window.rule(now),
            Self::Log(log) => log.rule(now),
            Self::Counter(counter) => counter.rule(now),
            Self::Places(log, each) => Ruling {
                serves: *each,
                ..log.rule(now)
            },
            Self::Queue(queue) => queue.rule(now),
            Self::Open => Ruling::at_once(true, u32::MAX, Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::catalog::MODELS;

    /// When the last of so many requests is answered, if one is sent every millisecond that the server accepts, and none
    /// that it refuses (a copy is asked).
    fn asked_every_millisecond(limit: Limit, requests: u64) -> Duration {
        let (mut used, mut served, mut last) = (limit.unused(), 0, Duration::ZERO);
        for at in 0.. {
            let now = Duration::from_millis(at);
            while served < requests {
                let mut asked = used.clone();
                let ruling = asked.rule(now);
                if !ruling.accepted {
                    break;
                }
                (used, served, last) = (asked, served + 1, last.max(now + ruling.serves));
            }
            if served == requests {
                break;
            }
        }
        last
    }

    #[test]
    fn nobody_is_faster_than_the_best_possible_time_and_one_who_asks_all_the_time_is_as_fast() {
        for model in MODELS {
            for requests in [1, 7, 600, 601, 1_234] {
                let best = model.limit.best(requests);
                let asked = asked_every_millisecond(model.limit, requests);
                let late = asked.saturating_sub(best);
                let name = model.name;
                assert!(
                    asked >= best,
                    "{name}: {requests} in {asked:?}, best {best:?}"
                );
                assert!(
                    late < Duration::from_millis(1),
                    "{name}: {requests}, {late:?} late"
                );
            }
        }
    }
}
