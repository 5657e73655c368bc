//! `cargo xtask links`: links in Markdown lead to files and headings that are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::cargo::workspace;

/// Not ours, or built.
const SKIPPED: [&str; 3] = ["target", ".git", "node_modules"];

/// Fails where a link between files of the repository leads nowhere.
pub(crate) fn run() -> Outcome {
    let files = markdown(workspace())?;
    let mut links = 0;
    let mut broken = Vec::new();
    for file in &files {
        let text = read(file)?;
        for link in linked(&text) {
            links += 1;
            if let Err(why) = follow(file, &text, &link) {
                let name = file.strip_prefix(workspace()).unwrap_or(file);
                broken.push(format!("{}: {link}: {why}", name.display()));
            }
        }
    }
    if !broken.is_empty() {
        return Err(format!("broken links:\n{}", broken.join("\n")));
    }
    println!("{links} links in {} files", files.len());
    Ok(())
}

/// Where the links of a text lead: those to other sites are not looked at.
fn linked(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        let mut parts = line.split("](");
        parts.next();
        let targets = parts.filter_map(|part| part.split_once(')'));
        links.extend(targets.map(|(target, _)| target.to_owned()));
    }
    links.retain(|link| !link.contains("://") && !link.starts_with("mailto:"));
    links
}

fn follow(file: &Path, text: &str, link: &str) -> Result<(), String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = file.parent().unwrap_or(file);
    let target = folder.join(path);
    if !path.is_empty() && !target.exists() {
        return Err("there is no such file".to_owned());
    }
    if heading.is_empty() {
        return Ok(());
    }
    let text = match path {
        "" => text.to_owned(),
        _ => read(&target)?,
    };
    match anchors(&text).contains(heading) {
        true => Ok(()),
        false => Err("there is no such heading".to_owned()),
    }
}

/// The headings of a text, as a forge writes them behind a `#`.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The lines outside of blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect()
}

fn markdown(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let complain = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(complain)? {
        let path = entry.map_err(complain)?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_symlink() || SKIPPED.contains(&name) {
            continue;
        }
        if path.is_dir() {
            files.extend(markdown(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_and_to_other_sites_are_not_followed() {
        let text = "[a](b.md) and [c](https://x.com)\n```rust\n[d](e.md)\n```\n[f](#g-h)";
        assert_eq!(linked(text), ["b.md", "#g-h"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let file = workspace().join("README.md");
        let text = "# What it costs\n";
        for (link, is_there) in [
            ("#what-it-costs", true),
            ("#what-it-gains", false),
            ("Cargo.toml", true),
            ("Cargo.tomll", false),
        ] {
            assert_eq!(follow(&file, text, link).is_ok(), is_there, "{link}");
        }
    }
}
