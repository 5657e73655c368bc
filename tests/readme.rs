//! The README shows no code that nobody runs, and neither it nor the guide shows a policy file that nobody reads.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use steadfast::config::{Config, Format};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a language in a text.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let rests = text.split(fence.as_str()).skip(1);
    rests
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect()
}

/// Doc tests compile the README; a function in it runs because an example has it and is run.
#[test]
fn every_function_of_the_readme_stands_in_an_example() {
    let readme = include_str!("../README.md");
    let examples = [
        include_str!("../examples/hello.rs"),
        include_str!("../examples/first_minute.rs"),
    ];
    let blocks = blocks(readme, "rust");
    assert!(blocks.len() >= 2, "the README has lost its code");
    for block in blocks {
        let lines = block.lines().filter(|line| !line.starts_with("use "));
        let block = lines.collect::<Vec<_>>().join("\n");
        assert!(
            examples
                .iter()
                .any(|example| example.contains(block.trim())),
            "not in an example:\n{block}"
        );
    }
}

#[test]
fn the_policy_file_of_the_readme_is_the_one_that_is_read() {
    let file = include_str!("../examples/careful.toml");
    assert!(include_str!("../README.md").contains(file.trim()));
}

#[test]
fn every_policy_file_of_the_guide_is_right() {
    let mut files = 0;
    for entry in std::fs::read_dir(root().join("crates/steadfast/guide")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&text, "toml") {
            let any = |_: &str| Some("any".to_owned());
            let name = path.display().to_string();
            let read = Config::parse_with_env(block, Format::Toml, &name, &any);
            assert!(read.is_ok(), "{block}\n{read:?}");
            files += 1;
        }
    }
    assert!(files > 0, "the guide has lost its policy files");
}

#[test]
fn the_readme_is_read_in_five_minutes() {
    let lines = include_str!("../README.md").lines().count();
    assert!(lines <= 170, "{lines} lines");
}

#[test]
fn every_example_is_named_in_the_readme() {
    let readme = include_str!("../README.md");
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(readme.contains(name), "{name}");
    }
}
