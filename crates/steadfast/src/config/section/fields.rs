//! What a section's function reads: values that were checked, each with its place.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use steadfast_core::{FailureKind, Quota, Rate};

use super::mistakes::{Mistake, Mistakes, Position};
use crate::config::rules;
use crate::config::source::Name;
use crate::config::walk::{Item, Table, Value};

/// A table that was checked against its [`Keys`](super::Keys).
#[derive(Clone, Copy)]
pub struct Fields<'a>(&'a Table);

/// A value that was checked against its [`ValueKind`](super::ValueKind). Each method gives the value when it is of that kind.
#[derive(Clone, Copy)]
pub struct Field<'a>(&'a Item);

/// A name in a table of [`ValueKind::Map`](super::ValueKind::Map).
#[derive(Clone, Copy)]
pub struct MapName<'a>(&'a Name);

// ===== impl Fields =====

impl<'a> Fields<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        Self(table)
    }

    /// The value of a key. `None` when the table does not have it, and when it is wrong, which was reported.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Field<'a>> {
        self.0.get(key).and_then(Field::new)
    }

    /// The keys that the table has, in the order of the file, also those whose value is wrong.
    pub fn keys(self) -> impl Iterator<Item = &'static str> + 'a {
        self.0.entries.iter().map(|(name, ..)| *name)
    }

    /// Where the table stands.
    #[must_use]
    pub fn place(self) -> Position {
        Position(self.0.span)
    }

    /// Where the value of a key stands, or the table if it does not have the key.
    #[must_use]
    pub fn place_of(self, key: &str) -> Position {
        Position(self.0.get(key).map_or(self.0.span, |item| item.span))
    }
}

// ===== impl Field =====

impl<'a> Field<'a> {
    fn new(item: &'a Item) -> Option<Self> {
        match item.value {
            Value::Wrong => None,
            _ => Some(Self(item)),
        }
    }

    /// Where the value stands.
    #[must_use]
    pub fn place(self) -> Position {
        Position(self.0.span)
    }

    /// Of [`ValueKind::Whole`](super::ValueKind::Whole).
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        match self.0.value {
            Value::Whole(number) => Some(number),
            _ => None,
        }
    }

    /// Of [`ValueKind::Factor`](super::ValueKind::Factor): finite, and at least 1.
    #[must_use]
    pub fn factor(self) -> Option<f64> {
        match self.0.value {
            Value::Factor(number) => Some(number),
            _ => None,
        }
    }

    /// Of [`ValueKind::Time`](super::ValueKind::Time): at most 366 days.
    #[must_use]
    pub fn time(self) -> Option<Duration> {
        match self.0.value {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }

    /// Of [`ValueKind::Size`](super::ValueKind::Size), in bytes.
    #[must_use]
    pub fn size(self) -> Option<usize> {
        match self.0.value {
            Value::Size(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Of [`ValueKind::Rate`](super::ValueKind::Rate).
    #[must_use]
    pub fn rate(self) -> Option<Rate> {
        match self.0.value {
            Value::Rate(rate) => Some(rate),
            _ => None,
        }
    }

    /// Of [`ValueKind::Quota`](super::ValueKind::Quota).
    #[must_use]
    pub fn quota(self) -> Option<&'a Quota> {
        match &self.0.value {
            Value::Quota(quota) => Some(quota),
            _ => None,
        }
    }

    /// Of [`ValueKind::Trickle`](super::ValueKind::Trickle), in thousandths per second.
    #[must_use]
    pub fn trickle(self) -> Option<u32> {
        match self.0.value {
            Value::Trickle(millis) => Some(millis),
            _ => None,
        }
    }

    /// Of [`ValueKind::Flag`](super::ValueKind::Flag); `false` of [`ValueKind::Off`](super::ValueKind::Off).
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        match self.0.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Of [`ValueKind::Text`](super::ValueKind::Text), with its variables filled in.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match &self.0.value {
            Value::Text(text) => Some(&text.text),
            _ => None,
        }
    }

    /// Whether an environment variable is part of a [`text`](Self::text), so that it may be a secret: it belongs into no
    /// message, log or `Debug`.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(&self.0.value, Value::Text(text) if text.secret)
    }

    /// Of [`ValueKind::Word`](super::ValueKind::Word).
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self.0.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Of [`ValueKind::Table`](super::ValueKind::Table).
    #[must_use]
    pub fn table(self) -> Option<Fields<'a>> {
        match &self.0.value {
            Value::Table(table) => Some(Fields(table)),
            _ => None,
        }
    }

    /// Of [`ValueKind::List`](super::ValueKind::List), without those that are wrong.
    #[must_use]
    pub fn list(self) -> Option<impl Iterator<Item = Field<'a>> + 'a> {
        match &self.0.value {
            Value::List(items) => Some(items.iter().filter_map(Field::new)),
            _ => None,
        }
    }

    /// Of [`ValueKind::Map`](super::ValueKind::Map), in the order of the file, without those that are wrong.
    #[must_use]
    pub fn map(self) -> Option<impl Iterator<Item = (MapName<'a>, Field<'a>)> + 'a> {
        match &self.0.value {
            Value::Map(items) => {
                let right = |(name, item)| Some((MapName(name), Field::new(item)?));
                Some(
                    items
                        .iter()
                        .map(|(name, item)| (name, item))
                        .filter_map(right),
                )
            }
            _ => None,
        }
    }
}

// ===== impl MapName =====

impl<'a> MapName<'a> {
    /// The name. Names have no variables.
    #[must_use]
    pub fn text(self) -> &'a str {
        &self.0.text
    }

    /// Where the name stands.
    #[must_use]
    pub fn place(self) -> Position {
        Position(self.0.span)
    }

    /// The statuses of a name of [`Names::Statuses`](super::Names::Statuses); what is wrong with it is reported.
    pub fn statuses(self, mistakes: &mut Mistakes<'_>) -> Option<RangeInclusive<u16>> {
        let range = rules::statuses(self.text());
        let (first, last) = self.read(range, mistakes)?;
        Some(first..=last)
    }

    /// The failure of a name of [`Names::Failures`](super::Names::Failures); what is wrong with it is reported.
    pub fn failure(self, mistakes: &mut Mistakes<'_>) -> Option<FailureKind> {
        self.read(rules::failure(self.text()), mistakes)
    }

    fn read<T>(self, read: Result<T, (String, String)>, mistakes: &mut Mistakes<'_>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err((message, help)) => {
                let mistake = Mistake::new(message).help(help).without_values();
                mistakes.error(self.place(), mistake);
                None
            }
        }
    }
}

// Values may be secrets.

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fields")
            .field(&self.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").finish_non_exhaustive()
    }
}

impl fmt::Debug for MapName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapName").field(&self.text()).finish()
    }
}
