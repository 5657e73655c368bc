//! Values that are right by themselves and do not go together.

use steadfast_core::{InvalidPolicy, Policy};
use steadfast_tower::Scope;

use crate::config::policy::Maker;
use crate::config::source::Span;
use crate::config::walk::Table;

impl Maker<'_, '_> {
    /// Reports what does not go together, where this table had a part in it.
    pub(super) fn contradicts(&mut self, policy: &Policy, name: &str, table: &Table) -> bool {
        let mistake = match Scope::prepare(policy) {
            Ok(prepared) => {
                self.useless(prepared.retry().attempts, table);
                return false;
            }
            Err(mistake) => mistake,
        };
        let own = |name: &str| table.get(name).map(|item| item.span);
        let field = mistake.field();
        if matches!(field, "attempt_timeout" | "cost") {
            self.two_of_them(&mistake, name, table);
            return true;
        }
        let key = match field {
            "rate_limit" => "rate",
            "quota_marker" => "quota_markers",
            field => field,
        };
        // The parent is right by itself, so something in this table is wrong.
        let first = table.entries.first().map(|(_, span, _)| *span);
        let message = match self.secrets {
            true => format!("`{key}` makes no sense once its variables are filled in"),
            false => mistake.to_string().replace("`rate_limit`", "`rate`"),
        };
        // An empty list of rates leaves inherited bounds of the wait alone.
        let rate = own("rate").filter(|_| matches!(field, "max_wait" | "max_queue"));
        let span = own(key).or(rate).or(first).unwrap_or_default();
        self.report.error("value", span, message);
        true
    }

    /// Two values that do not go together, one of which may be the parent's.
    fn two_of_them(&mut self, mistake: &InvalidPolicy, name: &str, table: &Table) {
        let (one, other, words, remedy) = match mistake.field() {
            "cost" => (
                "cost",
                "rate",
                ["the cost", "the rate"],
                "make the burst of the rate larger, or the cost smaller",
            ),
            _ => (
                "attempt_timeout",
                "deadline",
                ["the attempt timeout", "the deadline"],
                "make it longer, or the attempt timeout shorter",
            ),
        };
        let own = |name: &str| table.get(name).map(|item| item.span);
        let (span, beside) = match (own(one), own(other)) {
            (Some(span), Some(other)) => (span, self.line(words[1], other)),
            (Some(span), None) => (span, format!("{} is that of `{name}`", words[1])),
            (None, Some(span)) => (span, format!("{} is that of `{name}`", words[0])),
            (None, None) => (Span::default(), String::new()),
        };
        let message = match mistake.field() {
            "cost" if self.secrets => {
                "a request costs more than a rate lets through at once".to_owned()
            }
            "cost" => mistake.to_string(),
            _ => "the attempt timeout is longer than the deadline".to_owned(),
        };
        let help = format!("{beside}; {remedy}");
        self.report.error_with("contradiction", span, message, help);
    }

    /// What is about retries, where there are none.
    fn useless(&mut self, attempts: u32, table: &Table) {
        if attempts > 1 {
            return;
        }
        for (name, span, _) in &table.entries {
            if matches!(
                *name,
                "backoff" | "throttled_backoff" | "budget" | "retry_for"
            ) {
                let message = format!("`{name}` has no effect: a call has one attempt");
                let help = "allow more `attempts`, or leave it out";
                self.report.warning("no-effect", *span, message, help);
            }
        }
    }

    fn line(&self, what: &str, span: Span) -> String {
        let line = self.report.source.position(span).line;
        format!("{what} is that of line {line}")
    }
}
