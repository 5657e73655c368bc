//! What a tree holds, once it was checked against the key table.

use std::time::Duration;

use steadfast_core::{Quota, Rate};

use crate::config::source::{Filled, Name, Span};

/// What a key holds, checked.
#[derive(Debug)]
pub(crate) enum Value {
    Whole(u64),
    Factor(f64),
    Time(Duration),
    Size(usize),
    Rate(Rate),
    Quota(Quota),
    Trickle(u32),
    Flag(bool),
    Text(Filled),
    Word(&'static str),
    Table(Table),
    Map(Vec<(Name, Item)>),
    List(Vec<Item>),
    /// Wrong, and reported.
    Wrong,
}

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A table with known keys.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) span: Span,
    pub(crate) entries: Vec<(&'static str, Span, Item)>,
}

// ===== impl Item =====

impl Item {
    /// Where the first name of a map stands.
    pub(crate) fn first_name(&self) -> Option<Span> {
        match &self.value {
            Value::Map(entries) => entries.first().map(|(name, _)| name.span),
            _ => None,
        }
    }
}

// ===== impl Table =====

impl Table {
    pub(crate) fn empty(span: Span) -> Self {
        Self {
            span,
            entries: Vec::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Item> {
        let mut entries = self.entries.iter();
        entries
            .find(|(own, ..)| *own == name)
            .map(|(.., item)| item)
    }

    /// How many rules it has for statuses and failures.
    pub(crate) fn rules(&self) -> usize {
        let maps = ["on", "on_failure"]
            .into_iter()
            .filter_map(|name| self.get(name));
        maps.map(|item| match &item.value {
            Value::Map(rules) => rules.len(),
            _ => 0,
        })
        .sum()
    }

    /// The table, list or map at a key, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Item> {
        let at = self.entries.iter().position(|(own, ..)| *own == name)?;
        Some(self.entries.swap_remove(at).2)
    }

    pub(crate) fn text(&self, name: &str) -> Option<(&Filled, Span)> {
        match self.get(name)? {
            Item {
                value: Value::Text(text),
                span,
            } => Some((text, *span)),
            _ => None,
        }
    }

    pub(crate) fn time(&self, name: &str) -> Option<(Duration, Span)> {
        match self.get(name)? {
            Item {
                value: Value::Time(time),
                span,
            } => Some((*time, *span)),
            _ => None,
        }
    }

    pub(crate) fn whole(&self, name: &str) -> Option<(u32, Span)> {
        match self.get(name)? {
            Item {
                value: Value::Whole(number),
                span,
            } => Some((u32::try_from(*number).unwrap_or(u32::MAX), *span)),
            _ => None,
        }
    }

    pub(crate) fn word(&self, name: &str) -> Option<&'static str> {
        match self.get(name)?.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }
}
