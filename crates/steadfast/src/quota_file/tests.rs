//! Counts survive; what is not ours stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redb::{Database, TableDefinition};
use steadfast_core::Quota;
use steadfast_tower::clock;

use super::*;
use crate::{InvalidPolicies, Policies};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("steadfast-{}-{:x}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("quotas")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> Result<Policies, InvalidPolicies> {
    Policies::builder().quota_file(path).build()
}

fn refusal(path: &Path) -> QuotaFileError {
    match open(path) {
        Err(InvalidPolicies::QuotaFile {
            path: named,
            problem,
        }) => {
            assert_eq!(named, path);
            problem
        }
        other => panic!("{other:?}"),
    }
}

fn take(policies: &Policies, key: &str, many: u32) {
    let ledger = policies.quota_book().ledger(key, &plan());
    let taken = ledger.lock().unwrap().take(clock::wall(), many);
    taken.unwrap();
}

fn used(policies: &Policies, key: &str) -> u64 {
    let ledger = policies.quota_book().ledger(key, &plan());
    let status = ledger.lock().unwrap().status(clock::wall());
    status.used
}

/// A year, so that no midnight falls into a test.
fn plan() -> steadfast_core::PreparedQuota {
    let year = std::time::Duration::from_secs(365 * 86_400);
    Quota::per(1_000_000, year).prepare().unwrap()
}

/// A file with two counts, 3 and 40, of two commits.
fn counted(path: &Path) -> Vec<u8> {
    let policies = open(path).unwrap();
    take(&policies, "a", 3);
    policies.quota_book().save().unwrap();
    take(&policies, "b", 40);
    drop(policies);
    fs::read(path).unwrap()
}

#[test]
fn a_restart_goes_on_counting() {
    let folder = Folder::new();
    for before in 0..3 {
        let policies = open(&folder.file()).unwrap();
        assert_eq!(used(&policies, "a"), before * 2);
        let number = policies.quota_book().fingerprints().of_name("acme");
        take(&policies, "a", 2);
        drop(policies);
        let again = open(&folder.file()).unwrap();
        assert_eq!(again.quota_book().fingerprints().of_name("acme"), number);
    }
    let other = open(&folder.0.join("other")).unwrap();
    let first = open(&folder.file()).unwrap();
    let [one, two] =
        [other, first].map(|policies| policies.quota_book().fingerprints().of_name("acme"));
    assert_ne!(one, two, "each file has a secret of its own");
}

#[test]
fn a_file_that_is_open_is_refused_with_its_path() {
    let folder = Folder::new();
    let first = open(&folder.file()).unwrap();
    assert_eq!(refusal(&folder.file()), QuotaFileError::InUse);
    let message = open(&folder.file()).unwrap_err().to_string();
    let path = folder.file();
    assert!(message.starts_with(&format!("quota file `{}`: it is in use", path.display())));
    drop(first);
    open(&folder.file()).unwrap();
}

#[test]
fn an_empty_file_and_one_that_was_never_finished_are_new() {
    let folder = Folder::new();
    fs::write(folder.file(), b"").unwrap();
    assert_eq!(used(&open(&folder.file()).unwrap(), "a"), 0);
    let whole = counted(&folder.0.join("other"));
    let mut unfinished = whole.clone();
    unfinished[..32].copy_from_slice(b"steadfast quotas, not finished\n\0");
    for length in [32, 33, 1000, whole.len()] {
        fs::write(folder.file(), &unfinished[..length]).unwrap();
        assert_eq!(used(&open(&folder.file()).unwrap(), "a"), 0, "{length}");
    }
}

#[test]
fn what_somebody_else_wrote_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file();
    let zeros = vec![0; 100_000];
    for foreign in [
        b"a".as_slice(),
        b"# my notes\n",
        b"redb",
        b"steadfast",
        &zeros,
    ] {
        fs::write(&path, foreign).unwrap();
        let problem = refusal(&path);
        assert!(
            matches!(problem, QuotaFileError::Foreign | QuotaFileError::Damaged),
            "{problem}"
        );
        assert_eq!(fs::read(&path).unwrap(), foreign);
    }
    fs::remove_file(&path).unwrap();
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    let table = TableDefinition::<&str, u64>::new("mine");
    write.open_table(table).unwrap().insert("x", 7).unwrap();
    write.commit().unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    assert_eq!(refusal(&path), QuotaFileError::Foreign);
    assert!(fs::read(&path).unwrap() == before);
    let folder_as_file = refusal(&folder.0);
    assert!(
        matches!(folder_as_file, QuotaFileError::System(_)),
        "{folder_as_file}"
    );
}

/// Our tables, with one value of them changed.
fn change(path: &Path, table: &str, key: &str, value: &[u8]) {
    let database = Database::create(path).unwrap();
    let write = database.begin_write().unwrap();
    let table = TableDefinition::<&str, &[u8]>::new(table);
    write.open_table(table).unwrap().insert(key, value).unwrap();
    write.commit().unwrap();
}

