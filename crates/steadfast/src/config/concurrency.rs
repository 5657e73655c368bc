//! The concurrency limit of a policy file: a number, or a table that says more.

use steadfast_core::{Concurrency, ConcurrencyLimit, Policy};

use crate::config::policy::Maker;
use crate::config::source::Span;
use crate::config::walk::{Table, Value};

impl Maker<'_, '_> {
    /// A policy with what a table says of its concurrency.
    pub(super) fn concurrency(&mut self, policy: Policy, table: &Table) -> Policy {
        let Some(item) = table.get("concurrency") else {
            return policy;
        };
        match &item.value {
            Value::Whole(number) => policy.concurrency(u32::try_from(*number).unwrap_or(u32::MAX)),
            Value::Flag(false) => policy.without_concurrency(),
            Value::Table(own) => match self.concurrency_of(own, item.span) {
                Some(concurrency) => policy.concurrency(concurrency),
                None => policy,
            },
            _ => policy,
        }
    }

    fn concurrency_of(&mut self, table: &Table, span: Span) -> Option<Concurrency> {
        let mut concurrency = self.limit_of(table, span)?;
        if let Some((time, _)) = table.time("max_wait") {
            concurrency = concurrency.max_wait(time);
        }
        if let Some((attempts, _)) = table.whole("max_queue") {
            concurrency = concurrency.max_queue(attempts as usize);
        }
        Some(concurrency)
    }

    fn limit_of(&mut self, table: &Table, span: Span) -> Option<Concurrency> {
        let limit = table.whole("limit");
        if table.flag("adaptive") != Some(true) {
            for bound in ["min", "max"] {
                if let Some(item) = table.get(bound) {
                    let message = format!("`{bound}` bounds an adaptive limit only");
                    let help = "add `adaptive = true`, or leave it out";
                    self.report
                        .error_with("contradiction", item.span, message, help);
                    return None;
                }
            }
            if limit.is_none() && table.get("limit").is_none() {
                let message = "a concurrency limit without `limit`";
                let help = "it is `{ limit = 8 }` or `{ adaptive = true }`";
                self.report.error_with("missing-key", span, message, help);
            }
            return limit.map(|(attempts, _)| Concurrency::fixed(attempts));
        }
        if let Some((_, span)) = limit {
            let message = "`limit` beside `adaptive`";
            let help = "keep one of them; `min` and `max` bound an adaptive limit";
            self.report.error_with("contradiction", span, message, help);
            return None;
        }
        let adaptive = Concurrency::adaptive();
        let ConcurrencyLimit::Adaptive { least, most } = adaptive.limit else {
            return Some(adaptive);
        };
        let unsaid = format!("{least} and {most}");
        let (min, max) = (table.whole("min"), table.whole("max"));
        let least = min.map_or(least, |(number, _)| number);
        let most = max.map_or(most, |(number, _)| number);
        if let Some((_, span)) = min.or(max).filter(|_| least > most) {
            let message = "`min` is more than `max`";
            let help = format!("make `min` smaller or `max` larger; unless said they are {unsaid}");
            self.report.error_with("contradiction", span, message, help);
            return None;
        }
        Some(adaptive.between(least, most))
    }
}
