//! A queue at the server: the value is lowered before it overflows.

use std::time::Instant;

use super::held::{Held, What};
use super::{Learned, Mode, Sent, ago};
use crate::pacing::seconds;

/// The share of the rate at which answers come that the value is lowered to.
const EASED: f64 = 0.95;
/// How far it is lowered for a queue that does not shrink, and by how much answers have to become faster.
const EASED_LEAST: f64 = 0.75;
/// The time over which answers are counted, in times that an answer takes.
const COUNTED_TRIPS: f64 = 2.0;
/// The least of that time, and the least since the gate opened, in seconds.
const COUNTED: f64 = 0.25;
const COUNTED_OPEN: f64 = 0.05;

impl Learned {
    /// If a queue shows, the value is lowered to the rate at which answers come. That is as fast as the queue is worked
    /// off (BBR; Cardwell et al., 2016).
    pub(super) fn ease(&mut self, now: Instant, sent: Sent) {
        if !self.trip.is_queued() {
            if let Mode::Held(held) = &mut self.mode {
                held.queued = None;
            }
            return;
        }
        let Some((mut held, value)) = self.to_ease(now, sent) else {
            return;
        };
        let coming = self.coming(now);
        let (from, trip) = held.queued.unwrap_or((coming, self.trip.now));
        if value < from * EASED_LEAST && self.trip.now > trip * EASED_LEAST {
            // Sending less made answers no faster: so there is no queue, and they take that long.
            self.trip.settle();
            return;
        }
        if coming < value {
            (held.low, held.top) = (coming * EASED, coming);
            (held.since, held.eased) = (now, now);
            held.queued = Some((from, trip));
            self.mode = Mode::Held(held);
        }
    }

    /// The rate that may be lowered, if the attempt was sent after that happened last.
    fn to_ease(&self, now: Instant, sent: Sent) -> Option<(Held, f64)> {
        let rate = self.rate(now)?;
        match self.mode {
            Mode::Start(_) => {
                let climb = self.climb(rate, 0);
                let held = Held::lowered(What::Rate, now, self.last, (rate, rate), climb);
                Some((held, rate))
            }
            Mode::Held(held) if sent.at >= held.eased => Some((held, rate)),
            _ => None,
        }
    }

    /// How many answers come per second, not counting those before the gate opened.
    fn coming(&self, now: Instant) -> f64 {
        let open = seconds(self.cycle.opened, now).max(COUNTED_OPEN);
        let time = (COUNTED_TRIPS * self.trip.now).max(COUNTED).min(open);
        self.answered.since(ago(now, time)) as f64 / time
    }
}
