//! Sections of a file that is watched: each version is handed over, and what was opened at the start stays.

use std::sync::{Arc, Mutex};

use steadfast::config::Config;
use steadfast::config::WatchOptions;
use steadfast::config::section::{Field, Keys, Mistake, Section, ValueKind, key, whole};
use steadfast::{Policies, PoliciesBuilder, Policy};
use steadfast_testkit::Transport;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::capture::hear;
use super::{Folder, attempts, look_twice, over, record};

static LIMIT_KEYS: Keys = Keys::new(
    "a limit",
    &[&[key("percent", whole(1, 100), "when it is raised").required()]],
);
/// `[[my_limits]]`: percents.
static LIMITS: Section<Vec<u64>> =
    Section::list("my_limits", "limits", &LIMIT_KEYS, |tables, _| {
        let percents = tables
            .iter()
            .map(|table| table.get("percent").and_then(Field::whole));
        percents.collect()
    });

static DEFAULT_KEYS: Keys = Keys::new(
    "a default",
    &[&[
        key("attempts", whole(1, 9), "of every call").required(),
        key("crash", ValueKind::Flag, "a bug"),
    ]],
);
/// `[my_default]`: the attempts of the default policy, whatever the file says of it.
static DEFAULT: Section<u32> =
    Section::table("my_default", "attempts", &DEFAULT_KEYS, |table, _| {
        assert!(table.get("crash").is_none(), "a section that panics");
        table
            .get("attempts")
            .and_then(Field::whole)?
            .try_into()
            .ok()
    })
    .opens(open);

fn open(attempts: &u32, builder: PoliciesBuilder) -> Result<PoliciesBuilder, Mistake> {
    match attempts {
        9 => Err("nine cannot be opened".into()),
        attempts => Ok(builder.default_policy(Policy::standard().attempts(*attempts))),
    }
}

fn limits(percent: u32) -> String {
    format!("[[my_limits]]\npercent = {percent}\n")
}

/// What a watch told, in order.
type Told = Arc<Mutex<Vec<Option<Arc<Vec<u64>>>>>>;

fn watched() -> (WatchOptions, Told) {
    let told = Told::default();
    let kept = Arc::clone(&told);
    let reader = Config::reader().section(&LIMITS).section(&DEFAULT);
    let options = WatchOptions::new().reader(reader).on_config(move |config| {
        kept.lock().unwrap().push(config.section(&LIMITS));
    });
    (options, told)
}

fn percents(told: &Told) -> Vec<Option<Vec<u64>>> {
    let told = told.lock().unwrap();
    told.iter()
        .map(|limits| limits.as_deref().cloned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_version_of_a_section_is_handed_over_the_first_before_the_watch_begins() {
    let folder = Folder::new("sections-versions");
    folder.write(&format!("{}{}", attempts(2), limits(5)));
    let (options, told) = watched();
    let policies = Policies::watch_with(folder.file(), options).unwrap();
    assert_eq!(percents(&told), [Some(vec![5])]);
    let client = over(&policies, &Transport::new(502));

    folder.write(&format!("{}{}", attempts(3), limits(7)));
    look_twice().await;
    assert_eq!(percents(&told), [Some(vec![5]), Some(vec![7])]);
    assert_eq!(record(&client).await.attempt_count(), 3);

    folder.write(&format!("{}{}", attempts(4), limits(700)));
    look_twice().await;
    assert_eq!(percents(&told).len(), 2, "a section with a mistake");
    assert_eq!(record(&client).await.attempt_count(), 3);

    folder.write(&attempts(5));
    look_twice().await;
    assert_eq!(percents(&told)[2..], [None], "the section is gone");
    assert_eq!(record(&client).await.attempt_count(), 5);
}

#[tokio::test(start_paused = true)]
async fn without_its_crate_a_section_is_refused_at_the_start_and_while_watching() {
    let folder = Folder::new("sections-unknown");
    folder.write("[quota_file]\npath = 'x'");
    for refused in [
        Policies::read(folder.file()),
        Policies::watch(folder.file()),
    ] {
        let mistakes = refused.unwrap_err().to_string();
        assert!(
            mistakes.contains("needs the crate `steadfast-quota-file`"),
            "{mistakes}"
        );
    }
    folder.write(&attempts(2));
    let policies = Policies::watch(folder.file()).unwrap();
    folder.write(&format!("{}[quota_file]\npath = 'x'", attempts(3)));
    look_twice().await;
    let client = over(&policies, &Transport::new(502));
    assert_eq!(record(&client).await.attempt_count(), 2);
}

#[test]
fn what_was_opened_stays_and_a_change_of_it_is_a_warning() {
    let folder = Folder::new("sections-opened");
    let (heard, ()) = hear(LevelFilter::WARN, async {
        folder.write("[my_default]\nattempts = 4\n");
        let (options, _) = watched();
        let policies = Policies::watch_with(folder.file(), options).unwrap();
        let client = over(&policies, &Transport::new(502));
        assert_eq!(
            record(&client).await.attempt_count(),
            4,
            "opened at the start"
        );
        folder.write("[my_default]\nattempts = 4\n[policies.a]\n");
        look_twice().await;
        assert_eq!(
            record(&client).await.attempt_count(),
            3,
            "it is not opened again: the file's own default is in force"
        );
        folder.write("[my_default]\nattempts = 5\n");
        look_twice().await;
        folder.write("");
        look_twice().await;
    });
    let file = folder.file();
    let change = format!(
        "the change of `my_default` in {} takes effect at the next start",
        file.display()
    );
    let told = heard.said(Level::WARN).into_iter();
    let told: Vec<_> = told.filter(|text| !text.starts_with("GET")).collect();
    assert_eq!(told, [change.as_str(), change.as_str()]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_opened_is_an_error_of_the_start_alone() {
    let folder = Folder::new("sections-nine");
    folder.write("[my_default]\nattempts = 9\n");
    let (options, told) = watched();
    let mistakes = Policies::watch_with(folder.file(), options).unwrap_err();
    assert!(
        mistakes.to_string().contains("nine cannot be opened"),
        "{mistakes}"
    );
    assert!(percents(&told).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_section_that_panics_does_not_end_the_watch() {
    let folder = Folder::new("sections-panic");
    folder.write(&limits(1));
    let (options, told) = watched();
    let policies = Policies::watch_with(folder.file(), options).unwrap();
    folder.write("[my_default]\nattempts = 2\ncrash = true\n");
    look_twice().await;
    assert_eq!(percents(&told).len(), 1);
    folder.write(&limits(2));
    look_twice().await;
    assert_eq!(percents(&told)[1..], [Some(vec![2])]);
    drop(policies);
}
