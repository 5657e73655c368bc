//! A counter that counts what it refuses as well: who goes on asking is never served again (HAProxy `http_req_rate`).

use std::time::Duration;

use super::ruling::Ruling;
use super::window::place;

/// Two windows. What came in the one before counts as far as that one still lies within the last `length`, as in
/// HAProxy (`read_freq_ctr_period`).
#[derive(Clone, Debug)]
pub(super) struct Counter {
    count: u32,
    length: Duration,
    number: u128,
    current: u128,
    before: u128,
}

impl Counter {
    pub(super) const fn new(count: u32, length: Duration) -> Self {
        Self {
            count,
            length,
            number: 0,
            current: 0,
            before: 0,
        }
    }

    pub(super) fn rule(&mut self, now: Duration) -> Ruling {
        let (number, into) = place(now, self.length);
        match number - self.number {
            0 => {}
            1 => (self.before, self.current) = (self.current, 0),
            _ => (self.before, self.current) = (0, 0),
        }
        self.number = number;
        self.current += 1;
        // Requests times nanoseconds, so that nothing is rounded.
        let length = self.length.as_nanos();
        let came = self.current * length + self.before * (self.length - into).as_nanos();
        let room = (u128::from(self.count) * length).checked_sub(came);
        let left = room.map_or(0, |room| u32::try_from(room / length).unwrap_or(u32::MAX));
        Ruling::at_once(room.is_some(), left, self.length - into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::ruling::arrivals;

    #[test]
    fn it_refuses_beyond_its_count_of_all_that_came_weighed_by_how_recent_their_window_is() {
        let mut counter = Counter::new(200, Duration::from_secs(2));
        let mut came: Vec<u64> = Vec::new();
        let mut accepted = 0;
        for at in arrivals(5_000, 10) {
            came.push(at);
            let window = at / 2_000;
            let in_window = |n: u64| came.iter().filter(|&&then| then / 2_000 == n).count() as u64;
            let before = window.checked_sub(1).map_or(0, in_window);
            // In requests times milliseconds.
            let weight = in_window(window) * 2_000 + before * (2_000 - at % 2_000);
            let ruling = counter.rule(Duration::from_millis(at));
            assert_eq!(ruling.accepted, weight <= 200 * 2_000, "at {at}");
            accepted += u64::from(ruling.accepted);
        }
        assert!((1_000..4_900).contains(&accepted), "{accepted}");
    }
}
