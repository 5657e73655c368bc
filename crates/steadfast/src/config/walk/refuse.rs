//! What is wrong with a value or a key, in words.

use super::{Value, Walker};
use crate::config::keys::{ROOT, TABLES};
use crate::config::kind::{Key, Keys, ValueKind};
use crate::config::report::quoted;
use crate::config::section::reserved;
use crate::config::source::{Data, Filled, Name, Node, Span};
use crate::config::suggest::{known, nearest};
use crate::config::units;

impl Walker<'_, '_> {
    /// The mistake of a text with a variable may quote the variable's value, so it is not shown.
    pub(super) fn wrong_text(
        &mut self,
        kind: &ValueKind,
        written: &str,
        filled: &Filled,
        mistake: &str,
        span: Span,
    ) {
        let code = if matches!(kind, ValueKind::Word(_)) {
            "value"
        } else {
            "unit"
        };
        let mistake = match filled.secret {
            true => "is wrong once its variables are filled in",
            false => mistake,
        };
        let known = match kind {
            ValueKind::Word(words) if !filled.secret => {
                nearest(written, words.iter().map(|word| word.name))
            }
            _ => None,
        };
        let meant = match kind {
            _ if filled.secret || self.report.is_full() => None,
            ValueKind::Time(_) => units::repaired(written, "s", units::time),
            ValueKind::Size => units::repaired(written, "B", units::size),
            ValueKind::Rate => units::repaired(written, "/s", units::rate),
            ValueKind::Trickle => units::repaired(written, "/s", units::trickle),
            _ => known.map(str::to_owned),
        };
        let help = match meant {
            Some(word) => format!("did you mean `\"{word}\"`?"),
            None => format!("it has to be {}", kind.expected()),
        };
        let message = format!("{} {mistake}", quoted(written));
        self.report.error_with(code, span, message, help);
    }

    pub(super) fn out_of_bounds(&mut self, kind: &ValueKind, span: Span) -> Option<Value> {
        let written = quoted(self.report.source.written(span));
        let message = format!("{written} is out of bounds");
        let help = format!("it has to be {}", kind.expected());
        self.report.error_with("value", span, message, help);
        None
    }

    pub(super) fn wrong_type(&mut self, kind: &ValueKind, node: &Node) -> Option<Value> {
        let found = node.data.type_name();
        let message = format!("{found} where {} belongs", kind.expected());
        let written = self.report.source.written(node.span);
        let help = match (kind.plainest(), &node.data) {
            (ValueKind::Time(_), Data::Whole(_) | Data::Fraction(_)) => {
                Some(format!("did you mean `\"{written}s\"`?"))
            }
            (ValueKind::Rate | ValueKind::Trickle, Data::Whole(_) | Data::Fraction(_)) => {
                Some(format!("did you mean `\"{written}/s\"`?"))
            }
            (ValueKind::Quota, Data::Whole(_)) => {
                Some(format!("did you mean `\"{written}/day\"`?"))
            }
            (ValueKind::Whole { .. } | ValueKind::Factor, Data::Text(text))
                if text.parse::<f64>().is_ok() =>
            {
                Some(format!("did you mean `{text}`, without quotes?"))
            }
            (ValueKind::Flag, Data::Text(text)) if text == "true" || text == "false" => {
                Some(format!("did you mean `{text}`, without quotes?"))
            }
            (ValueKind::List(ValueKind::Table(_)), Data::Table(_)) => self
                .header()
                .map(|header| format!("did you mean `[[{header}]]`?")),
            (ValueKind::Table(_), Data::List(_)) => self
                .header()
                .map(|header| format!("did you mean `[{header}]`?")),
            _ => None,
        };
        match help {
            Some(help) => self.report.error_with("type", node.span, message, help),
            None => self.report.error("type", node.span, message),
        }
        None
    }

    /// The header of the value that is walked, unless a name of the user's own is part of it.
    fn header(&self) -> Option<String> {
        let keys: Option<Vec<_>> = self.path.iter().copied().collect();
        let header = keys?.join(".");
        (!header.is_empty()).then_some(header)
    }

    pub(super) fn unknown_key(&mut self, keys: &'static Keys, name: &Name) {
        if std::ptr::eq(keys, &ROOT) {
            if let Some(reserved) = reserved::find(&name.text) {
                let (message, help) = reserved.mistake();
                self.report
                    .error_with("missing-crate", name.span, message, help);
                return;
            }
        }
        let message = format!("unknown key {} in {}", quoted(&name.text), keys.name);
        let help = match self.report.is_full() {
            true => None,
            false => self.help_for_key(keys, &name.text),
        };
        match help {
            Some(help) => self
                .report
                .error_with("unknown-key", name.span, message, help),
            None => self.report.error("unknown-key", name.span, message),
        }
    }

    /// The same word in another spelling, what is called so elsewhere, or where it belongs.
    fn help_for_key(&self, keys: &'static Keys, name: &str) -> Option<String> {
        let known_as = |key: &&Key| {
            key.aka
                .contains(&name.to_lowercase().replace('-', "_").as_str())
        };
        if let Some(key) = keys.iter().find(known_as) {
            return Some(format!("did you mean `{}`? ({})", key.name, key.about));
        }
        let mut names: Vec<_> = keys.iter().map(|key| key.name).collect();
        let sections = self.sections.iter().map(|section| section.head());
        if std::ptr::eq(keys, &ROOT) {
            names.extend(sections.clone().map(|head| head.name));
            let reserved = reserved::names();
            if let Some(word) = nearest(name, names.iter().copied().chain(reserved)) {
                return Some(format!("did you mean `{word}`?"));
            }
        } else if let Some(word) = nearest(name, names.iter().copied()) {
            return Some(format!("did you mean `{word}`?"));
        }
        let mut tables = TABLES.into_iter().chain(sections.map(|head| head.keys));
        match tables.find(|other| other.find(name).is_some()) {
            Some(other) => Some(format!("`{name}` is a key of {}", other.name)),
            None => known(names),
        }
    }
}
