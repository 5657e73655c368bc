//! A table of a file put over the policy that it extends.

use std::time::Duration;

use steadfast_core::{Backoff, BudgetConfig, BudgetScope, Jitter, Pacing, Policy, Priority, Spans};

use crate::config::quotas;
use crate::config::report::Report;
use crate::config::rules;
use crate::config::source::Span;
use crate::config::walk::{Item, Table, Value};

/// The values of `standard`, for the parts that a table leaves out.
const MAX: Duration = Duration::from_secs(20);
const FACTOR: f64 = 2.0;
const INITIAL: Duration = Duration::from_millis(200);
const THROTTLED_INITIAL: Duration = Duration::from_secs(1);
const PERCENT: u32 = 10;
const TRICKLE_MILLIS: u32 = 200;
const BUCKET: u32 = 10;

/// What every policy of a file is made with.
pub(crate) struct Maker<'a, 's> {
    pub(crate) report: &'a mut Report<'s>,
    /// Whether no message may show a value.
    pub(crate) secrets: bool,
    /// The rules of all policies and endpoints so far.
    pub(crate) rules: usize,
}

/// The most rules that all policies and endpoints have together, inherited ones counted wherever they hold: every
/// endpoint has its own copy.
const MOST_RULES: usize = 2_000_000;

impl Maker<'_, '_> {
    /// Counts the rules of one more policy or endpoint; reports it once when there are too many.
    pub(crate) fn affords(&mut self, rules: usize, span: Span) -> bool {
        let before = self.rules;
        self.rules = self.rules.saturating_add(rules);
        if before <= MOST_RULES && self.rules > MOST_RULES {
            let message =
                format!("more than {MOST_RULES} rules in all policies and endpoints together");
            let help =
                "inherited rules count wherever they hold; write ranges, as in `\"500..=599\"`";
            self.report.error_with("limit", span, message, help);
        }
        self.rules <= MOST_RULES
    }

    /// The policy of a table over its parent, checked. `name` says where the parent's values come from.
    pub(crate) fn make(&mut self, parent: &Policy, name: &str, mut table: Table) -> Policy {
        let mut policy = self.numbers(parent.clone(), &table);
        if let Some(Item {
            value: Value::Map(rules),
            ..
        }) = table.take("on")
        {
            policy = rules::apply_statuses(policy, rules, self.report);
        }
        if let Some(Item {
            value: Value::Map(rules),
            ..
        }) = table.take("on_failure")
        {
            policy = rules::apply_failures(policy, rules, self.report);
        }
        policy = self.retries(policy, &table);
        policy = self.answers(policy, &table);
        // What goes with rates that are wrong cannot be said.
        let Some(policy) = self.limits(policy, &table) else {
            return parent.clone();
        };
        match self.contradicts(&policy, name, &table) {
            true => parent.clone(),
            false => policy,
        }
    }

    /// The waits and the budget.
    fn retries(&mut self, mut policy: Policy, table: &Table) -> Policy {
        if let Some(Item {
            value: Value::Table(own),
            span,
        }) = table.get("backoff")
        {
            if let Some(backoff) = self.backoff(own, *span, INITIAL) {
                policy = policy.backoff(backoff);
            }
        }
        if let Some(Item {
            value: Value::Table(own),
            span,
        }) = table.get("throttled_backoff")
        {
            if let Some(backoff) = self.backoff(own, *span, THROTTLED_INITIAL) {
                policy = policy.throttled_backoff(backoff);
            }
        }
        match table.get("budget") {
            Some(Item {
                value: Value::Table(own),
                span,
            }) => {
                if let Some(budget) = self.budget(own, *span) {
                    policy = policy.budget(budget);
                }
            }
            Some(Item {
                value: Value::Flag(false),
                ..
            }) => policy = policy.without_budget(),
            _ => {}
        }
        policy
    }

    /// The rates and the quotas.
    fn limits(&mut self, mut policy: Policy, table: &Table) -> Option<Policy> {
        let rates = table.get("rate").map(|item| self.rates(item));
        policy = self.concurrency(policy, table);
        if let Some(item) = table.get("quota") {
            policy = policy.quota(self.quotas(item));
        }
        if let Some(Item {
            value: Value::Map(markers),
            ..
        }) = table.get("quota_markers")
        {
            policy = quotas::apply_markers(policy, markers);
        }
        match rates {
            Some(rates) => Some(policy.rate_limit(rates?)),
            None => Some(policy),
        }
    }

