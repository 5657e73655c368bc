//! The quotas of a policy file.

use steadfast_core::hint::Window;
use steadfast_core::quota::Zone;
use steadfast_core::{Policy, Quota};

use crate::config::policy::Maker;
use crate::config::rates::scope;
use crate::config::source::{Name, Span};
use crate::config::walk::{Item, Table, Value};

impl Maker<'_, '_> {
    /// One quota or a list of them; what is wrong is reported and left out.
    pub(super) fn quotas(&mut self, item: &Item) -> Vec<Quota> {
        match &item.value {
            Value::Quota(quota) => vec![quota.clone()],
            Value::Table(table) => self.quota(table).into_iter().collect(),
            Value::List(items) => items.iter().flat_map(|item| self.quotas(item)).collect(),
            _ => Vec::new(),
        }
    }

    fn quota(&mut self, table: &Table) -> Option<Quota> {
        let (count, _) = table.whole("count")?;
        let (per, span) = table.text("per")?;
        let quota = Quota::per_window(count.into(), &per.text);
        let mistake = "the window of a quota makes no sense";
        let help = "it is `day`, `week`, `month`, or a time such as `36h`";
        let mut quota = self.read(quota.ok(), span, mistake, help)?;
        if let Some((zone, span)) = table.text("zone") {
            let help = "it is `UTC`, an offset such as `-08:00`, or, with the feature `time-zone`, a place such as \
                        `America/Los_Angeles`";
            let zone: Option<Zone> = zone.text.parse().ok();
            quota = quota.zone(self.read(zone, span, "no such time zone", help)?);
        }
        let (part, of) = self.share(table)?;
        quota = quota.share(part, of);
        if table.flag("rolling") == Some(true) {
            quota = quota.rolling();
        }
        if let Some((percent, _)) = table.whole("warn_at") {
            quota = quota.warn_at(u8::try_from(percent).unwrap_or(u8::MAX));
        }
        Some(quota.scope(scope(table)))
    }

    /// The value, or a report that quotes none: it may come from a variable.
    pub(super) fn read<T>(
        &mut self,
        value: Option<T>,
        span: Span,
        mistake: &str,
        help: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.report.error_with("value", span, mistake, help);
        }
        value
    }
}

/// A file's own words for a quota that is used up.
pub(super) fn apply_markers(policy: Policy, markers: &[(Name, Item)]) -> Policy {
    markers.iter().fold(policy, |policy, (words, item)| {
        let window = match item.value {
            Value::Word("day") => Window::Day,
            Value::Word("week") => Window::Week,
            Value::Word("month") => Window::Month,
            Value::Word(_) => Window::Unknown,
            _ => return policy,
        };
        policy.quota_marker(words.text.as_str(), window)
    })
}
