//! The text of a file, as a tree in which every value knows where it stands.

mod env;
mod json_tree;
mod node;
mod position;
mod toml_tree;

pub(crate) use self::env::{Env, Filled, fill};
pub(crate) use self::node::{Data, Name, Node};
pub(crate) use self::position::{Source, Span};
pub(crate) use self::{json_tree::read as read_json, toml_tree::read as read_toml};
