//! The crates that a package brings along, as Cargo resolves them with the versions of our own `Cargo.lock`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::Outcome;
use crate::cargo::{built, cargo, output, workspace};

/// The same numbers on every machine: what a Linux server builds, whatever this one is.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Names of crates, each with the features that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// What somebody builds who has just these lines under `[dependencies]`.
    ///
    /// A package of its own outside our workspace, so that no other member and no test switches a feature on.
    pub(crate) fn of(label: &str, dependencies: &str) -> Outcome<Self> {
        let folder = built()?.join("xtask-graphs").join(label);
        let manifest = format!(
            "[package]\nname = \"graph-root\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [workspace]\n\n[dependencies]\n{dependencies}\n"
        );
        let lay = || {
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("src/lib.rs"), "")?;
            fs::write(folder.join("Cargo.toml"), manifest)?;
            fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).map(drop)
        };
        lay().map_err(|e| format!("cannot write to {}: {e}", folder.display()))?;
        let mut command = tree();
        command.current_dir(&folder).args(["--target", TARGET]);
        let mut graph = Self::read(&output(command)?);
        graph.0.remove("graph-root");
        Ok(graph)
    }

    /// What a member of the workspace builds with all its features.
    pub(crate) fn of_member(name: &str) -> Outcome<Self> {
        Ok(Self::read(&tree_of_member(name)?))
    }

    /// Reads lines of the form `name v1.2.3 (source)|feature,feature (*)`.
    pub(crate) fn read(tree: &str) -> Self {
        let mut graph = Self::default();
        for line in tree.lines() {
            let (package, features) = line.split_once('|').unwrap_or((line, ""));
            let Some(name) = package.split_whitespace().next() else {
                continue;
            };
            let features = features
                .trim_end_matches(" (*)")
                .split(',')
                .filter(|f| !f.is_empty());
            graph
                .0
                .entry(name.to_owned())
                .or_default()
                .extend(features.map(str::to_owned));
        }
        graph
    }

    /// The names, in alphabetical order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names that `base` lacks.
    pub(crate) fn added_to<'a>(&'a self, base: &'a Self) -> Vec<&'a str> {
        self.names()
            .filter(|name| !base.0.contains_key(*name))
            .collect()
    }

    /// The features of one crate that are switched on.
    pub(crate) fn features(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }
}

/// The packages that a member builds with all its features anywhere, as `cargo tree` writes them, one in each line.
pub(crate) fn tree_of_member(name: &str) -> Outcome<String> {
    let mut command = tree();
    command.args(["--package", name, "--all-features", "--target", "all"]);
    output(command)
}

/// What is built, as lines that [`Graph::read`] reads.
fn tree() -> Command {
    let mut command = cargo();
    command.args(["tree", "--edges", "normal,build", "--prefix", "none"]);
    command.args(["--format", "{p}|{f}"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "me v0.1.0 (/somewhere)|default\nreqwest v0.13.4|json,stream\n\
                        bytes v1.10.0|std\n\nreqwest v0.13.4|json (*)\n";

    #[test]
    fn a_tree_is_read_as_unique_names_with_all_their_features() {
        let graph = Graph::read(TREE);
        assert_eq!(
            graph.names().collect::<Vec<_>>(),
            ["bytes", "me", "reqwest"]
        );
        assert_eq!(
            graph.features("reqwest").collect::<Vec<_>>(),
            ["json", "stream"]
        );
        assert_eq!(graph.features("absent").count(), 0);
    }

    #[test]
    fn only_what_the_base_lacks_is_added() {
        let base = Graph::read("bytes v1.9.0|");
        assert_eq!(Graph::read(TREE).added_to(&base), ["me", "reqwest"]);
    }
}
