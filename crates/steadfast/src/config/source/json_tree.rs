//! JSON as a tree: strict JSON, without comments or trailing commas.
//!
//! One parser decides whether it is JSON, another tells where the values stand: no maintained one does both on Rust 1.85.

use std::collections::HashSet;

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::config::report::{Report, quoted};
use crate::config::source::{Data, Name, Node, Span};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
};

pub(crate) fn read(text: &str, report: &mut Report<'_>) -> Option<Node> {
    // Strict, and bounded in depth; the other parser is neither, but says where each value stands.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let at = report.source.offset(error.line(), error.column());
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(&*message, |(message, _)| message);
        report.error(
            "syntax",
            Span::new(at, at + 1),
            format!("not JSON: {message}"),
        );
        return None;
    }
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => {
            if parsed.value.is_none() {
                report.error("syntax", Span::default(), "not JSON: the file is empty");
            }
            Some(node(parsed.value?, report))
        }
        Err(error) => {
            let mut message = error.kind().to_string();
            message
                .get_mut(..1)
                .map(str::make_ascii_lowercase)
                .unwrap_or_default();
            report.error(
                "syntax",
                error.range().into(),
                format!("not JSON: {message}"),
            );
            None
        }
    }
}

fn node(value: Value<'_>, report: &mut Report<'_>) -> Node {
    let span = value.range().into();
    let data = match value {
        Value::StringLit(text) => Data::Text(text.value.into_owned()),
        Value::NumberLit(number) => read_number(number.value),
        Value::BooleanLit(flag) => Data::Flag(flag.value),
        Value::NullKeyword(_) => Data::Alien("`null`"),
        Value::Array(list) => Data::List(
            list.elements
                .into_iter()
                .map(|value| node(value, report))
                .collect(),
        ),
        Value::Object(object) => {
            let mut known = HashSet::with_capacity(object.properties.len());
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let span = property.name.range().into();
                let text = match property.name {
                    ObjectPropName::String(text) => text.value.into_owned(),
                    ObjectPropName::Word(word) => word.value.to_owned(),
                };
                if known.insert(text.clone()) {
                    entries.push((Name { span, text }, node(property.value, report)));
                } else {
                    report.error(
                        "syntax",
                        span,
                        format!("the key {} stands twice", quoted(&text)),
                    );
                }
            }
            Data::Table(entries)
        }
    };
    Node { span, data }
}

fn read_number(text: &str) -> Data {
    if let Ok(number) = text.parse() {
        return Data::Whole(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Data::Fraction(number),
        _ => Data::Alien("a number beyond all limits"),
    }
}

impl From<Range> for Span {
    fn from(range: Range) -> Self {
        Self::new(range.start, range.end)
    }
}
