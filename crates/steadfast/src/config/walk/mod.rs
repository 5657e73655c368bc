//! Checks a tree against the key table, and gives what it holds.

mod checked;
mod refuse;
mod takes;
mod walker;

pub(crate) use self::checked::{Item, Table, Value};
pub(crate) use self::walker::{Walked, Walker};
