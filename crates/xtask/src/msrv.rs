//! `cargo xtask msrv`: each published crate can be built with the Rust that it promises.
//!
//! Whoever is held to an old compiler reads `rust-version` and believes it. A dependency that asks for a newer one makes
//! it untrue, so each that is declared is compared; and where the very toolchain is installed, the crate is built with it.

use std::collections::BTreeMap;
use std::fmt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;
use crate::cargo::{cargo, output, workspace};
use crate::graph::tree_of_member;
use crate::run::tee;

/// A version of Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rust(u32, u32, u32);

/// What `cargo metadata` says.
#[derive(Debug, Default, PartialEq)]
struct Metadata {
    /// The members that are published, with what they promise.
    published: Vec<(String, Rust)>,
    /// What each package asks for that asks for something, by name and version.
    asked: BTreeMap<(String, String), Rust>,
}

/// Fails where a crate promises more than its dependencies keep, or does not build with the Rust that it promises.
pub(crate) fn run() -> Outcome {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--all-features"]);
    let metadata = Metadata::read(&output(command)?)?;
    let mut broken = Vec::new();
    for (name, promised) in &metadata.published {
        let tree = tree_of_member(name)?;
        let packages = packages(&tree);
        let newer = metadata.newer(&packages, *promised);
        let count = packages.len();
        println!("{name} promises Rust {promised}: {count} packages compared");
        broken.extend(newer.map(|what| format!("{name} promises Rust {promised}, but {what}")));
    }
    if !broken.is_empty() {
        return Err(broken.join("; "));
    }
    metadata
        .published
        .iter()
        .try_for_each(|(name, promised)| build(name, *promised))
}

/// Builds a crate with the Rust that it promises, where that one is installed.
fn build(name: &str, promised: Rust) -> Outcome {
    let Some(toolchain) = installed(promised) else {
        println!("{name}: Rust {promised} is not installed, so nothing was built with it");
        return Ok(());
    };
    let mut command = Command::new("rustup");
    command
        .current_dir(workspace())
        // Of the Cargo that runs this program.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTC")
        .args(["run", &toolchain, "cargo", "check", "--lib", "--bins"])
        .args(["--all-features", "--package", name])
        .args(["--target-dir", "target/msrv"]);
    match tee(&mut command, |_| ())?.success() {
        true => Ok(()),
        false => Err(format!("{name} does not build with Rust {promised}")),
    }
}

/// The toolchain of a version, as rustup calls it.
fn installed(version: Rust) -> Option<String> {
    let mut command = Command::new("rustup");
    command.args(["toolchain", "list"]).stdin(Stdio::null());
    toolchain(&output(command).ok()?, version)
}

/// Reads lines such as `1.85.0-x86_64-unknown-linux-gnu (active)`.
fn toolchain(list: &str, version: Rust) -> Option<String> {
    let names = list.lines().filter_map(|line| line.split(' ').next());
    let is_it = |name: &&str| {
        let number = name.split('-').next().unwrap_or_default();
        Rust::read(number)
            .is_some_and(|Rust(major, minor, _)| (major, minor) == (version.0, version.1))
    };
    names.map(str::trim).find(is_it).map(str::to_owned)
}

/// The names and versions in lines of the form `name v1.2.3 (source)|feature,feature (*)`, each once.
fn packages(tree: &str) -> Vec<(String, String)> {
    let read = |line: &str| {
        let mut words = line.split(['|', ' ']);
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((name.to_owned(), version.to_owned()))
    };
    let mut packages: Vec<_> = tree.lines().filter_map(read).collect();
    packages.sort();
    packages.dedup();
    packages
}

// ===== impl Metadata =====

impl Metadata {
    fn read(json: &str) -> Outcome<Self> {
        let json: Value = serde_json::from_str(json).map_err(|e| format!("cargo metadata: {e}"))?;
        let mut metadata = Self::default();
        let members = json["workspace_members"].as_array();
        let members = members.ok_or("cargo metadata names no workspace_members")?;
        let packages = json["packages"].as_array();
        for package in packages.ok_or("cargo metadata names no packages")? {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let (name, asked) = (text("name"), package["rust_version"].as_str());
            let asked =
                match asked {
                    None => None,
                    Some(text) => Some(Rust::read(text).ok_or_else(|| {
                        format!("the rust-version of {name} cannot be read: {text}")
                    })?),
                };
            // `publish = false` is an empty list of registries, and no `publish` at all is none.
            let is_published = package["publish"]
                .as_array()
                .is_none_or(|to| !to.is_empty());
            if is_published && members.contains(&package["id"]) {
                let asked = asked.ok_or_else(|| format!("{name} declares no rust-version"))?;
                metadata.published.push((name.clone(), asked));
            }
            if let Some(asked) = asked {
                metadata.asked.insert((name, text("version")), asked);
            }
        }
        Ok(metadata)
    }

