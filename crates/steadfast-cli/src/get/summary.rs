//! What all calls together came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use steadfast::record::Human;

use super::call::{End, Finished};
use crate::exit::Exit;
use crate::time::millis;

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// How many calls ended with each status; failures by the class of their exit status.
    ends: BTreeMap<String, usize>,
    attempts: usize,
    waited: Duration,
    body_bytes: u64,
    took: Vec<Duration>,
    worst: Option<Exit>,
}

impl Summary {
    pub(super) fn add(&mut self, call: &Finished) {
        let end = match &call.end {
            End::Status(status, _) => status.as_str().to_owned(),
            End::Failed(Exit::Refused, _) => "refused by the policy".to_owned(),
            End::Failed(Exit::Usage, _) => "not possible".to_owned(),
            End::Failed(..) => "transport error".to_owned(),
        };
        *self.ends.entry(end).or_default() += 1;
        self.attempts += call.record.attempt_count();
        self.waited = self.waited.saturating_add(call.record.waited());
        self.body_bytes += call.body_bytes;
        self.took.push(call.took);
        self.worst = self.worst.max(Some(call.end.exit()));
    }

    pub(super) fn exit(&self) -> Exit {
        self.worst.unwrap_or(Exit::Success)
    }

    /// The time that so many hundredths of the calls did not exceed (nearest rank).
    fn percentile(&self, hundredths: usize) -> Duration {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    pub(super) fn lines(&self, elapsed: Duration) -> Vec<String> {
        let ends: Vec<_> = self
            .ends
            .iter()
            .map(|(end, count)| format!("{count} x {end}"))
            .collect();
        let calls = self.took.len();
        let (plural, took) = (if calls == 1 { "" } else { "s" }, Human(elapsed));
        vec![
            format!("{calls} call{plural} in {took}: {}", ends.join(", ")),
            format!(
                "{} attempts, {} of waits; p50 {}, p99 {}; {} bytes",
                self.attempts,
                Human(self.waited),
                Human(self.percentile(50)),
                Human(self.percentile(99)),
                self.body_bytes
            ),
        ]
    }

    pub(super) fn to_json(&self, elapsed: Duration, exit: Exit) -> Value {
        json!({
            "event": "summary",
            "calls": self.took.len(),
            "ends": self.ends,
            "attempts": self.attempts,
            "waited_ms": millis(self.waited),
            "elapsed_ms": millis(elapsed),
            "p50_ms": millis(self.percentile(50)),
            "p99_ms": millis(self.percentile(99)),
            "body_bytes": self.body_bytes,
            "exit": exit as u8,
        })
    }
}

#[cfg(test)]
mod tests {
    use steadfast::Record;

    use super::*;

    fn finished(millis: u64, end: End) -> Finished {
        Finished {
            record: Record::FIRST_TRY,
            end,
            took: Duration::from_millis(millis),
            body_bytes: 2,
        }
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut summary = Summary::default();
        for millis in (1..=100).rev() {
            summary.add(&finished(millis, End::Status(http::StatusCode::OK, None)));
        }
        assert_eq!(summary.percentile(50), Duration::from_millis(50));
        assert_eq!(summary.percentile(99), Duration::from_millis(99));
        assert_eq!(summary.exit(), Exit::Success);
        let json = summary.to_json(Duration::from_secs(1), Exit::Success);
        assert_eq!(
            (&json["ends"]["200"], &json["body_bytes"]),
            (&100.into(), &200.into())
        );
    }

    #[test]
    fn the_worst_call_is_the_exit_status() {
        let mut summary = Summary::default();
        for exit in [Exit::Refused, Exit::Transport, Exit::Refused] {
            summary.add(&finished(1, End::Failed(exit, String::new())));
        }
        assert_eq!(summary.exit(), Exit::Transport);
        assert!(summary.lines(Duration::ZERO)[0].contains("2 x refused by the policy"));
    }
}
