//! The JSON Schema of the format, from the key table.

use serde_json::{Map, Value, json};

use crate::config::keys::{ROOT, TABLES};
use crate::config::kind::{Keys, Names, Need, ValueKind, Zero};
use crate::config::rules::{CLASSES, FAILURES};
use crate::config::section::{AnySection, Form, Head};

/// A string with a variable in it: what it will be is not known here.
const VARIABLE: &str = r"\$\{[A-Za-z0-9_]+\}";
const TIME: &str = r"^ *([0-9]+(\.[0-9]+)? *(ns|us|ms|s|m|min|h|d) *)+$";
const SIZE: &str = r"^ *[0-9]+(\.[0-9]+)? *(B|kB|KB|MB|GB|KiB|MiB|GiB)$";
const RATE: &str =
    r"^[0-9]+ */ *([0-9][^ ]*|s|sec|second|m|min|minute|h|hour|d|day)( *,? *burst *[0-9]+)?$";
const QUOTA: &str = r"^[0-9_]+ */ *(day|week|month|hour|[0-9][0-9a-z]*)( +rolling| +in +[^ ]+)*$";
const TRICKLE: &str = r"^[0-9]+(\.[0-9]+)? */ *(s|sec|second|m|min|minute|h|hour|d|day)$";

/// The tables that have a definition, each with its name.
struct Definitions(Vec<(&'static Keys, String)>);

pub(crate) fn schema(sections: &[&'static dyn AnySection]) -> String {
    let definitions = Definitions::new(sections);
    let mut root = definitions.table(&ROOT);
    for section in sections {
        let head = section.head();
        root["properties"][head.name] = definitions.section(head);
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let tables = definitions.0.iter();
    let tables = tables.map(|(keys, name)| (name.clone(), definitions.table(keys)));
    root["$defs"] = Map::from_iter(tables).into();
    root["title"] = json!("Policies of steadfast");
    format!("{root:#}\n")
}

// ===== impl Definitions =====

impl Definitions {
    fn new(sections: &[&'static dyn AnySection]) -> Self {
        let mut definitions = Self(Vec::new());
        for keys in TABLES.iter().filter(|keys| !std::ptr::eq(**keys, &ROOT)) {
            definitions.add(keys, noun(keys));
        }
        for section in sections {
            let Head { name, keys, .. } = section.head();
            definitions.add(keys, name);
            definitions.add_inner(keys, name);
        }
        definitions
    }

    /// Whether the table is new.
    fn add(&mut self, keys: &'static Keys, name: &str) -> bool {
        if self.name(keys).is_some() {
            return false;
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
        let name = name.replace(|letter| !plain(letter), "-");
        let taken = |name: &String| self.0.iter().any(|(_, other)| other == name);
        let others = (2..).map(|n| format!("{name}-{n}"));
        let mut free = std::iter::once(name.clone()).chain(others);
        let name = free.find(|name| !taken(name)).unwrap_or_default();
        self.0.push((keys, name));
        true
    }

    /// The tables inside of a section's table, which may refer to each other in a circle.
    fn add_inner(&mut self, keys: &'static Keys, section: &str) {
        for key in keys.iter() {
            let mut kinds = vec![&key.kind];
            while let Some(kind) = kinds.pop() {
                match kind {
                    ValueKind::Table(inner)
                        if self.add(inner, &format!("{section}.{}", noun(inner))) =>
                    {
                        self.add_inner(inner, section);
                    }
                    ValueKind::Map(_, inner) | ValueKind::List(inner) => kinds.push(inner),
                    ValueKind::Either(one, other) => kinds.extend([other, one]),
                    _ => {}
                }
            }
        }
    }

    fn name(&self, keys: &Keys) -> Option<&str> {
        let mut known = self.0.iter();
        let found = known.find(|(known, _)| std::ptr::eq(*known, keys));
        found.map(|(_, name)| name.as_str())
    }

    fn section(&self, head: &Head) -> Value {
        let table = self.kind(&head.kind);
        let mut value = match head.form {
            Form::Table => table,
            Form::List => json!({"type": "array", "items": table}),
        };
        value["description"] = json!(head.about);
        value
    }

    fn table(&self, keys: &Keys) -> Value {
        let properties = keys.iter().map(|key| {
            let mut value = self.kind(&key.kind);
            value["description"] = json!(key.about);
            (key.name.to_owned(), value)
        });
        let required = keys.iter().filter(|key| key.need == Need::Required);
        let required: Vec<_> = required.map(|key| key.name).collect();
        let mut object = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": Map::from_iter(properties),
        });
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        object
    }

    fn kind(&self, of: &ValueKind) -> Value {
        match of {
            ValueKind::Whole { least, most } => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            ValueKind::Factor => json!({"type": "number", "minimum": 1}),
            ValueKind::Time(Zero::Allowed | Zero::Refused) => text(TIME),
            ValueKind::Size => json!({"anyOf": [text(SIZE), {"type": "integer", "minimum": 0}]}),
            ValueKind::Rate => text(RATE),
            ValueKind::Quota => text(QUOTA),
            ValueKind::Trickle => text(TRICKLE),
            ValueKind::Flag => json!({"type": "boolean"}),
            ValueKind::Off { .. } => json!({"const": false}),
            ValueKind::Text => json!({"type": "string"}),
            ValueKind::Word(words) => {
                let words = words
                    .iter()
                    .map(|word| json!({"const": word.name, "description": word.about}));
                let variable = json!({"type": "string", "pattern": VARIABLE});
                json!({"anyOf": words.chain([variable]).collect::<Vec<_>>()})
            }
            ValueKind::Table(keys) => {
                let name = self.name(keys).unwrap_or_default();
                json!({"$ref": format!("#/$defs/{name}")})
            }
            ValueKind::Map(names, kind) => map(*names, &self.kind(kind)),
            ValueKind::List(kind) => json!({"type": "array", "items": self.kind(kind)}),
            ValueKind::Either(one, other) => json!({"anyOf": [self.kind(one), self.kind(other)]}),
        }
    }
}

/// The name of a table without its article.
fn noun(keys: &Keys) -> &'static str {
    let words = keys.name.split_once(' ');
    words.map_or(keys.name, |(_, noun)| noun)
}

fn text(pattern: &str) -> Value {
    json!({"type": "string", "pattern": format!("{pattern}|{VARIABLE}")})
}

fn map(names: Names, value: &Value) -> Value {
    match names {
        Names::Any => json!({"type": "object", "additionalProperties": value}),
        Names::Statuses => {
            let words = CLASSES.iter().flat_map(|(short, long, ..)| [*short, *long]);
            let words: Vec<_> = words.collect();
            let pattern = format!(
                r"^([1-9][0-9]{{2}}(\.\.(=[1-9][0-9]{{2}})?)?|{})$",
                words.join("|")
            );
            json!({
                "type": "object",
                "additionalProperties": false,
                "patternProperties": {pattern: value},
            })
        }
        Names::Failures => {
            let names = FAILURES
                .iter()
                .map(|failure| (failure.as_str().to_owned(), value.clone()));
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": Map::from_iter(names),
            })
        }
    }
}