    /// One sentence for each package that asks for a newer Rust than was promised.
    fn newer(&self, packages: &[(String, String)], promised: Rust) -> impl Iterator<Item = String> {
        packages.iter().filter_map(move |package| {
            let asked = self.asked.get(package).filter(|asked| **asked > promised)?;
            let (name, version) = package;
            Some(format!("{name} {version} asks for {asked}"))
        })
    }
}

// ===== impl Rust =====

impl Rust {
    /// Reads `1.85` and `1.85.0`.
    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse().ok());
        let version = Self(
            numbers.next()??,
            numbers.next()??,
            numbers.next().unwrap_or(Some(0))?,
        );
        numbers.next().is_none().then_some(version)
    }
}

impl fmt::Display for Rust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        match patch {
            0 => write!(f, "{major}.{minor}"),
            _ => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Cargo writes, without what is not read.
    const METADATA: &str = r#"{
        "packages": [
            {"name": "ours", "version": "0.1.0", "id": "path+file:///ours#0.1.0", "rust_version": "1.85", "publish": null},
            {"name": "tool", "version": "0.1.0", "id": "path+file:///tool#0.1.0", "rust_version": "1.89.0", "publish": ["crates-io"]},
            {"name": "bench", "version": "0.0.0", "id": "path+file:///bench#0.0.0", "rust_version": null, "publish": []},
            {"name": "young", "version": "2.0.0", "id": "registry#young@2.0.0", "rust_version": "1.86", "publish": null},
            {"name": "young", "version": "1.9.0", "id": "registry#young@1.9.0", "rust_version": "1.60.0", "publish": null},
            {"name": "silent", "version": "1.0.0", "id": "registry#silent@1.0.0", "rust_version": null, "publish": null}
        ],
        "workspace_members": ["path+file:///ours#0.1.0", "path+file:///tool#0.1.0", "path+file:///bench#0.0.0"],
        "version": 1
    }"#;

    fn package(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn published_members_are_read_with_what_each_promises_itself() {
        let metadata = Metadata::read(METADATA).unwrap();
        let expected = [("ours", Rust(1, 85, 0)), ("tool", Rust(1, 89, 0))];
        let expected = expected.map(|(name, rust)| (name.to_owned(), rust));
        assert_eq!(metadata.published, expected);
    }

    #[test]
    fn a_dependency_that_asks_for_more_than_was_promised_is_named_with_its_version() {
        let metadata = Metadata::read(METADATA).unwrap();
        let [old, new] = ["1.9.0", "2.0.0"].map(|version| package("young", version));
        let all = [
            old.clone(),
            new,
            package("silent", "1.0.0"),
            package("unknown", "1.0.0"),
        ];
        let newer =
            |packages: &[_], promised| metadata.newer(packages, promised).collect::<Vec<_>>();
        assert_eq!(newer(&all, Rust(1, 85, 0)), ["young 2.0.0 asks for 1.86"]);
        assert_eq!(newer(&all, Rust(1, 89, 0)), [""; 0]);
        assert_eq!(newer(&[old], Rust(1, 85, 0)), [""; 0]);
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let broken = [
            "no JSON".to_owned(),
            "{}".to_owned(),
            METADATA.replace("\"1.86\"", "\"new\""),
            METADATA.replace("\"1.85\"", "null"),
        ];
        for json in broken {
            assert!(Metadata::read(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn the_metadata_of_this_workspace_names_the_library() {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let metadata = Metadata::read(&output(command).unwrap()).unwrap();
        let names: Vec<_> = metadata
            .published
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert!(
            names.contains(&"steadfast-core") && !names.contains(&"xtask"),
            "{names:?}"
        );
    }

    #[test]
    fn packages_are_read_off_a_tree_with_their_versions_each_once() {
        let tree = "ours v0.1.0 (/somewhere)|default\nyoung v2.0.0|std\n\nyoung v1.9.0|\nyoung v2.0.0|std (*)\n";
        let expected = [("ours", "0.1.0"), ("young", "1.9.0"), ("young", "2.0.0")];
        assert_eq!(
            packages(tree),
            expected.map(|(name, version)| package(name, version))
        );
    }

    #[test]
    fn the_toolchain_of_a_version_is_found_whatever_its_patch() {
        let list = "stable-x86_64-unknown-linux-gnu (active, default)\n1.85.1-x86_64-unknown-linux-gnu\n1.8-x\n";
        let found = toolchain(list, Rust(1, 85, 0));
        assert_eq!(found.as_deref(), Some("1.85.1-x86_64-unknown-linux-gnu"));
        assert_eq!(toolchain(list, Rust(1, 86, 0)), None);
    }

    #[test]
    fn versions_are_read_with_and_without_a_patch() {
        assert_eq!(Rust::read("1.85"), Some(Rust(1, 85, 0)));
        assert_eq!(Rust::read("1.85.1"), Some(Rust(1, 85, 1)));
        for text in ["", "1", "1.x", "1.85.0.1", "1.85-nightly"] {
            assert_eq!(Rust::read(text), None, "{text}");
        }
        assert_eq!(
            [Rust(1, 85, 0), Rust(1, 85, 1)].map(|rust| rust.to_string()),
            ["1.85", "1.85.1"]
        );
    }
}