#[test]
fn what_a_later_version_wrote_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file();
    for (table, key, value, problem) in [
        (
            "steadfast.about",
            "version",
            &[2, 7][..],
            QuotaFileError::Newer,
        ),
        ("steadfast.quotas", "x", &[2, 0, 0], QuotaFileError::Newer),
        ("steadfast.quotas", "x", &[1, 0, 0], QuotaFileError::Damaged),
        ("steadfast.about", "version", b"", QuotaFileError::Foreign),
        (
            "steadfast.about",
            "secret",
            b"short",
            QuotaFileError::Damaged,
        ),
    ] {
        let _ = fs::remove_file(&path);
        counted(&path);
        change(&path, table, key, value);
        let before = fs::read(&path).unwrap();
        assert_eq!(refusal(&path), problem, "{table} {key}");
        assert!(fs::read(&path).unwrap() == before);
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file();
    let whole = counted(&path);
    let few = (1..40).map(|nth| nth * nth * 13);
    let many = (0..24).map(|nth| whole.len() * nth / 24);
    for length in few.chain(many).chain([whole.len() - 1]) {
        if length == 0 || length >= whole.len() {
            continue;
        }
        fs::write(&path, &whole[..length]).unwrap();
        let problem = refusal(&path);
        assert!(
            matches!(problem, QuotaFileError::Damaged | QuotaFileError::Foreign),
            "{length}: {problem}"
        );
        assert!(fs::read(&path).unwrap() == whole[..length]);
    }
}

#[test]
fn a_wrong_byte_is_refused_or_changes_nothing() {
    let folder = Folder::new();
    let path = folder.file();
    let whole = counted(&path);
    // All of the measures, and a hundred each of what else is in the header and of what is not empty.
    let full: Vec<_> = (512..whole.len()).filter(|at| whole[*at] != 0).collect();
    let full = full.iter().copied().step_by(full.len() / 100);
    let bytes: Vec<_> = (0..64).chain((64..512).step_by(5)).chain(full).collect();
    // redb panics at some of them, and a trace of each takes longer than all the rest.
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or("", |place| place.file());
        if !place.contains("redb") {
            shown(panic);
        }
    }));
    let (mut refused, mut fine) = (0, 0);
    for at in bytes {
        for flip in [1 << (at % 8), 0xff] {
            let mut torn = whole.clone();
            torn[at] ^= flip;
            fs::write(&path, &torn).unwrap();
            match open(&path) {
                Ok(policies) => {
                    fine += 1;
                    assert_eq!(used(&policies, "a"), 3, "{at}");
                    // The last commit is lost where the byte says that it was not the last.
                    assert!([0, 40].contains(&used(&policies, "b")), "{at}");
                }
                Err(_) => {
                    refused += 1;
                    assert!(fs::read(&path).unwrap() == torn, "{at}");
                }
            }
        }
    }
    assert!(refused > 50 && fine > 50, "{refused} {fine}");
}

#[test]
fn what_is_long_over_is_dropped_when_the_file_is_opened() {
    let folder = Folder::new();
    let path = folder.file();
    counted(&path);
    let mut old = steadfast_core::quota::Ledger::new(plan());
    old.take(std::time::UNIX_EPOCH, 1).unwrap();
    change(&path, "steadfast.quotas", "old", &old.save().to_bytes());
    drop(open(&path).unwrap());
    let database = Database::create(&path).unwrap();
    let read = database.begin_read().unwrap();
    let table = read.open_table(open::COUNTS).unwrap();
    assert!(table.get("old").unwrap().is_none());
    assert_eq!(redb::ReadableTableMetadata::len(&table).unwrap(), 2);
}

/// Where the child of the next test finds its file; without it, this is no child.
const CHILD: &str = "STEADFAST_TEST_QUOTA_FILE";
/// Saved, and then so many more.
const SAVED: u64 = 100;
const MORE: u64 = 7;

#[test]
fn a_killed_process_forgets_the_last_second_at_most() {
    if let Some(path) = std::env::var_os(CHILD) {
        count_until_killed(Path::new(&path));
    }
    let folder = Folder::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("quota_file::tests::a_killed_process_forgets_the_last_second_at_most")
        .env(CHILD, folder.file())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let counted = std::io::BufRead::lines(lines).any(|line| line.unwrap().contains("counted"));
    assert!(counted);
    assert_eq!(refusal(&folder.file()), QuotaFileError::InUse);
    child.kill().unwrap();
    child.wait().unwrap();
    let used = used(&open(&folder.file()).unwrap(), "a");
    assert!((SAVED..=SAVED + MORE).contains(&used), "{used}");
}

fn count_until_killed(path: &Path) -> ! {
    let policies = open(path).unwrap();
    for _ in 0..SAVED {
        take(&policies, "a", 1);
    }
    // By the thread, within a second; nobody else saves.
    while policies.quota_book().is_dirty() {
        std::thread::yield_now();
    }
    for _ in 0..MORE {
        take(&policies, "a", 1);
    }
    println!("counted");
    loop {
        std::thread::park();
    }
}
