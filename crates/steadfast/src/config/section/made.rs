//! What the sections of one file say.

use std::fmt;
use std::sync::Arc;

use super::definition::{AnySection, Made};
use super::mistakes::{Mistake, Mistakes};
use crate::config::report::{Diagnostic, Diagnostics, Report, Severity};
use crate::config::walk::{Value, Walked};
use crate::policies::PoliciesBuilder;

/// A section that a file has.
#[derive(Clone)]
pub(crate) struct Present {
    section: &'static dyn AnySection,
    made: Made,
    /// Without a message: for what is found later.
    place: Diagnostic,
    /// Whether a value in it came from a variable.
    secret: bool,
}

/// Makes what each section of a file says; reports what is wrong.
pub(crate) fn make(walked: Vec<Walked>, report: &mut Report<'_>) -> Vec<Present> {
    let made = walked.into_iter().filter_map(|walked| {
        let section = walked.section;
        let name = section.head().name;
        if matches!(walked.item.value, Value::Wrong) {
            return None;
        }
        let mut mistakes = Mistakes::new(report.source, walked.secret);
        let made = section.make(&walked.item, &mut mistakes);
        let told = mistakes.tell(name, report);
        if made.is_none() && !told && report.errors() == 0 {
            let message =
                format!("the section `{name}` is refused, and its crate does not say why");
            report.error("value", walked.name, message);
        }
        Some(Present {
            section,
            made: made?,
            place: report.at(Severity::Error, "section", walked.name),
            secret: walked.secret,
        })
    });
    made.collect()
}

/// The sections whose change policies that were built with the first ones do not follow: their names.
pub(crate) fn opened_otherwise(built: &[Present], now: &[Present]) -> Vec<&'static str> {
    let of = |sections: &[Present], name: &str| {
        let mut sections = sections.iter();
        let found = sections.find(|present| present.name() == name);
        found.map(|present| Arc::clone(&present.made))
    };
    let new = now
        .iter()
        .filter(|present| of(built, present.name()).is_none());
    let all = built.iter().chain(new);
    let changed = all.filter(|present| {
        let [before, after] = [built, now].map(|sections| of(sections, present.name()));
        !present
            .section
            .opens_the_same(before.as_ref(), after.as_ref())
    });
    changed.map(Present::name).collect()
}

// ===== impl Present =====

impl Present {
    pub(crate) fn name(&self) -> &'static str {
        self.section.head().name
    }

    pub(crate) fn made<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.made).downcast().ok()
    }

    /// Does to policies what the section does to them.
    pub(crate) fn open(&self, builder: PoliciesBuilder) -> Result<PoliciesBuilder, Diagnostics> {
        self.section
            .open(&self.made, builder)
            .map_err(|mistake| self.refuse(mistake))
    }

    /// What is wrong with it, found after it was read.
    pub(crate) fn refuse(&self, mistake: impl Into<Mistake>) -> Diagnostics {
        let (message, help) = mistake.into().shown(self.name(), self.secret);
        let place = self.place.clone();
        Diagnostics::new(vec![place.saying(&message, help.as_deref())])
    }
}

impl fmt::Debug for Present {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Present").field(&self.name()).finish()
    }
}
