//! Two sections as another crate would define them: one of every kind of value, and a list.

use std::collections::BTreeMap;
use std::time::Duration;

use steadfast::config::section::{
    Field, Fields, Key, Keys, Mistake, Mistakes, Names, Section, ValueKind, Word, Zero, key, whole,
    word,
};
use steadfast::{Quota, Rate};

/// What `[my_guard]` says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Guard {
    pub(crate) whole: Option<u64>,
    pub(crate) factor: Option<f64>,
    pub(crate) time: Option<Duration>,
    pub(crate) size: Option<usize>,
    pub(crate) rate: Option<Rate>,
    pub(crate) quota: Option<Quota>,
    pub(crate) trickle: Option<u32>,
    pub(crate) flag: Option<bool>,
    pub(crate) off: Option<bool>,
    pub(crate) token: Option<String>,
    pub(crate) word: Option<&'static str>,
    pub(crate) inner: Option<u64>,
    pub(crate) depths: Vec<u64>,
    pub(crate) times: Vec<Duration>,
    pub(crate) named: BTreeMap<String, u64>,
    pub(crate) statuses: Vec<(u16, u16)>,
    pub(crate) failures: Vec<String>,
    pub(crate) either: Option<Result<String, u64>>,
    pub(crate) keys: Vec<&'static str>,
    pub(crate) secret: bool,
}

static INNER: Keys = Keys::new("an inner table", &[&INNER_KEYS]);
static INNER_KEYS: [Key; 2] = [
    key("depth", whole(0, 9), "how deep it is").required(),
    key("deeper", ValueKind::Table(&INNER), "another one in it"),
];
static INNER_TABLE: ValueKind = ValueKind::Table(&INNER);
static TIME: ValueKind = ValueKind::Time(Zero::Refused);
static NUMBER: ValueKind = ValueKind::Whole {
    least: 0,
    most: 100,
};
static TEXT: ValueKind = ValueKind::Text;

const WORDS: &[Word] = &[word("soft", "warns"), word("hard", "refuses")];
const SCALARS: &[Key] = &[
    key("whole", whole(1, 10), "a whole number").required(),
    key("factor", ValueKind::Factor, "a factor"),
    key("time", ValueKind::Time(Zero::Refused), "a time").aka(&["interval"]),
    key("size", ValueKind::Size, "a size"),
    key("rate", ValueKind::Rate, "a rate"),
    key("quota", ValueKind::Quota, "a quota"),
    key("trickle", ValueKind::Trickle, "a slow rate"),
    key("flag", ValueKind::Flag, "a flag"),
    key(
        "off",
        ValueKind::Off {
            mistake: "`true` is no value of `off`",
            help: "leave it out",
        },
        "only false",
    ),
    key("token", ValueKind::Text, "a secret"),
    key("word", ValueKind::Word(WORDS), "one of two"),
];
const NESTED: &[Key] = &[
    key("inner", ValueKind::Table(&INNER), "a table"),
    key("tables", ValueKind::List(&INNER_TABLE), "tables"),
    key("times", ValueKind::List(&TIME), "times"),
    key(
        "named",
        ValueKind::Map(Names::Any, &NUMBER),
        "numbers by name",
    ),
    key(
        "statuses",
        ValueKind::Map(Names::Statuses, &NUMBER),
        "numbers by status",
    ),
    key(
        "failures",
        ValueKind::Map(Names::Failures, &NUMBER),
        "numbers by failure",
    ),
    key(
        "either",
        ValueKind::Either(&TEXT, &INNER_TABLE),
        "a text or a table",
    ),
];
static GUARD_KEYS: Keys = Keys::new("a guard", &[SCALARS, NESTED]);

/// `[my_guard]`
pub(crate) static GUARD: Section<Guard> =
    Section::table("my_guard", "a guard of every kind", &GUARD_KEYS, guard);

