//! How long answers take.

/// Over how many answers the time is averaged.
const TRIPS: f64 = 24.0;
/// How fast the best time rises where all answers take longer, as a share of the difference per answer.
const TRIPS_RISE: f64 = 0.0001;
/// How many times as long as at best answers take if they stood in a queue.
const QUEUED: f64 = 2.5;
/// How much longer they take at least, in seconds.
const QUEUED_LEAST: f64 = 0.01;

/// How long answers take, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trip {
    answers: u32,
    /// The average of the latest answers.
    pub(super) now: f64,
    /// The least average, about.
    least: f64,
}

impl Trip {
    pub(super) fn answered(&mut self, took: f64) {
        self.answers = self.answers.saturating_add(1);
        // An average at first, then a moving one.
        self.now += (took - self.now) / f64::from(self.answers).min(TRIPS);
        if f64::from(self.answers) < TRIPS {
            self.least = self.now;
        }
        let risen = self.least + (self.now - self.least) * TRIPS_RISE;
        self.least = self.now.min(risen);
    }

    /// Whether answers take much longer than at best: a queue grows at the server.
    pub(super) fn is_queued(&self) -> bool {
        self.now > QUEUED * self.least + QUEUED_LEAST
    }

    /// There is no queue: answers take that long.
    pub(super) const fn settle(&mut self) {
        self.least = self.now;
    }
}
