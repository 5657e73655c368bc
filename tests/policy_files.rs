//! Policies in a file: what a change does, and what it leaves alone; names, shared budgets, identities.

#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "what is heard of spans is for the tests of spans")]
#[path = "spans/capture.rs"]
mod capture;
#[path = "policy_files/sections.rs"]
mod sections;
#[path = "policy_files/unreadable.rs"]
mod unreadable;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::config::WatchOptions;
use steadfast::policy::BudgetScope;
use steadfast::prelude::*;
use steadfast::record::Stop;
use steadfast::{Policies, Policy, Record};
use steadfast_testkit::Transport;

const FILE: &str = "policies.toml";
const EVERY: Duration = Duration::from_secs(1);

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join(FILE)
    }

    /// Writes in place.
    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    /// Writes beside it and renames over it, as editors do.
    fn rename_over(&self, text: &str) {
        let beside = self.0.join("beside");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.file()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn attempts(attempts: u32) -> String {
    format!(
        "default = \"own\"\n[policies.own]\nattempts = {attempts}\nbackoff = {{ fixed = \"0s\" }}\n\
         budget = false\n"
    )
}

fn over(policies: &Policies, transport: &Transport) -> ClientWithMiddleware {
    let chain = ClientBuilder::new(reqwest::Client::new());
    chain
        .with(policies.middleware())
        .with(transport.clone())
        .build()
}

async fn record(client: &ClientWithMiddleware) -> Record {
    client.get("http://x.com/a").send().await.unwrap().record()
}

/// Long enough for two readings of the file.
async fn look_twice() {
    for _ in 0..4 {
        tokio::time::sleep(EVERY).await;
        // The reading itself is done by another thread.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_takes_effect_for_the_next_call_however_it_was_written() {
    let folder = Folder::new("however");
    folder.write(&attempts(2));
    let policies = Policies::watch(folder.file()).unwrap();
    let client = over(&policies, &Transport::new(502));
    assert_eq!(record(&client).await.attempt_count(), 2);
    folder.write(&attempts(3));
    look_twice().await;
    assert_eq!(record(&client).await.attempt_count(), 3, "written in place");
    folder.rename_over(&attempts(4));
    look_twice().await;
    assert_eq!(record(&client).await.attempt_count(), 4, "renamed over");
}

/// `policies.toml -> ..data/policies.toml`, and `..data -> ..version`: what Kubernetes does with a ConfigMap.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_link_that_is_swapped_takes_effect() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("swapped");
    for version in [2, 3] {
        let data = folder.0.join(format!("..{version}"));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join(FILE), attempts(version)).unwrap();
    }
    symlink("..2", folder.0.join("..data")).unwrap();
    symlink(format!("..data/{FILE}"), folder.file()).unwrap();
    let policies = Policies::watch(folder.file()).unwrap();
    let client = over(&policies, &Transport::new(502));
    assert_eq!(record(&client).await.attempt_count(), 2);
    symlink("..3", folder.0.join("..data_tmp")).unwrap();
    std::fs::rename(folder.0.join("..data_tmp"), folder.0.join("..data")).unwrap();
    std::fs::remove_dir_all(folder.0.join("..2")).unwrap();
    look_twice().await;
    assert_eq!(record(&client).await.attempt_count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_broken_file_changes_nothing_and_is_reported() {
    let folder = Folder::new("broken");
    folder.write(&attempts(2));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let options = WatchOptions::new().every(EVERY).on_change(move |result| {
        told.lock()
            .unwrap()
            .push(result.map_err(ToString::to_string));
    });
    let policies = Policies::watch_with(folder.file(), options).unwrap();
    let client = over(&policies, &Transport::new(502));
    folder.write("[policies.own]\natempts = 5\n");
    look_twice().await;
    assert_eq!(record(&client).await.attempt_count(), 2);
    folder.write(&attempts(4));
    look_twice().await;
    assert_eq!(record(&client).await.attempt_count(), 4);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen[0]
            .as_ref()
            .unwrap_err()
            .contains("did you mean `attempts`"),
        "{seen:?}"
    );
    assert_eq!(seen[1], Ok(()));

    folder.write("attempts = ");
    assert!(
        Policies::watch(folder.file()).is_err(),
        "at first, a broken file is an error"
    );
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_stays_the_same_keeps_its_state() {
    let folder = Folder::new("state");
    let file = |other: u32| {
        format!(
            "[policies.careful]\nbudget = {{ percent = 0, trickle = \"0/s\", bucket = 1 }}\n\
             [policies.other]\nattempts = {other}\n\
             [[endpoints]]\nmatch = \"x.com/a\"\npolicy = \"careful\"\n\
             [[endpoints]]\nmatch = \"x.com/b\"\npolicy = \"other\"\n"
        )
    };
    folder.write(&file(2));
    let policies = Policies::watch(folder.file()).unwrap();
    let client = over(&policies, &Transport::new(502));
    assert_eq!(
        record(&client).await.stop(),
        Stop::Budget,
        "the one token is spent"
    );
    folder.write(&file(5));
    look_twice().await;
    let other = client.get("http://x.com/b").send().await.unwrap().record();
    assert_eq!(other.attempt_count(), 5, "the other endpoint has changed");
    let record = record(&client).await;
    assert_eq!(
        (record.attempt_count(), record.stop()),
        (1, Stop::Budget),
        "{record}"
    );
}

#[test]
fn every_call_runs_under_exactly_one_whole_version() {
    const CALLS: usize = 50_000;
    const REWRITES: usize = 1_000;
    const SIDE_BY_SIDE: usize = 100;
    let folder = Folder::new("rewritten");
    // Two attempts, or four; a mixture of both would make nine.
    let version = |n: usize| {
        let (attempts, retries) = [(2, 9), (9, 3)][n % 2];
        format!(
            "# {n}\ndefault = \"own\"\n[policies.own]\nattempts = {attempts}\n\
             backoff = {{ fixed = \"0s\" }}\nbudget = false\n[policies.own.on]\n404 = {{ retry = {retries} }}\n"
        )
    };
    folder.write(&version(0));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    runtime.block_on(async {
        let options = WatchOptions::new()
            .every(Duration::from_millis(1))
            .on_change(move |result| {
                assert!(result.is_ok(), "{result:?}");
                counted.fetch_add(1, Ordering::Relaxed);
            });
        let policies = Policies::watch_with(folder.file(), options).unwrap();
        let client = over(&policies, &Transport::new(404));
        // Side by side, since a wait of no time still takes a turn of the timer.
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..SIDE_BY_SIDE {
            let client = client.clone();
            calls.spawn(async move {
                for call in 0..CALLS / SIDE_BY_SIDE {
                    let attempts = record(&client).await.attempt_count();
                    assert!(
                        [2, 4].contains(&attempts),
                        "call {call}: {attempts} attempts"
                    );
                }
            });
        }
        for rewrite in 1..=REWRITES {
            folder.rename_over(&version(rewrite));
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        calls.join_all().await;
    });
    let changes = changes.load(Ordering::Relaxed);
    assert!(changes > 10, "only {changes} changes took effect");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_ask_for_a_policy_by_name() {
    let policies = Policies::builder()
        .default_policy(Policy::standard().attempts(2))
        .named("stubborn", Policy::standard().attempts(5))
        .named("meek", Policy::standard().attempts(1))
        .build()
        .unwrap();
    let client = over(&policies, &Transport::new(502));
    let ask = |name: &'static str| client.get("http://x.com/").call(|c| c.policy(name)).send();
    assert_eq!(ask("stubborn").await.unwrap().record().attempt_count(), 5);
    assert_eq!(ask("meek").await.unwrap().record().attempt_count(), 1);
    assert_eq!(record(&client).await.attempt_count(), 2);
    let error = steadfast::Error::from(ask("stuborn").await.unwrap_err()).to_string();
    assert!(
        error.contains("`policy` is stuborn, but has to be one of stubborn, meek"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_named_policy_runs_over_the_state_of_the_endpoint() {
    let budget = steadfast::policy::BudgetConfig::new(0, 0, 1).unwrap();
    let policies = Policies::builder()
        .default_policy(Policy::standard().budget(budget))
        .named("other", Policy::standard().attempts(9).budget(budget))
        .build()
        .unwrap();
    let client = over(&policies, &Transport::new(502));
    assert_eq!(
        record(&client).await.attempt_count(),
        2,
        "the one token is spent"
    );
    let other = client
        .get("http://x.com/")
        .call(|c| c.policy("other"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.record().stop(), Stop::Budget);
}

#[tokio::test(start_paused = true)]
async fn a_policy_says_who_shares_its_budget() {
    let budget = steadfast::policy::BudgetConfig::new(0, 0, 1).unwrap();
    let policy = Policy::standard().budget(budget);
    for (share, second) in [(BudgetScope::Endpoint, 2), (BudgetScope::Origin, 1)] {
        let policies = Policies::builder()
            .endpoint("x.com/a", policy.clone().budget_scope(share))
            .endpoint("x.com/b", policy.clone().budget_scope(share))
            .default_policy(policy.clone())
            .build()
            .unwrap();
        let client = over(&policies, &Transport::new(502));
        assert_eq!(record(&client).await.attempt_count(), 2);
        let other = client.get("http://x.com/b").send().await.unwrap().record();
        assert_eq!(other.attempt_count(), second, "{share:?}: {other}");
    }
}

/// Scopes beyond the first of an endpoint stand in a map behind a lock, and one that shares looks for the other there.
#[tokio::test(start_paused = true)]
async fn a_shared_budget_is_one_per_identity_too() {
    let budget = steadfast::policy::BudgetConfig::new(0, 0, 1).unwrap();
    let policy = Policy::standard()
        .budget(budget)
        .budget_scope(BudgetScope::Origin);
    let policies = Policies::builder()
        .endpoint("x.com/a", policy.clone())
        .endpoint("x.com/b", policy.clone())
        .default_policy(policy)
        .build()
        .unwrap();
    let client = over(&policies, &Transport::new(502));
    for identity in ["acme", "other", "third"] {
        for (path, expected) in [("a", 2), ("b", 1), ("c", 1)] {
            let url = format!("http://x.com/{path}");
            let call = client.get(url).call(|c| c.identity(identity)).send();
            let record = call.await.unwrap().record();
            assert_eq!(
                record.attempt_count(),
                expected,
                "{identity} {path}: {record}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_may_say_for_whom_it_is_called() {
    let budget = steadfast::policy::BudgetConfig::new(0, 0, 1).unwrap();
    let policies = Policies::builder()
        .default_policy(Policy::standard().budget(budget).identity("acme"))
        .build()
        .unwrap();
    let client = over(&policies, &Transport::new(502));
    assert_eq!(record(&client).await.attempt_count(), 2);
    let same = client
        .get("http://x.com/")
        .call(|c| c.identity("acme"))
        .send()
        .await
        .unwrap();
    assert_eq!(same.record().attempt_count(), 1, "acme's token is spent");
    let other = client
        .get("http://x.com/")
        .call(|c| c.identity("other"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.record().attempt_count(), 2);
}
