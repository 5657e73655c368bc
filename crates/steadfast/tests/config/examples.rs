//! The files that people copy from.

use std::collections::BTreeSet;

use serde_json::Value;
use steadfast::config::Config;

use crate::root;

/// All keys of all tables of a schema; the user's own names and statuses are no keys.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            for (name, value) in object {
                if let ("properties", Some(properties)) = (name.as_str(), value.as_object()) {
                    found.extend(properties.keys().cloned());
                }
                keys(value, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_example_file_is_right() {
    let mut files = 0;
    for file in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let policies = name.ends_with(".toml") || name.ends_with(".json");
        if !policies || name.ends_with(".schema.json") {
            continue;
        }
        let config = Config::read(&path).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(config.warnings().is_empty(), "{:?}", config.warnings());
        files += 1;
    }
    assert!(files >= 2, "{files}");
}

#[test]
fn the_annotated_example_shows_every_key() {
    let text = std::fs::read_to_string(root().join("examples/policies.toml")).unwrap();
    let schema: Value = serde_json::from_str(&Config::schema()).unwrap();
    let mut names = BTreeSet::new();
    keys(&schema, &mut names);
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let word = |letter: char| letter.is_alphanumeric() || "_$".contains(letter);
        assert!(
            text.split(|letter| !word(letter))
                .any(|found| found == name),
            "{name}"
        );
    }
}

/// The command line writes it, with the sections of other crates; `steadfast-cli` has the test of the whole.
#[test]
fn the_schema_in_the_repository_has_all_of_the_format() {
    let kept = std::fs::read_to_string(root().join("examples/policies.schema.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let own: Value = serde_json::from_str(&Config::schema()).unwrap();
    for part in ["properties", "$defs"] {
        for (name, value) in own[part].as_object().unwrap() {
            assert!(
                kept[part][name] == *value,
                "{part} {name}: run the tests of steadfast-cli with UPDATE_SCHEMA=1"
            );
        }
    }
}

#[test]
fn the_same_file_in_toml_and_in_json_means_the_same() {
    let [toml, json] = ["policies.toml", "policies.json"]
        .map(|name| Config::read(&root().join("examples").join(name)).unwrap());
    assert_eq!(format!("{toml:?}"), format!("{json:?}"));
}
