//! What a key can hold: the language of the key table.

/// A table with known keys.
#[derive(Debug)]
pub(crate) struct Section {
    /// For messages: "a policy".
    pub(crate) name: &'static str,
    /// Its keys; an endpoint has those of a policy too.
    pub(crate) keys: &'static [&'static [Key]],
}

/// One key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
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
#[derive(Debug)]
pub(crate) enum Kind {
    /// A whole number within bounds.
    Whole { least: u64, most: u64 },
    /// A number of 1 or more.
    Factor,
    /// `"1.5s"`.
    Time(Zero),
    /// `"64KiB"`, or a number of bytes.
    Size,
    /// `"5/s"`, `"100/min burst 20"`.
    Rate,
    /// `"1000/day"`, `"10000/month rolling"`.
    Quota,
    /// `"0.2/s"`.
    Trickle,
    /// `true` or `false`.
    Flag,
    /// Only `false`, and what to say about `true`.
    Off {
        mistake: &'static str,
        help: &'static str,
    },
    /// Any string.
    Text,
    /// One of some words.
    Word(&'static [Word]),
    /// A table with known keys.
    Table(&'static Section),
    /// A table with keys of a form.
    Map(Names, &'static Self),
    /// A list.
    List(&'static Self),
    /// Either of two that differ in their type.
    Either(&'static Self, &'static Self),
}

/// Whether a time may be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zero {
    Allowed,
    Refused,
}

/// A word and what it means.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// The form of the keys of a [`Kind::Map`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names {
    /// The user's own.
    Any,
    /// `500`, `500..=599`, `5xx`, `server-error`.
    Statuses,
    /// Kinds of failed transports.
    Failures,
}

/// A key that a table can do without.
pub(crate) const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key {
        name,
        kind,
        need: Need::Optional,
        about,
        aka: &[],
    }
}

pub(crate) const fn word(name: &'static str, about: &'static str) -> Word {
    Word { name, about }
}

/// A whole number within bounds.
pub(crate) const fn whole(least: u64, most: u64) -> Kind {
    Kind::Whole { least, most }
}

// ===== impl Key =====

impl Key {
    /// One that a table cannot do without.
    pub(crate) const fn required(self) -> Self {
        Self {
            need: Need::Required,
            name: self.name,
            kind: self.kind,
            about: self.about,
            aka: self.aka,
        }
    }

    pub(crate) const fn aka(self, aka: &'static [&'static str]) -> Self {
        Self {
            aka,
            name: self.name,
            kind: self.kind,
            about: self.about,
            need: self.need,
        }
    }
}

// ===== impl Section =====

impl Section {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static Key> + Clone {
        self.keys.iter().flat_map(|keys| keys.iter())
    }

    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

// ===== impl Kind =====

impl Kind {
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
