//! Sections of policy files that other crates define.
//!
//! A policy file is the one place where a team reviews what its client does. A crate beside this one, or the application
//! itself, often has something to say there too: which alerts to raise, where counts are kept. A [`Section`] lets it do
//! so with the checks of the file's own keys: every mistake at once, each with its place and what would be right, and
//! completion in editors through [`Reader::schema`](super::Reader::schema).
//!
//! The crate describes its keys in a table ([`Keys`], [`key`], [`ValueKind`]) and gives a function that makes its own type of
//! what was checked. Whoever reads the file registers the section with a [`Reader`](super::Reader). Without that, a
//! section of a crate that is known is an error that names the crate, and any other is an unknown key.
//!
//! Not for settings that have nothing to do with outgoing calls: those belong in the application's own file.
//!
//! ```
//! use std::time::Duration;
//!
//! use steadfast::config::section::{Field, Fields, Keys, ValueKind, Mistakes, Section, Zero, key, whole};
//! use steadfast::config::{Config, Format};
//!
//! #[derive(Debug, PartialEq)]
//! struct Alert {
//!     name: String,
//!     percent: u64,
//!     within: Duration,
//! }
//!
//! static ALERT: Keys = Keys::new("an alert", &[&[
//!     key("name", ValueKind::Text, "what the alert is called").required(),
//!     key("percent", whole(1, 100), "raise it when this many percent of the calls fail; default: 5"),
//!     key("within", ValueKind::Time(Zero::Refused), "the time in which they are counted; default: 1m").aka(&["window"]),
//! ]]);
//! static ALERTS: Section<Vec<Alert>> = Section::list("my_alerts", "when to call somebody", &ALERT, read);
//!
//! fn read(tables: &[Fields<'_>], mistakes: &mut Mistakes<'_>) -> Option<Vec<Alert>> {
//!     let mut alerts: Vec<Alert> = Vec::new();
//!     for table in tables {
//!         let Some(name) = table.get("name").and_then(Field::text) else {
//!             continue; // It is missing or wrong, which was reported.
//!         };
//!         if alerts.iter().any(|other| other.name == name) {
//!             mistakes.error(table.place_of("name"), "there is an alert of that name already");
//!         }
//!         alerts.push(Alert {
//!             name: name.to_owned(),
//!             percent: table.get("percent").and_then(Field::whole).unwrap_or(5),
//!             within: table.get("within").and_then(Field::time).unwrap_or(Duration::from_secs(60)),
//!         });
//!     }
//!     Some(alerts)
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let reader = Config::reader().section(&ALERTS);
//! let config = reader.parse("[[my_alerts]]\nname = 'down'", Format::Toml, "policies.toml")?;
//! let alerts = config.section(&ALERTS).ok_or("no alerts")?;
//! assert_eq!((alerts[0].name.as_str(), alerts[0].percent), ("down", 5));
//!
//! let mistakes = reader.parse("[[my_alerts]]\nname = 'down'\nwindow = '5m'", Format::Toml, "policies.toml");
//! assert!(mistakes.unwrap_err().to_string().contains("did you mean `within`?"));
//! # Ok(())
//! # }
//! ```
//!
//! # Tables inside of tables
//! [`ValueKind::Table`], [`ValueKind::Map`], [`ValueKind::List`] and [`ValueKind::Either`] refer to other kinds and keys. Put what they refer
//! to into a `static`, not a `const`: the schema describes each `static` once.
//!
//! # Secrets
//! A value may come from an environment variable (`${NAME}`) and be a secret. No message of this module shows such a
//! value. A message that a section's function makes at run time ([`String`], not `&'static str`) might, so it is
//! replaced by a general one when a value of the section came from a variable; its place stays. See
//! [`Mistake::without_values`].

mod definition;
mod fields;
mod made;
mod mistakes;
pub(crate) mod reserved;

pub use self::definition::Section;
pub(crate) use self::definition::{AnySection, Form, Head};
pub use self::fields::{Field, Fields, MapName};
pub(crate) use self::made::{Present, make, opened_otherwise};
pub use self::mistakes::{Mistake, Mistakes, Position};
pub use super::kind::{Key, Keys, Names, ValueKind, Word, Zero, key, whole, word};
