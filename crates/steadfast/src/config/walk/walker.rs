//! Checks a tree against the key table, and gives what it holds.

use super::takes::{takes, takes_text};
use super::{Item, Table, Value};
use crate::config::keys::SECTIONS;
use crate::config::kind::{Key, Kind, Need, Section, Zero};
use crate::config::report::{Report, quoted};
use crate::config::source::{Data, Env, Filled, Name, Node, Span, fill};
use crate::config::suggest::{among, nearest};
use crate::config::units;

pub(crate) struct Walker<'a, 's> {
    pub(crate) report: &'a mut Report<'s>,
    pub(crate) env: Env<'a>,
    /// Whether a value came from a variable: then no message may show a value.
    pub(crate) secrets: bool,
}

// ===== impl Walker =====

impl Walker<'_, '_> {
    pub(crate) fn table(&mut self, section: &'static Section, node: Node) -> Table {
        let span = node.span;
        let Data::Table(entries) = node.data else {
            self.wrong_type(&Kind::Table(section), &node);
            return Table {
                entries: Vec::new(),
            };
        };
        let mut known = Vec::with_capacity(entries.len().min(32));
        for (name, value) in entries {
            match section.key(&name.text) {
                Some(key) => {
                    let item = self.item(&key.kind, value);
                    known.push((key.name, name.span, item));
                }
                None => self.unknown_key(section, &name),
            }
        }
        for key in section.keys().filter(|key| key.need == Need::Required) {
            if !known.iter().any(|(name, ..)| *name == key.name) {
                let message = format!("{} without `{}`", section.name, key.name);
                let help = format!("`{}`: {}", key.name, key.about);
                self.report.error_with("missing-key", span, message, help);
            }
        }
        Table { entries: known }
    }

    fn item(&mut self, kind: &'static Kind, node: Node) -> Item {
        let span = node.span;
        let value = self.value(kind, node).unwrap_or(Value::Wrong);
        Item { span, value }
    }

    fn value(&mut self, kind: &'static Kind, node: Node) -> Option<Value> {
        match (kind, node.data) {
            (Kind::Either(one, other), data) => {
                let node = Node {
                    span: node.span,
                    data,
                };
                match (takes(one, &node.data), takes(other, &node.data)) {
                    (true, _) => self.value(one, node),
                    (_, true) => self.value(other, node),
                    _ => self.wrong_type(kind, &node),
                }
            }
            (Kind::Table(section), data @ Data::Table(_)) => {
                let node = Node {
                    span: node.span,
                    data,
                };
                Some(Value::Table(self.table(section, node)))
            }
            (Kind::Map(_, kind), Data::Table(entries)) => {
                let items = entries
                    .into_iter()
                    .map(|(name, node)| (name, self.item(kind, node)));
                Some(Value::Map(items.collect()))
            }
            (Kind::List(kind), Data::List(list)) => Some(Value::List(
                list.into_iter().map(|node| self.item(kind, node)).collect(),
            )),
            (_, Data::Text(text)) if takes_text(kind) => self.text(kind, &text, node.span),
            (_, Data::Whole(number)) => self.whole(kind, number, node.span),
            (Kind::Factor, Data::Fraction(number)) => self.factor(kind, number, node.span),
            (Kind::Flag, Data::Flag(flag)) => Some(Value::Flag(flag)),
            (Kind::Off { .. }, Data::Flag(false)) => Some(Value::Flag(false)),
            (Kind::Off { mistake, help }, Data::Flag(true)) => {
                self.report.error_with("value", node.span, *mistake, *help);
                None
            }
            (_, data) => self.wrong_type(
                kind,
                &Node {
                    span: node.span,
                    data,
                },
            ),
        }
    }

    fn whole(&mut self, kind: &'static Kind, number: i128, span: Span) -> Option<Value> {
        match kind {
            Kind::Whole { least, most } => match u64::try_from(number) {
                Ok(number) if (*least..=*most).contains(&number) => Some(Value::Whole(number)),
                _ => self.out_of_bounds(kind, span),
            },
            Kind::Factor => self.factor(kind, number as f64, span),
            Kind::Size => match usize::try_from(number) {
                Ok(bytes) if bytes <= isize::MAX as usize => Some(Value::Size(bytes)),
                _ => self.out_of_bounds(kind, span),
            },
            _ => {
                let data = Data::Whole(number);
                self.wrong_type(kind, &Node { span, data })
            }
        }
    }

    fn factor(&mut self, kind: &'static Kind, number: f64, span: Span) -> Option<Value> {
        match number.is_finite() && number >= 1.0 {
            true => Some(Value::Factor(number)),
            false => self.out_of_bounds(kind, span),
        }
    }

