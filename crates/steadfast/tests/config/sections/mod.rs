//! Sections that other crates define: checked like the file's own keys, and what they make is handed over.

mod defined;
mod names;
mod policies;
mod schema;

use std::time::Duration;

use steadfast::config::section::{Keys, Section};
use steadfast::config::{Config, Diagnostics, Format, Reader};
use steadfast::{Quota, Rate};

use self::defined::{ALERTS, Alert, GUARD, Guard};

/// The variables of these tests. Their values never belong in a message.
fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("hush".into()),
        "BAD" => Some("bad-hush".into()),
        "TIME" => Some("3hush".into()),
        "WORD" => Some("hard".into()),
        _ => None,
    }
}

fn reader() -> Reader {
    Config::reader().section(&GUARD).section(&ALERTS)
}

fn toml(text: &str) -> Result<Config, Diagnostics> {
    reader().parse_with_env(text, Format::Toml, "p.toml", &env)
}

fn json(text: &str) -> Result<Config, Diagnostics> {
    reader().parse_with_env(text, Format::Json, "p.json", &env)
}

/// Each mistake in short: place, code, message and help.
fn mistakes(result: Result<Config, Diagnostics>) -> Vec<String> {
    let mistakes = result.unwrap_err();
    let short = mistakes.iter().map(|mistake| {
        let help = mistake.help.as_deref().unwrap_or("-");
        let (line, column) = (mistake.line, mistake.column);
        format!(
            "{line}:{column} [{}] {} | {help}",
            mistake.code, mistake.message
        )
    });
    short.collect()
}

const EVERYTHING: &str = r#"
[my_guard]
whole = 7
factor = 1.5
time = "1m30s"
size = "64KiB"
rate = "5/s burst 20"
quota = "1000/day"
trickle = "0.2/s"
flag = true
off = false
token = "${TOKEN}"
word = "${WORD}"
times = ["1s", "2s"]
inner = { depth = 1, deeper = { depth = 2 } }
either = { depth = 4 }

[[my_guard.tables]]
depth = 2

[[my_guard.tables]]
depth = 3

[my_guard.named]
"a b" = 1
c = 100

[my_guard.statuses]
5xx = 1
"420..=428" = 2

[my_guard.failures]
connect = 1
"#;

const EVERYTHING_JSON: &str = r#"{"my_guard": {
    "whole": 7, "factor": 1.5, "time": "1m30s", "size": 65536, "rate": "5/s burst 20", "quota": "1000/day",
    "trickle": "0.2/s", "flag": true, "off": false, "token": "${TOKEN}", "word": "hard", "times": ["1s", "2s"],
    "inner": {"depth": 1, "deeper": {"depth": 2}}, "either": {"depth": 4},
    "tables": [{"depth": 2}, {"depth": 3}],
    "named": {"a b": 1, "c": 100}, "statuses": {"5xx": 1, "420..=428": 2}, "failures": {"connect": 1}
}}"#;

fn everything() -> Guard {
    Guard {
        whole: Some(7),
        factor: Some(1.5),
        time: Some(Duration::from_secs(90)),
        size: Some(65_536),
        rate: Some(Rate::per_second(5).burst(20)),
        quota: "1000/day".parse::<Quota>().ok(),
        trickle: Some(200),
        flag: Some(true),
        off: Some(false),
        token: Some("hush".into()),
        word: Some("hard"),
        inner: Some(1),
        depths: vec![2, 3],
        times: vec![Duration::from_secs(1), Duration::from_secs(2)],
        named: [("a b".into(), 1), ("c".into(), 100)].into(),
        statuses: vec![(500, 599), (420, 428)],
        failures: vec!["connect".into()],
        either: Some(Err(4)),
        keys: vec![
            "whole", "factor", "time", "size", "rate", "quota", "trickle", "flag", "off", "token",
            "word", "times", "inner", "either", "tables", "named", "statuses", "failures",
        ],
        secret: true,
    }
}

#[test]
fn every_kind_of_value_arrives_from_toml_and_from_json() {
    for config in [toml(EVERYTHING), json(EVERYTHING_JSON)] {
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(*config.section(&GUARD).unwrap(), everything());
        assert_eq!(config.sections().collect::<Vec<_>>(), ["my_guard"]);
        assert!(config.section(&ALERTS).is_none(), "the file has none");
    }
}

