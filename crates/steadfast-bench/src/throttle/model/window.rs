//! So many requests per window, whenever in it (GitHub, most gateways).

use std::time::Duration;

use super::ruling::Ruling;

/// The current window. Windows lie end to end from the start.
#[derive(Clone, Debug)]
pub(super) struct Window {
    count: u32,
    length: Duration,
    number: u128,
    used: u32,
}

impl Window {
    pub(super) const fn new(count: u32, length: Duration) -> Self {
        Self {
            count,
            length,
            number: 0,
            used: 0,
        }
    }

    pub(super) fn rule(&mut self, now: Duration) -> Ruling {
        let (number, into) = place(now, self.length);
        if number != self.number {
            (self.number, self.used) = (number, 0);
        }
        let accepted = self.used < self.count;
        self.used += u32::from(accepted);
        Ruling::at_once(accepted, self.count - self.used, self.length - into)
    }
}

/// The number of the window, and how much of it has passed.
pub(super) fn place(now: Duration, length: Duration) -> (u128, Duration) {
    let number = now.as_nanos() / length.as_nanos();
    let into = now.as_nanos() % length.as_nanos();
    let into = u64::try_from(into).unwrap_or(u64::MAX);
    (number, Duration::from_nanos(into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::ruling::arrivals;

    #[test]
    fn it_serves_while_fewer_than_its_count_were_served_in_the_same_window() {
        let mut window = Window::new(100, Duration::from_secs(1));
        let mut served = Vec::new();
        for at in arrivals(5_000, 5) {
            let same = served
                .iter()
                .filter(|&&then: &&u64| then / 1_000 == at / 1_000);
            let expected = same.count() < 100;
            let ruling = window.rule(Duration::from_millis(at));
            assert_eq!(ruling.accepted, expected, "at {at}");
            assert_eq!(ruling.more_in.as_millis(), 1_000 - u128::from(at % 1_000));
            served.extend(expected.then_some(at));
        }
    }
}
