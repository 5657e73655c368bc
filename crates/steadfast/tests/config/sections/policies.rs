//! What a section does to policies: once, when they are built, and never when a file is checked.

use std::sync::atomic::{AtomicUsize, Ordering};

use steadfast::config::section::{Field, Keys, Mistake, Section, ValueKind, key};
use steadfast::config::{Config, Format};
use steadfast::{Policies, Policy};

static KEYS: Keys = Keys::new(
    "a door",
    &[&[key("path", ValueKind::Text, "where it is").required()]],
);

macro_rules! door {
    ($name:ident, $opened:ident, $open:expr) => {
        static $opened: AtomicUsize = AtomicUsize::new(0);
        static $name: Section<String> = Section::table("my_door", "a door", &KEYS, |table, _| {
            table.get("path").and_then(Field::text).map(str::to_owned)
        })
        .opens(|path, builder| {
            $opened.fetch_add(1, Ordering::Relaxed);
            ($open)(path, builder)
        });
    };
}

type Opened = Result<steadfast::PoliciesBuilder, Mistake>;

#[test]
fn a_section_is_opened_when_policies_are_built_and_not_before() {
    door!(DOOR, OPENED, |path: &String,
                         builder: steadfast::PoliciesBuilder|
     -> Opened {
        Ok(builder.named(path.as_str(), Policy::standard()))
    });
    let reader = Config::reader().section(&DOOR);
    let config = reader
        .parse("[my_door]\npath = 'x'", Format::Toml, "p.toml")
        .unwrap();
    assert!(!reader.schema().is_empty() && config.section(&DOOR).is_some());
    assert_eq!(OPENED.load(Ordering::Relaxed), 0);
    let policies: Policies = config.build().unwrap();
    assert_eq!(OPENED.load(Ordering::Relaxed), 1);
    drop(policies);
    let without = reader.parse("", Format::Toml, "p.toml").unwrap();
    without.build().unwrap();
    assert_eq!(
        OPENED.load(Ordering::Relaxed),
        1,
        "the file has no such section"
    );
}

#[test]
fn what_cannot_be_opened_is_a_mistake_with_its_place() {
    door!(DOOR, OPENED, |_: &String,
                         _: steadfast::PoliciesBuilder|
     -> Opened {
        Err(Mistake::new("somebody else has it open").help("close it"))
    });
    let reader = Config::reader().section(&DOOR);
    let config = reader
        .parse("\n[my_door]\npath = 'x'", Format::Toml, "p.toml")
        .unwrap();
    let expected = "\
p.toml:2:2: error: somebody else has it open [section]
  |
2 | [my_door]
  |  ^^^^^^^
  = help: close it
";
    assert_eq!(config.build().unwrap_err().to_string(), expected);
    assert_eq!(config.builder().unwrap_err().to_string(), expected);
    assert_eq!(OPENED.load(Ordering::Relaxed), 2);
}

#[test]
fn a_mistake_at_opening_does_not_show_the_value_of_a_variable() {
    door!(DOOR, OPENED, |path: &String,
                         _: steadfast::PoliciesBuilder|
     -> Opened {
        Err(format!("no door at {path}").into())
    });
    let reader = Config::reader().section(&DOOR);
    let env = |_: &str| Some("hush".to_owned());
    let text = "[my_door]\npath = '${PATH}'";
    let config = reader
        .parse_with_env(text, Format::Toml, "p.toml", &env)
        .unwrap();
    let shown = config.build().unwrap_err().to_string();
    assert!(
        shown.contains("makes no sense once the variables") && !shown.contains("hush"),
        "{shown}"
    );
    let plain = reader
        .parse("[my_door]\npath = 'x'", Format::Toml, "p.toml")
        .unwrap();
    assert!(
        plain
            .build()
            .unwrap_err()
            .to_string()
            .contains("no door at x")
    );
    assert_eq!(OPENED.load(Ordering::Relaxed), 2);
}

#[test]
fn a_section_that_makes_policies_wrong_is_an_error_and_no_panic() {
    door!(DOOR, OPENED, |path: &String,
                         builder: steadfast::PoliciesBuilder|
     -> Opened {
        Ok(builder.named(path.as_str(), Policy::standard().attempts(0)))
    });
    let reader = Config::reader().section(&DOOR);
    let config = reader
        .parse("[my_door]\npath = 'x'", Format::Toml, "p.toml")
        .unwrap();
    let shown = config.build().unwrap_err().to_string();
    assert!(
        shown.starts_with("p.toml:1:2: error: the sections made policies that cannot be built"),
        "{shown}"
    );
    assert_eq!(OPENED.load(Ordering::Relaxed), 1);
}