fn guard(table: Fields<'_>, mistakes: &mut Mistakes<'_>) -> Option<Guard> {
    if let Some(token) = table.get("token") {
        let text = token.text()?;
        if text.starts_with("bad") {
            mistakes.error(token.place(), format!("the token {text} is bad"));
            mistakes.error(
                table.place_of("whole"),
                Mistake::new("a token that is bad").help(format!("do not use {text}")),
            );
            let version = Mistake::new(format!("version {} has no tokens", 7));
            mistakes.error(table.place(), version.without_values());
        }
    }
    let depth = |table: Fields<'_>| table.get("depth").and_then(Field::whole);
    let list = |name| table.get(name).and_then(Field::list).into_iter().flatten();
    let map = |name| table.get(name).and_then(Field::map).into_iter().flatten();
    Some(Guard {
        whole: table.get("whole").and_then(Field::whole),
        factor: table.get("factor").and_then(Field::factor),
        time: table.get("time").and_then(Field::time),
        size: table.get("size").and_then(Field::size),
        rate: table.get("rate").and_then(Field::rate),
        quota: table.get("quota").and_then(Field::quota).cloned(),
        trickle: table.get("trickle").and_then(Field::trickle),
        flag: table.get("flag").and_then(Field::flag),
        off: table.get("off").and_then(Field::flag),
        token: table.get("token").and_then(Field::text).map(str::to_owned),
        word: table.get("word").and_then(Field::word),
        inner: table.get("inner").and_then(Field::table).and_then(depth),
        depths: list("tables")
            .filter_map(|item| depth(item.table()?))
            .collect(),
        times: list("times").filter_map(Field::time).collect(),
        named: map("named")
            .filter_map(|(name, item)| Some((name.text().to_owned(), item.whole()?)))
            .collect(),
        statuses: map("statuses")
            .filter_map(|(name, _)| name.statuses(mistakes))
            .map(|range| range.into_inner())
            .collect(),
        failures: map("failures")
            .filter_map(|(name, _)| name.failure(mistakes))
            .map(|kind| kind.as_str().to_owned())
            .collect(),
        either: table.get("either").and_then(|either| {
            let text = either.text().map(|text| Ok(text.to_owned()));
            text.or_else(|| depth(either.table()?).map(Err))
        }),
        keys: table.keys().collect(),
        secret: mistakes.has_secrets() && table.get("token").is_some_and(Field::is_secret),
    })
}

/// One of `[[my_alerts]]`.
#[derive(Debug, PartialEq)]
pub(crate) struct Alert {
    pub(crate) name: String,
    pub(crate) percent: u64,
}

static ALERT_KEYS: Keys = Keys::new(
    "an alert",
    &[&[
        key("name", ValueKind::Text, "what it is called").required(),
        key("percent", whole(1, 100), "when it is raised; default: 5").aka(&["threshold"]),
    ]],
);

/// `[[my_alerts]]`
pub(crate) static ALERTS: Section<Vec<Alert>> =
    Section::list("my_alerts", "alerts", &ALERT_KEYS, alerts);

fn alerts(tables: &[Fields<'_>], mistakes: &mut Mistakes<'_>) -> Option<Vec<Alert>> {
    let mut known: Vec<(Alert, _)> = Vec::new();
    for table in tables {
        let Some(name) = table.get("name") else {
            continue;
        };
        let own = name.text()?;
        if let Some((_, place)) = known.iter().find(|(other, _)| other.name == own) {
            let line = mistakes.line(*place);
            let message = format!("line {line} has an alert of that name");
            mistakes.error(
                name.place(),
                Mistake::new(message).help("rename one").without_values(),
            );
        }
        let percent = table.get("percent").and_then(Field::whole);
        if percent == Some(100) {
            mistakes.warning(
                table.place_of("percent"),
                "never raised while anything works",
            );
        }
        let name_place = name.place();
        known.push((
            Alert {
                name: own.to_owned(),
                percent: percent.unwrap_or(5),
            },
            name_place,
        ));
    }
    Some(known.into_iter().map(|(alert, _)| alert).collect())
}
