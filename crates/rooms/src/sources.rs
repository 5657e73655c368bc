//! The source files of all crates.

use std::fs;
use std::path::{Path, PathBuf};

/// A file that was read.
pub(crate) struct Source {
    pub(crate) package: String,
    /// From the root of the repository.
    pub(crate) path: String,
    /// Where it stands in its crate: `["retry", "budget"]`.
    pub(crate) module: Vec<String>,
    pub(crate) lines: usize,
    pub(crate) file: syn::File,
}

impl Source {
    /// Whether it is a file of tests.
    pub(crate) fn is_test(&self) -> bool {
        self.module.iter().any(|name| name == "tests")
    }
}

/// All files below `crates/*/src`, in the order of their paths.
pub(crate) fn read(root: &Path) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for package in folder(&root.join("crates"))? {
        let src = package.join("src");
        let Some(name) = package.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        for path in files(&src)? {
            sources.push(source(root, name, &src, &path)?);
        }
    }
    Ok(sources)
}

fn source(root: &Path, package: &str, src: &Path, path: &Path) -> Result<Source, String> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    let shown = shown.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let file = syn::parse_file(&text).map_err(|error| format!("{shown}: {error}"))?;
    let inside = path.strip_prefix(src).unwrap_or(path).with_extension("");
    let names = inside.iter().filter_map(|name| name.to_str());
    let mut module: Vec<String> = names.map(str::to_owned).collect();
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        module.pop();
    }
    Ok(Source {
        package: package.to_owned(),
        path: shown,
        module,
        lines: text.lines().count(),
        file,
    })
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    paths.sort();
    Ok(paths)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in folder(path)? {
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}
