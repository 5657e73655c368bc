//! The JSON Schema of the format, from the key table.

use serde_json::{Map, Value, json};

use crate::config::keys::{ROOT, SECTIONS};
use crate::config::kind::{Kind, Names, Need, Section, Zero};
use crate::config::rules::{CLASSES, FAILURES};

/// A string with a variable in it: what it will be is not known here.
const VARIABLE: &str = r"\$\{[A-Za-z0-9_]+\}";
const TIME: &str = r"^ *([0-9]+(\.[0-9]+)? *(ns|us|ms|s|m|min|h|d) *)+$";
const SIZE: &str = r"^ *[0-9]+(\.[0-9]+)? *(B|kB|KB|MB|GB|KiB|MiB|GiB)$";
const RATE: &str =
    r"^[0-9]+ */ *([0-9][^ ]*|s|sec|second|m|min|minute|h|hour|d|day)( *,? *burst *[0-9]+)?$";
const QUOTA: &str = r"^[0-9_]+ */ *(day|week|month|hour|[0-9][0-9a-z]*)( +rolling| +in +[^ ]+)*$";
const TRICKLE: &str = r"^[0-9]+(\.[0-9]+)? */ *(s|sec|second|m|min|minute|h|hour|d|day)$";

pub(crate) fn schema() -> String {
    let mut root = section(&ROOT);
    if let Value::Object(root) = &mut root {
        root.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        let others = SECTIONS
            .iter()
            .filter(|other| !std::ptr::eq(**other, &ROOT));
        let others = others.map(|other| (definition(other).to_owned(), section(other)));
        root.insert("$defs".into(), Map::from_iter(others).into());
        root.insert("title".into(), json!("Policies of steadfast"));
    }
    format!("{root:#}\n")
}

/// The name of a table without its article.
fn definition(section: &Section) -> &'static str {
    section
        .name
        .split_once(' ')
        .map_or(section.name, |(_, name)| name)
}

fn section(section: &Section) -> Value {
    let properties = section.keys().map(|key| {
        let mut value = kind(&key.kind);
        if let Value::Object(value) = &mut value {
            value.insert("description".into(), json!(key.about));
        }
        (key.name.to_owned(), value)
    });
    let required: Vec<_> = section
        .keys()
        .filter(|key| key.need == Need::Required)
        .map(|key| key.name)
        .collect();
    let mut object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": Map::from_iter(properties),
    });
    if let (Value::Object(object), false) = (&mut object, required.is_empty()) {
        object.insert("required".into(), json!(required));
    }
    object
}

fn kind(of: &Kind) -> Value {
    match of {
        Kind::Whole { least, most } => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Kind::Factor => json!({"type": "number", "minimum": 1}),
        Kind::Time(Zero::Allowed | Zero::Refused) => text(TIME),
        Kind::Size => json!({"anyOf": [text(SIZE), {"type": "integer", "minimum": 0}]}),
        Kind::Rate => text(RATE),
        Kind::Quota => text(QUOTA),
        Kind::Trickle => text(TRICKLE),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Off { .. } => json!({"const": false}),
        Kind::Text => json!({"type": "string"}),
        Kind::Word(words) => {
            let words = words
                .iter()
                .map(|word| json!({"const": word.name, "description": word.about}));
            let variable = json!({"type": "string", "pattern": VARIABLE});
            json!({"anyOf": words.chain([variable]).collect::<Vec<_>>()})
        }
        Kind::Table(table) => json!({"$ref": format!("#/$defs/{}", definition(table))}),
        Kind::Map(names, kind) => map(*names, kind),
        Kind::List(kind_of_items) => json!({"type": "array", "items": kind(kind_of_items)}),
        Kind::Either(one, other) => json!({"anyOf": [kind(one), kind(other)]}),
    }
}

fn text(pattern: &str) -> Value {
    json!({"type": "string", "pattern": format!("{pattern}|{VARIABLE}")})
}

fn map(names: Names, of: &Kind) -> Value {
    match names {
        Names::Any => json!({"type": "object", "additionalProperties": kind(of)}),
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
                "patternProperties": {pattern: kind(of)},
            })
        }
        Names::Failures => {
            let names = FAILURES
                .iter()
                .map(|failure| (failure.as_str().to_owned(), kind(of)));
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": Map::from_iter(names),
            })
        }
    }
}
