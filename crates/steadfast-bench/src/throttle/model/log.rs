//! A log that slides: so many requests in any time of that length (Cloudflare, many Redis scripts).

use std::collections::VecDeque;
use std::time::Duration;

use super::ruling::Ruling;

/// When requests were served; what was refused is not in it.
///
/// A limit on requests that are under way is the same where each is under way equally long: of those served within that
/// time, all are still there.
#[derive(Clone, Debug)]
pub(super) struct Log {
    count: u32,
    length: Duration,
    served: VecDeque<Duration>,
}

impl Log {
    pub(super) const fn new(count: u32, length: Duration) -> Self {
        Self {
            count,
            length,
            served: VecDeque::new(),
        }
    }

    pub(super) fn rule(&mut self, now: Duration) -> Ruling {
        while self
            .served
            .front()
            .is_some_and(|at| *at + self.length <= now)
        {
            self.served.pop_front();
        }
        let room = |log: &Self| {
            let used = u32::try_from(log.served.len()).unwrap_or(u32::MAX);
            log.count.saturating_sub(used)
        };
        let accepted = room(self) > 0;
        if accepted {
            self.served.push_back(now);
        }
        let oldest = self.served.front().copied().unwrap_or(now);
        Ruling::at_once(accepted, room(self), oldest + self.length - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::model::ruling::arrivals;

    #[test]
    fn it_serves_while_fewer_than_its_count_were_served_in_the_time_before() {
        let mut log = Log::new(100, Duration::from_secs(1));
        let mut served = Vec::new();
        for at in arrivals(5_000, 5) {
            let recent = served.iter().filter(|&&then: &&u64| then + 1_000 > at);
            let recent = recent.count();
            let expected = recent < 100;
            let ruling = log.rule(Duration::from_millis(at));
            assert_eq!(ruling.accepted, expected, "at {at}");
            let left = 100 - recent - usize::from(expected);
            assert_eq!(ruling.left as usize, left, "at {at}");
            served.extend(expected.then_some(at));
        }
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_done_and_not_earlier() {
        let mut places = Log::new(2, Duration::from_millis(50));
        let mut busy_until: Vec<u64> = Vec::new();
        for at in arrivals(1_000, 20) {
            busy_until.retain(|until| *until > at);
            let expected = busy_until.len() < 2;
            busy_until.extend(expected.then_some(at + 50));
            assert_eq!(places.rule(Duration::from_millis(at)).accepted, expected);
        }
    }
}
