//! What a key can hold: the language of the key table.

/// The keys of a table. The checks and the JSON Schema come from them.
#[derive(Debug)]
#[must_use]
pub struct Keys {
    /// For messages: "a policy".
    pub(crate) name: &'static str,
    /// An endpoint has the keys of a policy too.
    pub(crate) groups: &'static [&'static [Key]],
}

/// One key of a table: a row of the key table.
#[derive(Debug)]
#[must_use]
pub struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: ValueKind,
    pub(crate) need: Need,
    /// For people: what it says, with its default.
    pub(crate) about: &'static str,
    /// What people write who know it from elsewhere.
    pub(crate) aka: &'static [&'static str],
}

/// Whether a table can do without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Optional,
    Required,
}

/// What a value has to be.
///
/// Every string may contain `${NAME}`, the environment variable `NAME`; it is filled in before the string is read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ValueKind {
    /// A whole number within bounds, both included.
    Whole {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A number of 1 or more.
    Factor,
    /// A time: `"200ms"`, `"1.5s"`, `"1h30m"`. At most 366 days.
    Time(Zero),
    /// A size: `"64KiB"`, or a number of bytes.
    Size,
    /// A rate: `"5/s"`, `"100/min burst 20"`.
    Rate,
    /// A quota: `"1000/day"`, `"10000/month rolling"`.
    Quota,
    /// A slow rate, in thousandths per second: `"0.2/s"`.
    Trickle,
    /// `true` or `false`.
    Flag,
    /// Only `false`, and what to say about `true`.
    Off {
        /// The message.
        mistake: &'static str,
        /// What would be right.
        help: &'static str,
    },
    /// Any string.
    Text,
    /// A string that is one of some words.
    Word(&'static [Word]),
    /// A table with known keys.
    Table(&'static Keys),
    /// A table with names of a form, each with a value of the same kind.
    Map(Names, &'static Self),
    /// A list of values of the same kind.
    List(&'static Self),
    /// Either of two that differ in their type, such as a string or a table.
    Either(&'static Self, &'static Self),
}

/// Whether a time may be `"0s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// It may.
    Allowed,
    /// It may not.
    Refused,
}

/// A word of [`ValueKind::Word`] and what it means.
#[derive(Debug)]
#[must_use]
pub struct Word {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// The form of the names of a [`ValueKind::Map`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Names {
    /// The user's own.
    Any,
    /// Statuses: `500`, `500..=599`, `5xx`, `server-error`.
    Statuses,
    /// Kinds of failed transports: `connect`, `timeout`.
    Failures,
}

/// A key with what it holds. `about` says to people what it is for, and its default. A table can do without it, unless
/// it is [`required`](Key::required).
pub const fn key(name: &'static str, kind: ValueKind, about: &'static str) -> Key {
    Key {
        name,
        kind,
        need: Need::Optional,
        about,
        aka: &[],
    }
}

/// A word with what it means.
pub const fn word(name: &'static str, about: &'static str) -> Word {
    Word { name, about }
}

/// A whole number within bounds, both included.
#[must_use]
pub const fn whole(least: u64, most: u64) -> ValueKind {
    ValueKind::Whole { least, most }
}

// ===== impl Key =====

impl Key {
    /// One that a table cannot do without.
    pub const fn required(self) -> Self {
        Self {
            need: Need::Required,
            name: self.name,
            kind: self.kind,
            about: self.about,
            aka: self.aka,
        }
    }

    /// What people write instead who know it from elsewhere, in lower case with `_`. It is a mistake whose message names
    /// this key.
    pub const fn aka(self, aka: &'static [&'static str]) -> Self {
        Self {
            aka,
            name: self.name,
            kind: self.kind,
            about: self.about,
            need: self.need,
        }
    }
}

// ===== impl Keys =====

impl Keys {
    /// The keys of a table, in groups, so that tables can share some. `name` is what messages call such a table:
    /// `"an alert"`.
    pub const fn new(name: &'static str, groups: &'static [&'static [Key]]) -> Self {
        Self { name, groups }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Key> + Clone {
        self.groups.iter().flat_map(|keys| keys.iter())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&'static Key> {
        self.iter().find(|key| key.name == name)
    }
}

// ===== impl ValueKind =====

impl ValueKind {
    /// The first of its alternatives, the one that people write most.
    pub(crate) fn plainest(&self) -> &Self {
        match self {
            Self::Either(one, _) => one.plainest(),
            own => own,
        }
    }

    /// What would be right, for a message.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Whole { least, most } if *most == u64::from(u32::MAX) => {
                format!("a whole number of at least {least}")
            }
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Factor => "a number of 1 or more".to_owned(),
            Self::Time(_) => "a time such as `\"1.5s\"`".to_owned(),
            Self::Size => "a size such as `\"64KiB\"`, or a number of bytes".to_owned(),
            Self::Rate => "a rate such as `\"5/s\"` or `\"100/min burst 20\"`".to_owned(),
            Self::Quota => "a quota such as `\"1000/day\"`".to_owned(),
            Self::Trickle => "a rate such as `\"0.2/s\"`".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Off { .. } => "`false`".to_owned(),
            Self::Text => "a string".to_owned(),
            Self::Word(words) => {
                let words: Vec<_> = words
                    .iter()
                    .map(|word| format!("`\"{}\"`", word.name))
                    .collect();
                words.join(", ")
            }
            Self::Table(_) | Self::Map(..) => "a table".to_owned(),
            Self::List(Self::Table(_)) => "a list of tables".to_owned(),
            Self::List(_) => "a list of them".to_owned(),
            Self::Either(one, other) => format!("{}, or {}", one.expected(), other.expected()),
        }
    }
}
