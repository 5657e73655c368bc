//! The section `[quota_file]` of policy files.
#![cfg(feature = "config")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use steadfast::config::{Config, Format};
use steadfast_quota_file::SECTION;

fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("steadfast-section-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn read(path: &str) -> Config {
    let text = format!("[quota_file]\npath = '{path}'");
    let reader = Config::reader().section(&SECTION);
    reader.parse(&text, Format::Toml, "policies.toml").unwrap()
}

#[test]
fn a_check_opens_nothing_and_building_opens_the_file() {
    let folder = folder("opens");
    let path = folder.join("counts.redb");
    let config = read(&path.display().to_string());
    assert!(!path.exists());
    let policies = config.build().unwrap();
    assert!(path.exists());
    // It is in use as long as the policies live.
    let refused = config.build().unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    drop(policies);
    config.build().unwrap();
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_that_is_none_of_ours_is_an_error_with_its_place() {
    let folder = folder("foreign");
    let path = folder.join("notes.txt");
    fs::write(&path, "# my notes\n").unwrap();
    let refused = read(&path.display().to_string()).build().unwrap_err();
    assert!(
        refused.to_string().starts_with("policies.toml:1"),
        "{refused}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"# my notes\n");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_section_without_a_path_is_a_mistake() {
    let reader = Config::reader().section(&SECTION);
    let mistake = reader
        .parse("[quota_file]", Format::Toml, "policies.toml")
        .unwrap_err();
    assert!(mistake.to_string().contains("`path`"), "{mistake}");
}
