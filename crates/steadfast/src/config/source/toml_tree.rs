//! TOML as a tree. The parser goes on after an error, so all of them are reported.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::report::Report;
use crate::config::source::{Data, Name, Node};

pub(crate) fn read(text: &str, report: &mut Report<'_>) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let end = text.len();
        let span = error.span().unwrap_or(end..end).into();
        report.error("syntax", span, format!("not TOML: {}", error.message()));
    }
    let span = table.span().into();
    Node {
        span,
        data: table_data(table.into_inner()),
    }
}

fn table_data(table: DeTable<'_>) -> Data {
    let entries = table.into_iter().map(|(key, value)| {
        let name = Name {
            span: key.span().into(),
            text: key.into_inner().into_owned(),
        };
        (name, node(value))
    });
    let mut entries: Vec<_> = entries.collect();
    // The parser sorts by name; people read by place.
    entries.sort_by_key(|(name, _)| name.span.start);
    Data::Table(entries)
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span().into();
    let data = match value.into_inner() {
        DeValue::String(text) => Data::Text(text.into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Whole(number),
            Err(_) => Data::Alien("a number beyond all limits"),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Data::Fraction(number),
            Err(_) => Data::Alien("a number that cannot be read"),
        },
        DeValue::Boolean(flag) => Data::Flag(flag),
        DeValue::Datetime(_) => Data::Alien("a date or time of day"),
        DeValue::Array(list) => Data::List(list.into_iter().map(node).collect()),
        DeValue::Table(table) => table_data(table),
    };
    Node { span, data }
}