#[test]
fn a_list_of_tables_arrives_in_the_order_of_the_file() {
    let alert = |name: &str, percent| Alert {
        name: name.into(),
        percent,
    };
    let expected = vec![alert("b", 5), alert("a", 7)];
    for config in [
        toml("[[my_alerts]]\nname = 'b'\n[[my_alerts]]\nname = 'a'\npercent = 7"),
        toml("my_alerts = [{ name = 'b' }, { name = 'a', percent = 7 }]"),
        json(r#"{"my_alerts": [{"name": "b"}, {"name": "a", "percent": 7}]}"#),
    ] {
        assert_eq!(*config.unwrap().section(&ALERTS).unwrap(), expected);
    }
    let none = toml("my_alerts = []").unwrap();
    assert!(none.section(&ALERTS).unwrap().is_empty());
    assert!(toml("").unwrap().section(&ALERTS).is_none());
}

#[test]
fn policies_and_sections_stand_in_one_file() {
    let config = toml(
        "[[my_alerts]]\nname = 'b'\n[policies.a]\nattempts = 2\n[[endpoints]]\nmatch = 'x.com'",
    );
    let config = config.unwrap();
    assert_eq!(
        (config.policies().count(), config.endpoints().count()),
        (1, 1)
    );
    assert!(config.build().is_ok());
}

#[test]
fn all_mistakes_of_a_section_and_of_the_policies_are_told_at_once() {
    let text = "\
[policies.a]
atempts = 2

[my_guard]
factor = 0.5
time = \"5 parsecs\"
interval = \"1s\"
size = -1
flag = \"true\"
off = true
word = \"harrd\"
quota = 1000
either = 7
times = [\"0s\", 3]
inner = { deepr = 1 }
tables = { depth = 1 }
statuses = { 99 = 1, \"500..599\" = 2 }
failures = { conect = 1 }

[[my_alerts]]
threshold = 7
[[my_alerts]]
name = \"a\"
[[my_alerts]]
name = \"a\"
";
    let expected = "\
2:1 [unknown-key] unknown key `atempts` in a policy | did you mean `attempts`?
4:1 [missing-key] a guard without `whole` | `whole`: a whole number
5:10 [value] `0.5` is out of bounds | it has to be a number of 1 or more
6:8 [unit] `5 parsecs` has the unknown unit `parsecs`: known are `ms`, `s`, `m`, `h` or `d` | it has to be a time such as `\"1.5s\"`
7:1 [unknown-key] unknown key `interval` in a guard | did you mean `time`? (a time)
8:8 [value] `-1` is out of bounds | it has to be a size such as `\"64KiB\"`, or a number of bytes
9:8 [type] a string where `true` or `false` belongs | did you mean `true`, without quotes?
10:7 [value] `true` is no value of `off` | leave it out
11:8 [value] `harrd` is not a word that is known here | did you mean `\"hard\"`?
12:9 [type] a whole number where a quota such as `\"1000/day\"` belongs | did you mean `\"1000/day\"`?
13:10 [type] a whole number where a string, or a table belongs | -
14:10 [unit] `0s` is no time at all | it has to be a time such as `\"1.5s\"`
14:16 [type] a whole number where a time such as `\"1.5s\"` belongs | did you mean `\"3s\"`?
15:9 [missing-key] an inner table without `depth` | `depth`: how deep it is
15:11 [unknown-key] unknown key `deepr` in an inner table | did you mean `deeper`?
16:10 [type] a table where a list of tables belongs | did you mean `[[my_guard.tables]]`?
17:14 [value] `99` leaves 100..=999 | statuses are written `500`, `\"500..=599\"`, `\"600..\"`, `5xx` or `server-error`
17:22 [value] `500..599` does not say whether its end belongs to it | did you mean `\"500..=599\"`?
18:14 [value] `conect` is no kind of failure | did you mean `connect`?
20:1 [missing-key] an alert without `name` | `name`: what it is called
21:1 [unknown-key] unknown key `threshold` in an alert | did you mean `percent`? (when it is raised; default: 5)
25:8 [value] line 23 has an alert of that name | rename one";
    assert_eq!(mistakes(toml(text)).join("\n"), expected);
}

#[test]
fn no_message_of_a_section_shows_the_value_of_a_variable() {
    let text = "[my_guard]\nwhole = 1\ntime = '${TIME}'\nword = '${TOKEN}'\ntoken = '${BAD}'";
    let shown = toml(text).unwrap_err().to_string();
    assert!(!shown.contains("hush"), "{shown}");
    let expected = "\
2:1 [value] version 7 has no tokens | -
2:9 [value] a token that is bad | -
3:8 [unit] `${TIME}` is wrong once its variables are filled in | it has to be a time such as `\"1.5s\"`
4:8 [value] `${TOKEN}` is wrong once its variables are filled in | it has to be `\"soft\"`, `\"hard\"`
5:9 [value] this makes no sense once the variables of the section `my_guard` are filled in | -";
    assert_eq!(
        mistakes(toml(text)).join("\n"),
        expected.replace("2:1 ", "1:1 ")
    );
    // Without a variable the same message is shown as it was made.
    let plain = mistakes(toml("[my_guard]\nwhole = 1\ntoken = 'bad luck'"));
    assert!(
        plain.contains(&"3:9 [value] the token bad luck is bad | -".to_owned()),
        "{plain:?}"
    );
    assert!(
        plain.contains(&"2:9 [value] a token that is bad | do not use bad luck".to_owned()),
        "{plain:?}"
    );
    let missing = mistakes(toml("[my_guard]\nwhole = 1\ntoken = '${NONE}'"));
    assert_eq!(
        missing,
        [
            "3:9 [variable] the environment variable `NONE` is not set | set `NONE`, or write `$$` for a `$`"
        ]
    );
    assert!(!format!("{:?}", toml(EVERYTHING).unwrap()).contains("hush"));
}

#[test]
fn a_variable_in_a_section_hides_nothing_of_the_policies() {
    let text = "[policies.a]\ncost = 10\nrate = '5/s'\n[my_guard]\nwhole = 1\ntoken = '${TOKEN}'";
    let with = mistakes(toml(text));
    let without = mistakes(toml(&text.replace("${TOKEN}", "open")));
    assert_eq!(with, without);
}

#[test]
fn a_variable_of_one_section_hides_nothing_of_another() {
    let text = "[[my_alerts]]\nname = '${TOKEN}'\n[my_guard]\nwhole = 1\ntoken = 'bad luck'";
    let found = mistakes(toml(text));
    assert!(
        found.contains(&"5:9 [value] the token bad luck is bad | -".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_warning_of_a_section_refuses_nothing() {
    let config = toml("[[my_alerts]]\nname = 'a'\npercent = 100").unwrap();
    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings());
    };
    assert_eq!((warning.line, warning.column), (3, 11));
    assert_eq!(warning.message, "never raised while anything works");
}

#[test]
fn a_section_that_is_refused_without_a_reason_refuses_the_file() {
    static KEYS: Keys = Keys::new("a thing", &[]);
    static SILENT: Section<()> = Section::table("silent", "", &KEYS, |_, _| None);
    let reader = Config::reader().section(&SILENT);
    let found = mistakes(reader.parse("[silent]", Format::Toml, "p.toml"));
    assert_eq!(
        found,
        ["1:2 [value] the section `silent` is refused, and its crate does not say why | -"]
    );
}

#[test]
fn of_countless_mistakes_the_first_hundred_are_shown() {
    let text = "[[my_alerts]]\nname = 'a'\n".repeat(5_000);
    let mistakes = toml(&text).unwrap_err();
    assert_eq!(mistakes.len(), 101);
    let last = mistakes.iter().last().unwrap();
    assert_eq!(last.message, "4899 more mistakes are not shown");
}

#[test]
fn every_beginning_of_a_file_with_sections_is_read_or_refused() {
    for (text, format) in [(EVERYTHING, Format::Toml), (EVERYTHING_JSON, Format::Json)] {
        for end in 0..text.len() {
            if let Err(mistakes) = reader().parse_with_env(&text[..end], format, "p", &env) {
                assert!(!mistakes.is_empty() && !mistakes.to_string().contains("hush"));
            }
        }
    }
}