    fn text(&mut self, kind: &'static Kind, written: &str, span: Span) -> Option<Value> {
        let filled = match fill(written, self.env) {
            Ok(filled) => filled,
            Err((message, help)) => {
                self.report.error_with("variable", span, message, help);
                return None;
            }
        };
        self.secrets |= filled.secret;
        let text = filled.text.as_str();
        let read = match kind {
            Kind::Time(zero) => units::time(text).and_then(|time| match (zero, time.is_zero()) {
                (Zero::Refused, true) => Err("is no time at all".to_owned()),
                _ => Ok(Value::Time(time)),
            }),
            Kind::Size => units::size(text).map(Value::Size),
            Kind::Rate => units::rate(text).map(Value::Rate),
            Kind::Trickle => units::trickle(text).map(Value::Trickle),
            Kind::Quota => units::quota(text).map(Value::Quota),
            Kind::Word(words) => match words.iter().find(|word| word.name == text) {
                Some(word) => Ok(Value::Word(word.name)),
                None => Err("is not a word that is known here".to_owned()),
            },
            _ => return Some(Value::Text(filled)),
        };
        match read {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.wrong_text(kind, written, &filled, &mistake, span);
                None
            }
        }
    }

    /// The mistake of a text with a variable may quote the variable's value, so it is not shown.
    fn wrong_text(
        &mut self,
        kind: &Kind,
        written: &str,
        filled: &Filled,
        mistake: &str,
        span: Span,
    ) {
        let code = if matches!(kind, Kind::Word(_)) {
            "value"
        } else {
            "unit"
        };
        let mistake = match filled.secret {
            true => "is wrong once its variables are filled in",
            false => mistake,
        };
        let known = match kind {
            Kind::Word(words) if !filled.secret => {
                nearest(written, words.iter().map(|word| word.name))
            }
            _ => None,
        };
        let meant = match kind {
            _ if filled.secret || self.report.is_full() => None,
            Kind::Time(_) => units::repaired(written, "s", units::time),
            Kind::Size => units::repaired(written, "B", units::size),
            Kind::Rate => units::repaired(written, "/s", units::rate),
            Kind::Trickle => units::repaired(written, "/s", units::trickle),
            _ => known.map(str::to_owned),
        };
        let help = match meant {
            Some(word) => format!("did you mean `\"{word}\"`?"),
            None => format!("it has to be {}", kind.expected()),
        };
        let message = format!("{} {mistake}", quoted(written));
        self.report.error_with(code, span, message, help);
    }

    fn out_of_bounds(&mut self, kind: &Kind, span: Span) -> Option<Value> {
        let written = quoted(self.report.source.written(span));
        let message = format!("{written} is out of bounds");
        let help = format!("it has to be {}", kind.expected());
        self.report.error_with("value", span, message, help);
        None
    }

    fn wrong_type(&mut self, kind: &Kind, node: &Node) -> Option<Value> {
        let found = node.data.type_name();
        let message = format!("{found} where {} belongs", kind.expected());
        let written = self.report.source.written(node.span);
        let help = match (kind.plainest(), &node.data) {
            (Kind::Time(_), Data::Whole(_) | Data::Fraction(_)) => {
                Some(format!("did you mean `\"{written}s\"`?"))
            }
            (Kind::Rate | Kind::Trickle, Data::Whole(_) | Data::Fraction(_)) => {
                Some(format!("did you mean `\"{written}/s\"`?"))
            }
            (Kind::Quota, Data::Whole(_)) => Some(format!("did you mean `\"{written}/day\"`?")),
            (Kind::Whole { .. } | Kind::Factor, Data::Text(text))
                if text.parse::<f64>().is_ok() =>
            {
                Some(format!("did you mean `{text}`, without quotes?"))
            }
            (Kind::Flag, Data::Text(text)) if text == "true" || text == "false" => {
                Some(format!("did you mean `{text}`, without quotes?"))
            }
            (Kind::List(_), Data::Table(_)) => Some("did you mean `[[endpoints]]`?".to_owned()),
            _ => None,
        };
        match help {
            Some(help) => self.report.error_with("type", node.span, message, help),
            None => self.report.error("type", node.span, message),
        }
        None
    }

    fn unknown_key(&mut self, section: &'static Section, name: &Name) {
        let message = format!("unknown key {} in {}", quoted(&name.text), section.name);
        let help = match self.report.is_full() {
            true => None,
            false => help_for_key(section, &name.text),
        };
        match help {
            Some(help) => self
                .report
                .error_with("unknown-key", name.span, message, help),
            None => self.report.error("unknown-key", name.span, message),
        }
    }
}

/// The same word in another spelling, what is called so elsewhere, or where it belongs.
fn help_for_key(section: &'static Section, name: &str) -> Option<String> {
    let known_as = |key: &&Key| {
        key.aka
            .contains(&name.to_lowercase().replace('-', "_").as_str())
    };
    if let Some(key) = section.keys().find(known_as) {
        return Some(format!("did you mean `{}`? ({})", key.name, key.about));
    }
    let names = section.keys().map(|key| key.name);
    if let Some(word) = nearest(name, names.clone()) {
        return Some(format!("did you mean `{word}`?"));
    }
    let elsewhere = SECTIONS.iter().find(|other| other.key(name).is_some());
    match elsewhere {
        Some(other) => Some(format!("`{name}` is a key of {}", other.name)),
        None => among(name, names),
    }
}
