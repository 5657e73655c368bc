//! Names of sections: registered, known, unknown, and written in the wrong form.

use steadfast::config::section::{Keys, Section};
use steadfast::config::{Format, Reader};

use super::defined::GUARD;
use super::{json, mistakes, reader, toml};

#[test]
fn a_section_without_its_crate_names_the_crate() {
    for (text, crate_name) in [
        ("[quota_file]\npath = 'x'", "steadfast-quota-file"),
        ("quota_file.path = 'x'", "steadfast-quota-file"),
        ("[[alerts]]\nname = 'x'", "steadfast-monitor"),
        ("[fleet]\nsize = 3", "steadfast-fleet"),
    ] {
        let found = mistakes(toml(text));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("1:") && found[0].contains("[missing-crate]"),
            "{found:?}"
        );
        assert!(
            found[0].contains(&format!("the crate `{crate_name}`")),
            "{found:?}"
        );
    }
    let expected = "1:2 [missing-crate] the section `quota_file` needs the crate `steadfast-quota-file` | \
                    add `steadfast-quota-file` with its feature `config`, and read the file with \
                    `Config::reader().section(&steadfast_quota_file::SECTION)`";
    assert_eq!(mistakes(json(r#"{"quota_file": {}}"#)), [expected]);
    // Inside of another table it is a key like any other.
    let found = mistakes(toml("[policies.a]\nalerts = 1"));
    assert!(
        found[0].contains("[unknown-key] unknown key `alerts` in a policy"),
        "{found:?}"
    );
}

#[test]
fn an_unknown_section_is_an_unknown_key_that_is_compared_with_all_names() {
    for (text, expected) in [
        (
            "[my_gard]",
            "unknown key `my_gard` in the file | did you mean `my_guard`?",
        ),
        (
            "[[my-alert]]",
            "unknown key `my-alert` in the file | did you mean `my_alerts`?",
        ),
        (
            "[[alert]]",
            "unknown key `alert` in the file | did you mean `alerts`?",
        ),
        (
            "[quotafile]",
            "unknown key `quotafile` in the file | did you mean `quota_file`?",
        ),
        (
            "percent = 3",
            "unknown key `percent` in the file | `percent` is a key of a budget",
        ),
        (
            "depth = 3",
            "unknown key `depth` in the file | known are `$schema`, `default`, `policies`, `endpoints`, `my_guard`, `my_alerts`",
        ),
        (
            "token = 3",
            "unknown key `token` in the file | `token` is a key of a guard",
        ),
    ] {
        let found = mistakes(toml(text));
        assert!(
            found.len() == 1 && found[0].ends_with(expected),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn names_that_leave_open_who_reads_what_are_refused() {
    static KEYS: Keys = Keys::new("a thing", &[]);
    static POLICIES: Section<()> = Section::table("policies", "", &KEYS, |_, _| Some(()));
    static OTHER: Section<()> = Section::table("my_guard", "", &KEYS, |_, _| Some(()));
    let parse = |reader: Reader| reader.parse("", Format::Toml, "p.toml");
    let found = mistakes(parse(reader().section(&POLICIES)));
    assert_eq!(
        found,
        ["1:1 [section] `policies` is a key of every policy file, and no name for a section | -"]
    );
    let found = mistakes(parse(reader().section(&OTHER)));
    assert_eq!(
        found,
        ["1:1 [section] `my_guard` is the name of two sections that are registered | -"]
    );
    assert!(
        parse(reader().section(&GUARD)).is_ok(),
        "the same twice is no mistake"
    );
}

#[test]
fn a_section_of_the_wrong_form_is_told_the_right_one() {
    for (text, expected) in [
        (
            "[my_alerts]\nname = 'a'",
            "a table where a list of tables belongs | did you mean `[[my_alerts]]`?",
        ),
        (
            "[[my_guard]]\nwhole = 1",
            "a list where a table belongs | did you mean `[my_guard]`?",
        ),
        ("my_guard = 1", "a whole number where a table belongs | -"),
        (
            "my_alerts = 'all'",
            "a string where a list of tables belongs | -",
        ),
        (
            "my_alerts = [1]",
            "a whole number where a table belongs | -",
        ),
    ] {
        let found = mistakes(toml(text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].ends_with(expected), "{text}: {found:?}");
    }
}
