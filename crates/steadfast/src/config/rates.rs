//! The rates of a policy file.
//!
//! One rate is a text in most files. A table is there for what a text would make unreadable: shares, scopes, and several
//! windows at once.

use std::time::Duration;

use steadfast_core::{LimitScope, Rate};

use crate::config::policy::Maker;
use crate::config::source::Span;
use crate::config::units;
use crate::config::walk::{Item, Table, Value};

impl Maker<'_, '_> {
    /// One rate or a list of them; `None` when one of them is wrong, which is reported.
    pub(super) fn rates(&mut self, item: &Item) -> Option<Vec<Rate>> {
        match &item.value {
            Value::Rate(rate) => Some(vec![*rate]),
            Value::Table(table) => Some(vec![self.rate(table, item.span)?]),
            Value::List(items) => {
                // All of them are looked at, so that all mistakes are told.
                let rates: Vec<_> = items.iter().map(|item| self.rates(item)).collect();
                let rates: Option<Vec<_>> = rates.into_iter().collect();
                Some(rates?.concat())
            }
            _ => None,
        }
    }

    fn rate(&mut self, table: &Table, span: Span) -> Option<Rate> {
        let rate = self.count_and_time(table, span);
        let share = self.share(table);
        let (mut rate, (part, of)) = (rate?, share?);
        if let Some((burst, span)) = table.whole("burst") {
            if rate != Rate::per(rate.count(), rate.period()) {
                let message = "`burst` beside a `rate` that has one";
                let help = "keep one of them";
                self.report.error_with("contradiction", span, message, help);
                return None;
            }
            rate = rate.burst(burst);
        }
        Some(rate.share(part, of).scope(scope(table)))
    }

    /// `count` with `per`, or `rate`.
    fn count_and_time(&mut self, table: &Table, span: Span) -> Option<Rate> {
        if let Some(item) = table.get("rate") {
            let mut both = false;
            for (name, span, _) in &table.entries {
                if matches!(*name, "count" | "per") {
                    let message = format!("`{name}` beside `rate`, which says that already");
                    let help = "keep one of them";
                    self.report
                        .error_with("contradiction", *span, message, help);
                    both = true;
                }
            }
            return match item.value {
                Value::Rate(rate) if !both => Some(rate),
                _ => None,
            };
        }
        let missing = match (table.get("count"), table.get("per")) {
            (Some(_), Some(_)) => {
                let (count, _) = table.whole("count")?;
                return Some(Rate::per(count, self.time_of(table)?));
            }
            (Some(_), None) => "per",
            _ => "count",
        };
        let message = format!("a rate without `{missing}`");
        let help = "it is `{ count = 5, per = \"second\" }` or `{ rate = \"5/s\" }`";
        self.report.error_with("missing-key", span, message, help);
        None
    }

    fn time_of(&mut self, table: &Table) -> Option<Duration> {
        let (per, span) = table.text("per")?;
        let time = units::period(per.text.trim()).ok();
        let mistake = "the time of a rate makes no sense";
        let help = "it is `second`, `minute`, `hour`, `day`, or a time such as `10s`; for more there is `quota`";
        self.read(time.filter(|time| !time.is_zero()), span, mistake, help)
    }

    /// The part of all that is this process's own: of a rate or of a quota.
    pub(super) fn share(&mut self, table: &Table) -> Option<(u32, u32)> {
        let Some(item) = table.get("share") else {
            return Some((1, 1));
        };
        let Value::Text(text) = &item.value else {
            return None;
        };
        let parts = text.text.split_once('/');
        let parts =
            parts.and_then(|(part, of)| Some((part.trim().parse().ok()?, of.trim().parse().ok()?)));
        let parts = parts.filter(|(part, of)| (1..=*of).contains(part));
        let help = "it is a part of all, as in `1/6`";
        self.read(parts, item.span, "a share that makes no sense", help)
    }
}

/// Whose attempts or requests a limit counts.
pub(super) fn scope(table: &Table) -> LimitScope {
    let word = table.word("scope");
    let mut scopes = LimitScope::ALL.into_iter();
    let scope = scopes.find(|scope| Some(scope.as_str()) == word);
    scope.unwrap_or_default()
}