    fn numbers(&self, mut policy: Policy, table: &Table) -> Policy {
        for (name, _, item) in &table.entries {
            policy = match (*name, &item.value) {
                ("attempts", Value::Whole(number)) => {
                    policy.attempts(u32::try_from(*number).unwrap_or(u32::MAX))
                }
                ("retry_for", Value::Time(time)) => policy.retry_for(*time),
                ("repeatable", Value::Flag(flag)) => policy.repeatable(*flag),
                ("posts_may_redirect", Value::Flag(flag)) => policy.posts_may_redirect(*flag),
                ("wait_for_budget", Value::Flag(flag)) => policy.wait_for_budget(*flag),
                ("attempt_timeout", Value::Time(time)) => policy.attempt_timeout(*time),
                ("deadline", Value::Time(time)) => policy.deadline(*time),
                ("buffer", Value::Size(bytes)) => policy.buffer(*bytes),
                ("drain", Value::Size(bytes)) => policy.drain(*bytes),
                ("max_wait", Value::Time(time)) => policy.max_wait(*time),
                ("max_queue", Value::Whole(number)) => {
                    policy.max_queue(usize::try_from(*number).unwrap_or(usize::MAX))
                }
                ("cost", Value::Whole(number)) => {
                    policy.cost(u32::try_from(*number).unwrap_or(u32::MAX))
                }
                ("priority", Value::Word("high")) => policy.priority(Priority::High),
                ("priority", Value::Word("low")) => policy.priority(Priority::Low),
                ("priority", Value::Word(_)) => policy.priority(Priority::Normal),
                ("pacing", Value::Word("off")) => policy.pacing(Pacing::Off),
                ("pacing", Value::Word("headers")) => policy.pacing(Pacing::Headers),
                ("pacing", Value::Word(_)) => policy.pacing(Pacing::Learned),
                ("gate", Value::Flag(false)) => policy.without_gate(),
                ("budget_scope", Value::Word("origin")) => policy.budget_scope(BudgetScope::Origin),
                ("budget_scope", Value::Word(_)) => policy.budget_scope(BudgetScope::Endpoint),
                ("spans", Value::Word("off")) => policy.spans(Spans::Off),
                ("spans", Value::Word(_)) => policy.spans(Spans::On),
                _ => policy,
            };
        }
        policy
    }

    fn backoff(&mut self, table: &Table, span: Span, first: Duration) -> Option<Backoff> {
        let jitter = match table.word("jitter") {
            Some("none") => Some(Jitter::None),
            Some("equal") => Some(Jitter::Equal),
            Some(_) => Some(Jitter::Full),
            None => None,
        };
        if let Some((wait, _)) = table.time("fixed") {
            let others = table.entries.iter();
            let others = others.filter(|(name, ..)| matches!(*name, "initial" | "factor" | "max"));
            for (name, span, _) in others {
                let message = format!("`{name}` beside `fixed`: a fixed wait does not grow");
                self.report
                    .error_with("contradiction", *span, message, "keep one of them");
            }
            return Some(Backoff::fixed(wait).jitter(jitter.unwrap_or(Jitter::None)));
        }
        let factor = match table.get("factor").map(|item| &item.value) {
            Some(Value::Factor(factor)) => *factor,
            _ => FACTOR,
        };
        let (initial, max) = (table.time("initial"), table.time("max"));
        let backoff = Backoff::exponential(
            initial.map_or(first, |(time, _)| time),
            factor,
            max.map_or(MAX, |(time, _)| time),
        );
        match backoff {
            Ok(backoff) => Some(backoff.jitter(jitter.unwrap_or_default())),
            // The factor and zero were refused before, so only this is left.
            Err(_) => {
                let (span, help) = match (initial, max) {
                    (Some((_, span)), Some(_)) => {
                        (span, "make `initial` shorter or `max` longer".to_owned())
                    }
                    (Some((_, span)), None) => {
                        (span, format!("`max` is {MAX:?} unless it is said"))
                    }
                    (None, Some((_, span))) => {
                        (span, format!("`initial` is {first:?} unless it is said"))
                    }
                    (None, None) => (span, "make `max` longer".to_owned()),
                };
                let message = "the first wait of the backoff is longer than its longest";
                self.report.error_with("contradiction", span, message, help);
                None
            }
        }
    }

    fn budget(&mut self, table: &Table, span: Span) -> Option<BudgetConfig> {
        let trickle = match table.get("trickle").map(|item| &item.value) {
            Some(Value::Trickle(millis)) => *millis,
            _ => TRICKLE_MILLIS,
        };
        let percent = table.whole("percent").map_or(PERCENT, |(number, _)| number);
        let bucket = table.whole("bucket").map_or(BUCKET, |(number, _)| number);
        let budget = BudgetConfig::new(percent, trickle, bucket);
        if budget.is_err() {
            let span = table.get("trickle").map_or(span, |item| item.span);
            let message = "the budget is out of bounds";
            let help = "the trickle is at most `1000/s`";
            self.report.error_with("value", span, message, help);
        }
        budget.ok()
    }
}
