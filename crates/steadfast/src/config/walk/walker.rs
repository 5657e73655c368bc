//! Walks a tree with the key table.

use super::takes::{takes, takes_text};
use super::{Item, Table, Value};
use crate::config::keys::ROOT;
use crate::config::kind::{Keys, Need, ValueKind, Zero};
use crate::config::report::Report;
use crate::config::section::{AnySection, Form};
use crate::config::source::{Data, Env, Name, Node, Span, fill};
use crate::config::units;

pub(crate) struct Walker<'a, 's> {
    pub(crate) report: &'a mut Report<'s>,
    pub(crate) env: Env<'a>,
    /// Whether a value came from a variable: then no message may show a value.
    pub(crate) secrets: bool,
    /// The sections that are registered.
    pub(super) sections: &'a [&'static dyn AnySection],
    /// The keys that lead to the value that is walked; `None` is a name of the user's own.
    pub(super) path: Vec<Option<&'static str>>,
}

/// A section of the file, checked against its keys.
pub(crate) struct Walked {
    pub(crate) section: &'static dyn AnySection,
    pub(crate) name: Span,
    pub(crate) item: Item,
    /// Whether a value in it came from a variable.
    pub(crate) secret: bool,
}

// ===== impl Walker =====

impl<'a, 's> Walker<'a, 's> {
    pub(crate) fn new(
        report: &'a mut Report<'s>,
        env: Env<'a>,
        sections: &'a [&'static dyn AnySection],
    ) -> Self {
        Self {
            report,
            env,
            secrets: false,
            sections,
            path: Vec::new(),
        }
    }

    /// The whole file: its own keys, and the sections that are registered.
    pub(crate) fn file(&mut self, node: Node) -> (Table, Vec<Walked>) {
        let Data::Table(entries) = node.data else {
            return (self.table(&ROOT, node), Vec::new());
        };
        let (mut own, mut found) = (Vec::with_capacity(entries.len()), Vec::new());
        for (name, value) in entries {
            match self
                .sections
                .iter()
                .find(|known| known.head().name == name.text)
            {
                Some(section) => found.push(self.section(*section, &name, value)),
                None => own.push((name, value)),
            }
        }
        let data = Data::Table(own);
        let root = self.table(
            &ROOT,
            Node {
                span: node.span,
                data,
            },
        );
        (root, found)
    }

    fn section(&mut self, section: &'static dyn AnySection, name: &Name, node: Node) -> Walked {
        let head = section.head();
        // Variables of a section say nothing about the policies, and the other way round.
        let others = std::mem::take(&mut self.secrets);
        self.path.push(Some(head.name));
        let span = node.span;
        let item = match (head.form, node.data) {
            (Form::List, Data::List(list)) => {
                let items = list.into_iter().map(|node| self.item(&head.kind, node));
                let value = Value::List(items.collect());
                Item { span, value }
            }
            (Form::List, data) => {
                self.wrong_type(&ValueKind::List(&head.kind), &Node { span, data });
                let value = Value::Wrong;
                Item { span, value }
            }
            (Form::Table, data) => self.item(&head.kind, Node { span, data }),
        };
        self.path.pop();
        Walked {
            section,
            name: name.span,
            item,
            secret: std::mem::replace(&mut self.secrets, others),
        }
    }

    pub(crate) fn table(&mut self, keys: &'static Keys, node: Node) -> Table {
        let span = node.span;
        let Data::Table(entries) = node.data else {
            self.wrong_type(&ValueKind::Table(keys), &node);
            return Table::empty(span);
        };
        let mut known = Vec::with_capacity(entries.len().min(32));
        for (name, value) in entries {
            match keys.find(&name.text) {
                Some(key) => {
                    self.path.push(Some(key.name));
                    let item = self.item(&key.kind, value);
                    self.path.pop();
                    known.push((key.name, name.span, item));
                }
                None => self.unknown_key(keys, &name),
            }
        }
        for key in keys.iter().filter(|key| key.need == Need::Required) {
            if !known.iter().any(|(name, ..)| *name == key.name) {
                let message = format!("{} without `{}`", keys.name, key.name);
                let help = format!("`{}`: {}", key.name, key.about);
                self.report.error_with("missing-key", span, message, help);
            }
        }
        Table {
            span,
            entries: known,
        }
    }

    fn item(&mut self, kind: &'static ValueKind, node: Node) -> Item {
        let span = node.span;
        let value = self.value(kind, node).unwrap_or(Value::Wrong);
        Item { span, value }
    }

    fn value(&mut self, kind: &'static ValueKind, node: Node) -> Option<Value> {
        match (kind, node.data) {
            (ValueKind::Either(one, other), data) => {
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
            (ValueKind::Table(keys), data @ Data::Table(_)) => {
                let node = Node {
                    span: node.span,
                    data,
                };
                Some(Value::Table(self.table(keys, node)))
            }
            (ValueKind::Map(_, kind), Data::Table(entries)) => {
                self.path.push(None);
                let items = entries
                    .into_iter()
                    .map(|(name, node)| (name, self.item(kind, node)));
                let map = Value::Map(items.collect());
                self.path.pop();
                Some(map)
            }
            (ValueKind::List(kind), Data::List(list)) => Some(Value::List(
                list.into_iter().map(|node| self.item(kind, node)).collect(),
            )),
            (_, Data::Text(text)) if takes_text(kind) => self.text(kind, &text, node.span),
            (_, Data::Whole(number)) => self.whole(kind, number, node.span),
            (ValueKind::Factor, Data::Fraction(number)) => self.factor(kind, number, node.span),
            (ValueKind::Flag, Data::Flag(flag)) => Some(Value::Flag(flag)),
            (ValueKind::Off { .. }, Data::Flag(false)) => Some(Value::Flag(false)),
            (ValueKind::Off { mistake, help }, Data::Flag(true)) => {
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

    fn whole(&mut self, kind: &'static ValueKind, number: i128, span: Span) -> Option<Value> {
        match kind {
            ValueKind::Whole { least, most } => match u64::try_from(number) {
                Ok(number) if (*least..=*most).contains(&number) => Some(Value::Whole(number)),
                _ => self.out_of_bounds(kind, span),
            },
            ValueKind::Factor => self.factor(kind, number as f64, span),
            ValueKind::Size => match usize::try_from(number) {
                Ok(bytes) if bytes <= isize::MAX as usize => Some(Value::Size(bytes)),
                _ => self.out_of_bounds(kind, span),
            },
            _ => {
                let data = Data::Whole(number);
                self.wrong_type(kind, &Node { span, data })
            }
        }
    }

    fn factor(&mut self, kind: &'static ValueKind, number: f64, span: Span) -> Option<Value> {
        match number.is_finite() && number >= 1.0 {
            true => Some(Value::Factor(number)),
            false => self.out_of_bounds(kind, span),
        }
    }

    fn text(&mut self, kind: &'static ValueKind, written: &str, span: Span) -> Option<Value> {
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
            ValueKind::Time(zero) => {
                units::time(text).and_then(|time| match (zero, time.is_zero()) {
                    (Zero::Refused, true) => Err("is no time at all".to_owned()),
                    _ => Ok(Value::Time(time)),
                })
            }
            ValueKind::Size => units::size(text).map(Value::Size),
            ValueKind::Rate => units::rate(text).map(Value::Rate),
            ValueKind::Trickle => units::trickle(text).map(Value::Trickle),
            ValueKind::Quota => units::quota(text).map(Value::Quota),
            ValueKind::Word(words) => match words.iter().find(|word| word.name == text) {
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
}
