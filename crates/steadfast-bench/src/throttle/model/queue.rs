//! A queue that lets requests out evenly: it delays, and refuses only what does not fit (nginx `limit_req` with `burst`).

use std::time::Duration;

use super::ruling::Ruling;

/// When the next request may leave.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    gap: Duration,
    places: u32,
    next: Duration,
}

impl Queue {
    /// Lets out so many per second; so many may wait.
    pub(super) fn new(per_second: u32, places: u32) -> Self {
        Self {
            gap: Duration::from_secs(1) / per_second,
            places,
            next: Duration::ZERO,
        }
    }

    pub(super) fn rule(&mut self, now: Duration) -> Ruling {
        let room = self.gap * self.places;
        let waits = |next: Duration| next.saturating_sub(now);
        let mut ruling = Ruling::at_once(waits(self.next) <= room, 0, Duration::ZERO);
        if ruling.accepted {
            ruling.serves = waits(self.next);
            self.next = self.next.max(now) + self.gap;
        }
        match room.checked_sub(waits(self.next)) {
            Some(free) => {
                let places = free.as_nanos() / self.gap.as_nanos();
                ruling.left = u32::try_from(places).unwrap_or(u32::MAX).saturating_add(1);
                ruling.more_in = self.gap;
            }
            None => ruling.more_in = waits(self.next) - room,
        }
        ruling
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::throttle::model::ruling::arrivals;

    #[test]
    fn it_delays_as_a_queue_does_from_which_one_leaves_every_ten_milliseconds() {
        let mut queue = Queue::new(100, 20);
        let mut leaving: VecDeque<u64> = VecDeque::new();
        let (mut last, mut refused) = (None, 0);
        for at in arrivals(5_000, 8) {
            while leaving.front().is_some_and(|leaves| *leaves <= at) {
                leaving.pop_front();
            }
            let leaves = last.map_or(at, |last: u64| at.max(last + 10));
            let ruling = queue.rule(Duration::from_millis(at));
            // The places are those of requests that wait; all but the last one of which are in the queue already.
            let fits = leaves == at || leaving.len() < 20;
            assert_eq!(ruling.accepted, fits, "at {at}");
            if fits {
                assert_eq!(ruling.serves.as_millis(), u128::from(leaves - at));
                leaving.push_back(leaves);
                last = Some(leaves);
            }
            refused += u32::from(!fits);
        }
        assert!((100..4_900).contains(&refused), "{refused}");
    }
}
