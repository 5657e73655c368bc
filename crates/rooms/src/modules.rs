//! Which file a path leads to.

use std::collections::BTreeMap;

use syn::{Item, UseTree};

use crate::sources::Source;

/// The modules of one crate.
pub(crate) struct Modules<'a> {
    files: BTreeMap<&'a [String], usize>,
    /// What a module re-exports: its name there, and the path that it comes from.
    exports: BTreeMap<(usize, String), Vec<String>>,
}

impl<'a> Modules<'a> {
    /// The files of a crate, with their numbers.
    pub(crate) fn new(sources: impl Iterator<Item = (usize, &'a Source)>) -> Self {
        let mut modules = Self {
            files: BTreeMap::new(),
            exports: BTreeMap::new(),
        };
        for (number, source) in sources {
            modules.files.insert(&source.module, number);
            for item in &source.file.items {
                if let Item::Use(item) = item {
                    for (name, path) in names(&item.tree) {
                        if let Some(path) = absolute(&source.module, &path) {
                            modules.exports.insert((number, name), path);
                        }
                    }
                }
            }
        }
        modules
    }

    /// The file that defines what a path names.
    pub(crate) fn file_of(&self, path: &[String]) -> Option<usize> {
        self.follow(path, 8)
    }

    fn follow(&self, path: &[String], hops: usize) -> Option<usize> {
        let lengths = (0..=path.len()).rev();
        let (length, number) = lengths
            .map(|length| (length, self.files.get(&path[..length])))
            .find_map(|(length, number)| Some((length, *number?)))?;
        let Some(name) = path.get(length) else {
            return Some(number);
        };
        match self.exports.get(&(number, name.clone())) {
            Some(export) if hops > 0 => {
                let rest = path[length + 1..].iter().cloned();
                let path: Vec<_> = export.iter().cloned().chain(rest).collect();
                self.follow(&path, hops - 1)
            }
            _ => Some(number),
        }
    }
}

/// The names that a `use` brings, with the path of each.
pub(crate) fn names(tree: &UseTree) -> Vec<(String, Vec<String>)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            let inner = names(&path.tree).into_iter();
            let longer = inner.map(|(name, rest)| (name, [vec![first.clone()], rest].concat()));
            longer.collect()
        }
        UseTree::Name(name) if name.ident == "self" => vec![(String::new(), Vec::new())],
        UseTree::Name(name) => vec![(name.ident.to_string(), vec![name.ident.to_string()])],
        UseTree::Rename(name) => vec![(name.rename.to_string(), vec![name.ident.to_string()])],
        UseTree::Glob(_) => vec![(String::new(), Vec::new())],
        UseTree::Group(group) => group.items.iter().flat_map(names).collect(),
    }
}

/// A path from the root of its crate, if it stays inside.
pub(crate) fn absolute(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let (_, outer) = module.split_last()?;
            match rest.first().map(String::as_str) {
                Some("super") => absolute(outer, rest),
                _ => Some([outer, rest].concat()),
            }
        }
        _ => None,
    }
}
