//! `steadfast check` finds every mistake at once, and its exit status says whether there was one.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{Run, command, file, steadfast};

const GOOD: &str = r#"
[policies.careful]
attempts = 2

[[endpoints]]
match = "GET https://api.example.com/v1/**"
policy = "careful"
"#;

#[test]
fn a_file_without_mistakes_is_exit_status_0() {
    let good = file("check-good.toml", GOOD);
    let run = steadfast(&["check", &good]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(
        run.stdout.contains("is valid: policies: 1, endpoints: 1"),
        "{run:?}"
    );
}

#[test]
fn all_mistakes_are_told_at_once_with_place_and_suggestion() {
    let wrong = file(
        "check-wrong.toml",
        "[policies.careful]\natempts = 2\ndeadline = \"10 parsecs\"\n",
    );
    let run = steadfast(&["check", &wrong]);
    assert_eq!(run.code, 1, "{run:?}");
    for expected in [
        "check-wrong.toml:2:1: error",
        "^^^^^^^",
        "did you mean `attempts`?",
        ":3:",
        "mistakes: 2",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
}

#[test]
fn as_json_each_mistake_has_file_line_column_and_help() {
    let wrong = file("check-json.toml", "[policies.careful]\natempts = 2\n");
    let run = steadfast(&["check", "--json", &wrong]);
    let json = run.json();
    assert_eq!((run.code, &json["ok"]), (1, &false.into()));
    let mistake = &json["diagnostics"][0];
    assert_eq!(
        (&mistake["line"], &mistake["column"]),
        (&2.into(), &1.into())
    );
    assert_eq!(mistake["severity"], "error");
    assert!(
        mistake["file"]
            .as_str()
            .unwrap()
            .ends_with("check-json.toml")
    );
    assert_eq!(mistake["help"], "did you mean `attempts`?");
}

#[test]
fn a_file_that_cannot_be_read_is_exit_status_2_and_the_others_are_checked() {
    let good = file("check-beside.toml", GOOD);
    let run = steadfast(&["check", "/nowhere/policies.toml", &good]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("/nowhere/policies.toml"), "{run:?}");
    assert!(run.stdout.contains("is valid"), "{run:?}");
}

#[test]
fn the_schema_is_json() {
    let run = steadfast(&["schema"]);
    assert_eq!(run.code, 0);
    assert!(run.json()["properties"]["endpoints"].is_object(), "{run:?}");
}

#[test]
fn the_schema_in_the_repository_is_the_one_that_is_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies.schema.json");
    let printed = steadfast(&["schema"]).stdout;
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, printed).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == printed,
        "run these tests with UPDATE_SCHEMA=1 and look at the difference"
    );
}

#[test]
fn a_section_whose_crate_does_not_exist_names_it() {
    let reserved = file("check-reserved.toml", "[[alerts]]\nname = \"down\"\n");
    let run = steadfast(&["check", &reserved]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected =
        ":1:3: error: the section `alerts` is reserved for the crate `steadfast-monitor`";
    assert!(run.stdout.contains(expected), "{run:?}");
}

#[test]
fn standard_input_is_a_file_too_toml_or_json() {
    let read = |text: &str, args: &[&str]| {
        let mut child = command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        Run::from(child.wait_with_output().unwrap())
    };
    let json = r#" {"policies": {"a": {"attempts": 2}}, "endpoints": [{"match": "x.com", "policy": "a"}]}"#;
    for text in [GOOD, json] {
        let run = read(text, &["check", "-"]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains("policies: 1, endpoints: 1"), "{run:?}");
    }
    let run = read("[policies.a]\natempts = 2\n", &["check", "-"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stdout.starts_with("standard input:2:1: error"),
        "{run:?}"
    );
    let explain = read(json, &["explain", "-", "http://x.com/"]);
    assert!(explain.stdout.contains("policy `a`"), "{explain:?}");
    let plan = read(GOOD, &["plan", "-", "--rate", "1/s"]);
    assert_eq!(plan.code, 0, "{plan:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_to_its_end() {
    let pipe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-pipe");
    let _ = std::fs::remove_file(&pipe);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let path = pipe.clone();
    let writer = std::thread::spawn(move || std::fs::write(path, GOOD).unwrap());
    let run = steadfast(&["check", &pipe.display().to_string()]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("is valid"), "{run:?}");
    writer.join().unwrap();
}

#[cfg(unix)]
#[test]
fn what_never_ends_and_what_is_no_file_are_exit_status_2() {
    let run = steadfast(&["check", "/dev/zero"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr
            .contains("/dev/zero: the file has more than 16 MiB"),
        "{run:?}"
    );
    let run = steadfast(&["check", env!("CARGO_TARGET_TMPDIR")]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn a_warning_is_exit_status_0_and_with_deny_warnings_1() {
    let unused = file("check-unused.toml", "[policies.careful]\nattempts = 2\n");
    let run = steadfast(&["check", &unused]);
    assert_eq!(run.code, 0, "{run:?}");
    for expected in [
        ":1:11: warning: no policy of this file is used [unused]",
        "is valid; warnings: 1",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
    let run = steadfast(&["check", "--deny", "warnings", &unused]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("is invalid; warnings: 1"), "{run:?}");
    let run = steadfast(&["check", "--json", "--deny", "warnings", &unused]);
    assert_eq!((run.code, &run.json()["ok"]), (1, &false.into()));
    let good = file("check-used.toml", GOOD);
    assert_eq!(steadfast(&["check", "--deny", "warnings", &good]).code, 0);
}

#[test]
fn quotas_of_named_time_zones_are_read() {
    let text = GOOD.replace(
        "attempts = 2",
        "attempts = 2\nquota = \"1000/day in America/Los_Angeles\"",
    );
    let run = steadfast(&["check", &file("check-zone.toml", &text)]);
    assert_eq!(run.code, 0, "{run:?}");
}
