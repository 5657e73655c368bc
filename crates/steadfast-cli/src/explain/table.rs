//! One line for all statuses that fare alike, and one for all failures that do.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::{Value, json};
use steadfast::error::{FailureKind, Refusal};
use steadfast::record::Outcome;

use super::plan::{Plan, Planner};

/// What fares alike.
#[derive(Debug)]
pub(super) struct Row<T> {
    pub(super) what: Vec<T>,
    pub(super) plan: Plan,
}

/// Every status there can be, each in exactly one row; the first status orders the rows.
pub(super) fn statuses(planner: &Planner) -> Vec<Row<u16>> {
    let known = (100..=999).filter_map(|code| StatusCode::from_u16(code).ok());
    rows(known.map(|status| (status.as_u16(), planner.plan(Outcome::Status(status)))))
}

/// A way in which a call ends without a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    name: &'static str,
    outcome: Outcome,
}

/// Every way in which the transport fails or this client refuses a call, each in exactly one row.
pub(super) fn failures(planner: &Planner) -> Vec<Row<Failing>> {
    let kinds = FailureKind::ALL.iter().copied();
    let kinds = kinds.filter(|kind| *kind != FailureKind::Foreign);
    let failed = kinds.map(Outcome::Failed);
    let refused = refusals(planner).into_iter().map(Outcome::Refused);
    rows(failed.chain(refused).map(|outcome| {
        let name = outcome.error_type().unwrap_or_default();
        (Failing { name, outcome }, planner.plan(outcome))
    }))
}

/// What this client may refuse under a policy; the numbers are of no matter here.
fn refusals(planner: &Planner) -> Vec<Refusal> {
    let (policy, wait) = (&planner.policy, Duration::ZERO);
    let quota = policy.quotas().first().map(|quota| Refusal::QuotaUsedUp {
        limit: quota.limit(),
        left: 0,
        window: quota.window(),
        resets_at: SystemTime::UNIX_EPOCH,
        wait,
    });
    let (cost, burst) = (2, 1);
    let paced = !policy.rates().is_empty();
    let concurrency = policy.limits().concurrency;
    let queue = concurrency.and_then(|concurrency| concurrency.max_queue);
    let all = [
        (policy.limits().gate).then_some(Refusal::GateClosed { wait }),
        paced.then_some(Refusal::RateLimited { wait }),
        paced.then_some(Refusal::CostTooHigh { cost, burst }),
        quota,
        concurrency.map(|_| Refusal::ConcurrencyLimited {
            limit: 1,
            unread: 0,
            waited: wait,
        }),
        queue.map(|queue| Refusal::QueueFull { limit: 1, queue }),
    ];
    all.into_iter().flatten().collect()
}

fn rows<T>(plans: impl Iterator<Item = (T, Plan)>) -> Vec<Row<T>> {
    let mut rows: Vec<Row<T>> = Vec::new();
    for (what, plan) in plans {
        match rows.iter_mut().find(|row| row.plan == plan) {
            Some(row) => row.what.push(what),
            None => rows.push(Row {
                what: vec![what],
                plan,
            }),
        }
    }
    rows
}

/// `408, 500-502, 504`
pub(super) fn in_short(codes: &[u16]) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for &code in codes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    let shown = ranges.iter().map(|&(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

impl Row<u16> {
    pub(super) fn to_json(&self) -> Value {
        json!({ "statuses": in_short(&self.what), "plan": self.plan.to_json() })
    }
}

impl Row<Failing> {
    pub(super) fn to_json(&self) -> Value {
        let kinds: Vec<_> = self.what.iter().map(|one| one.name).collect();
        json!({ "failures": kinds, "plan": self.plan.to_json() })
    }

    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self
            .what
            .iter()
            .map(|one| one.outcome.to_string())
            .collect();
        names.join(", ")
    }
}

/// What a schedule leaves out.
pub(super) fn hint_note(plan: &Plan) -> &'static str {
    match plan.retries() {
        true => " (a Retry-After takes the place of these waits)",
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use steadfast::{Policy, Rule};

    use super::*;

    #[test]
    fn neighbours_are_written_as_a_range() {
        assert_eq!(
            in_short(&[408, 500, 501, 502, 504, 505]),
            "408, 500-502, 504, 505"
        );
        assert_eq!(in_short(&[]), "");
    }

    #[test]
    fn every_status_is_in_exactly_one_row() {
        let policy = Policy::standard()
            .on(409, Rule::retry(2))
            .on(600, Rule::FailFast);
        let planner = Planner::new(&policy, &Method::POST).unwrap();
        let mut all: Vec<_> = statuses(&planner)
            .into_iter()
            .flat_map(|row| row.what)
            .collect();
        all.sort_unstable();
        assert_eq!(all, (100..=999).collect::<Vec<u16>>());
    }

    #[test]
    fn the_schedule_is_the_one_of_the_policy() {
        let planner = Planner::new(&Policy::standard(), &Method::GET).unwrap();
        let plan = |code| {
            let status = StatusCode::from_u16(code).unwrap();
            planner.plan(Outcome::Status(status)).to_string()
        };
        assert_eq!(
            plan(502),
            "sent again after 0 to 200 ms, 0 to 400 ms; then returned: gave up: 3 attempts are allowed"
        );
        assert!(
            plan(503).starts_with("sent again after 0 to 1 s, 0 to 2 s;"),
            "{}",
            plan(503)
        );
        assert_eq!(plan(404), "returned at once: a retry would not help");
        assert_eq!(plan(200), "accepted: returned as a success");
    }

    #[test]
    fn a_post_is_not_repeated_where_it_may_have_been_processed() {
        let planner = Planner::new(&Policy::standard(), &Method::POST).unwrap();
        let plan = planner.plan(Outcome::Status(StatusCode::BAD_GATEWAY));
        assert!(!plan.retries(), "{plan}");
        assert!(
            planner
                .plan(Outcome::Failed(FailureKind::Connect))
                .retries()
        );
    }

    #[test]
    fn endless_attempts_are_shown_in_part() {
        let policy = Policy::standard()
            .attempts(u32::MAX)
            .backoff(steadfast::Backoff::fixed(std::time::Duration::ZERO));
        let planner = Planner::new(&policy, &Method::GET).unwrap();
        let plan = planner
            .plan(Outcome::Status(StatusCode::BAD_GATEWAY))
            .to_string();
        assert!(plan.ends_with(", ..."), "{plan}");
    }
}
