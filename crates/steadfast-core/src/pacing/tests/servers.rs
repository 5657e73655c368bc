//! Servers that enforce a limit and tell nothing about it. Times are in seconds.

use std::collections::VecDeque;

/// What a server limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// So many per second, and so many fit in.
    Bucket(f64, f64),
    /// So many in each time of so many seconds.
    Window(f64, f64),
    /// So many at once, each for a time of so many seconds on average (exponentially distributed).
    Places(f64, f64),
    /// So many per second, and so many wait for that.
    Queue(f64, f64),
    /// Nothing. An answer takes so long.
    Open(f64),
}

pub(super) struct Server {
    limit: Limit,
    /// From when on how many times as much is allowed.
    pub(super) changes: (f64, f64),
    /// The share of requests that it refuses at random.
    pub(super) noise: f64,
    rng: fastrand::Rng,
    tokens: f64,
    last: f64,
    window: (f64, f64),
    ends: Vec<f64>,
    next: f64,
    /// When requests came, and whether they passed.
    pub(super) log: VecDeque<(f64, bool)>,
}

impl Server {
    pub(super) fn new(limit: Limit, seed: u64) -> Self {
        Self {
            limit,
            changes: (0.0, 1.0),
            noise: 0.0,
            rng: fastrand::Rng::with_seed(seed),
            tokens: f64::MAX,
            last: 0.0,
            window: (0.0, 0.0),
            ends: Vec::new(),
            next: 0.0,
            log: VecDeque::new(),
        }
    }

    /// How long the answer takes, if the request passes.
    pub(super) fn serve(&mut self, now: f64) -> Option<f64> {
        let is_unlucky = self.rng.f64() < self.noise;
        let takes = if is_unlucky { None } else { self.rule(now) };
        self.log.push_back((now, takes.is_some()));
        takes
    }

    fn rule(&mut self, now: f64) -> Option<f64> {
        let factor = if now < self.changes.0 {
            1.0
        } else {
            self.changes.1
        };
        match self.limit {
            Limit::Bucket(rate, burst) => {
                self.tokens = (self.tokens + (now - self.last) * rate * factor).min(burst);
                self.last = now;
                (self.tokens >= 1.0 - 1e-9).then(|| {
                    self.tokens -= 1.0;
                    0.0
                })
            }
            Limit::Window(count, length) => {
                let number = (now / length).floor();
                let used = if number == self.window.0 {
                    self.window.1
                } else {
                    0.0
                };
                self.window = (number, (used + 1.0).min(count * factor));
                (used < count * factor).then_some(0.0)
            }
            Limit::Places(count, each) => {
                self.ends.retain(|end| *end > now);
                ((self.ends.len() as f64) < count * factor).then(|| {
                    let takes = -each * (1.0 - self.rng.f64()).ln();
                    self.ends.push(now + takes);
                    takes
                })
            }
            Limit::Queue(rate, places) => {
                let wait = (self.next - now).max(0.0);
                (wait <= places / rate).then(|| {
                    self.next = self.next.max(now) + 1.0 / rate;
                    wait
                })
            }
            Limit::Open(takes) => Some(takes),
        }
    }

    /// How many passed and how many were refused from one time to another.
    pub(super) fn between(&self, from: f64, to: f64) -> (f64, f64) {
        let within = self.log.iter().filter(|(at, _)| *at >= from && *at < to);
        within.fold(
            (0.0, 0.0),
            |(passed, refused), (_, is_passed)| match is_passed {
                true => (passed + 1.0, refused),
                false => (passed, refused + 1.0),
            },
        )
    }
}
