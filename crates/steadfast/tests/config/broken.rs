//! A folder of broken files, each with its diagnostics.

use std::path::Path;

use steadfast::config::{Config, Diagnostics, Format};

use crate::env;

/// The diagnostics of each file, by its name.
fn broken() -> Vec<(String, Diagnostics)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/broken");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let format: Format = path.extension().unwrap().to_str().unwrap().parse().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        match Config::parse_with_env(&text, format, &name, &env) {
            Ok(_) => panic!("{name} is taken"),
            Err(mistakes) => found.push((name, mistakes)),
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[test]
fn every_broken_file_is_explained_as_in_its_snapshot() {
    let files = broken();
    assert!(files.len() >= 40, "{}", files.len());
    for (name, mistakes) in files {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.replace('.', "_"), mistakes.to_string());
        });
    }
}

#[test]
fn no_message_shows_the_value_of_a_variable() {
    for (name, mistakes) in broken() {
        let text = mistakes.to_string();
        assert!(
            !text.contains("hush") && !text.contains("77777"),
            "{name}: {text}"
        );
    }
}

#[test]
fn every_mistake_has_a_place_within_its_file_and_a_code() {
    for (name, mistakes) in broken() {
        for mistake in &mistakes {
            assert!(
                mistake.line >= 1 && mistake.column >= 1 && mistake.length >= 1,
                "{mistake}"
            );
            assert!(
                !mistake.code.is_empty() && mistake.file == name,
                "{mistake}"
            );
            assert!(!mistake.message.ends_with('.'), "{mistake}");
        }
        let places: Vec<_> = mistakes
            .iter()
            .map(|mistake| (mistake.line, mistake.column))
            .collect();
        assert!(places.is_sorted(), "{name}: {places:?}");
    }
}
