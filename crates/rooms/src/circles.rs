//! Files of a crate that need each other.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use crate::modules::{Modules, absolute, names};
use crate::sources::Source;

/// One sentence for each circle.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let packages: BTreeSet<&str> = sources
        .iter()
        .map(|source| source.package.as_str())
        .collect();
    packages
        .into_iter()
        .flat_map(|package| of_package(sources, package))
        .collect()
}

fn of_package(sources: &[Source], package: &str) -> Vec<String> {
    let ours = sources.iter().enumerate();
    let ours: Vec<_> = ours
        .filter(|(_, source)| source.package == package && !source.is_test())
        .collect();
    let modules = Modules::new(ours.iter().copied());
    let needs: BTreeMap<usize, BTreeSet<usize>> = ours
        .iter()
        .map(|(number, source)| {
            let mut paths = Paths {
                module: &source.module,
                found: Vec::new(),
            };
            paths.visit_file(&source.file);
            let files = paths.found.iter().filter_map(|path| modules.file_of(path));
            (*number, files.filter(|file| file != number).collect())
        })
        .collect();
    let sentence = |circle: Vec<usize>| {
        let paths: Vec<_> = circle
            .iter()
            .map(|number| sources[*number].path.as_str())
            .collect();
        format!(
            "{} files in a circle: {}",
            paths.len() - 1,
            paths.join(" -> ")
        )
    };
    circles(&needs).into_iter().map(sentence).collect()
}

/// A shortest circle through the first file of each knot.
fn circles(needs: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for start in needs.keys() {
        if seen.contains(start) {
            continue;
        }
        if let Some(circle) = shortest(needs, *start) {
            seen.extend(circle.iter().copied());
            found.push(circle);
        }
    }
    found
}

fn shortest(needs: &BTreeMap<usize, BTreeSet<usize>>, start: usize) -> Option<Vec<usize>> {
    let mut ways = vec![vec![start]];
    let mut reached = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way
                .last()
                .and_then(|last| needs.get(last))
                .into_iter()
                .flatten()
            {
                let way = || [way.as_slice(), &[*next]].concat();
                if *next == start {
                    return Some(way());
                }
                if reached.insert(*next) {
                    longer.push(way());
                }
            }
        }
        ways = longer;
    }
    None
}

/// The paths of a file that stay inside of its crate.
struct Paths<'a> {
    module: &'a [String],
    found: Vec<Vec<String>>,
}

impl Paths<'_> {
    fn add(&mut self, path: &[String]) {
        self.found.extend(absolute(self.module, path));
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // What is re-exported is not needed here.
        if matches!(item.vis, syn::Visibility::Inherited) {
            for (_, path) in names(&item.tree) {
                self.add(&path);
            }
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }
}
