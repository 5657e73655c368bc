//! Counts survive; what is not ours stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use redb::{Database, ReadableDatabase, TableDefinition};
use steadfast_core::Quota;
use steadfast_testkit::cases;
use steadfast_tower::clock;
use steadfast_tower::quota::{DEADLINE, QuotaBook};

use super::*;

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

fn open(path: &Path) -> Result<QuotaBook, InvalidQuotaFile> {
    QuotaFile::open(path).map(|file| book(&file))
}

fn book(file: &QuotaFile) -> QuotaBook {
    QuotaBook::stored(Arc::new(file.clone()), DEADLINE)
}

fn refusal(path: &Path) -> QuotaFileProblem {
    let error = open(path).unwrap_err();
    assert_eq!(error.path, path);
    error.problem
}

async fn take(book: &QuotaBook, key: &str, many: u32) {
    let counter = book.counter(key, &plan());
    counter.ready(None).await;
    counter.take(clock::wall(), many).unwrap();
}

async fn used(book: &QuotaBook, key: &str) -> u64 {
    let counter = book.counter(key, &plan());
    counter.ready(None).await;
    counter.lock().status(clock::wall()).used
}

/// A year, so that no midnight falls into a test.
fn plan() -> steadfast_core::PreparedQuota {
    let year = std::time::Duration::from_secs(365 * 86_400);
    Quota::per(1_000_000, year).prepare().unwrap()
}

/// A file with two counts, 3 and 40, of two commits.
async fn counted(path: &Path) -> Vec<u8> {
    let book = open(path).unwrap();
    take(&book, "a", 3).await;
    book.save().await.unwrap();
    take(&book, "b", 40).await;
    drop(book);
    fs::read(path).unwrap()
}

#[tokio::test]
async fn a_restart_goes_on_counting() {
    let folder = Folder::new();
    let credential = async |book: &QuotaBook| {
        let acme = book.fingerprints().of_name("acme");
        let counter = book.counter_for("c", acme, &plan());
        counter.ready(None).await;
        1_000_000 - counter.take(clock::wall(), 1).unwrap().left
    };
    for before in 0..3 {
        let book = open(&folder.file()).unwrap();
        assert_eq!(used(&book, "a").await, before * 2);
        take(&book, "a", 2).await;
        assert_eq!(credential(&book).await, before + 1);
    }
    let other = open(&folder.0.join("other")).unwrap();
    assert_eq!(credential(&other).await, 1);
    drop(other);
    let keys = ["quotas", "other"].map(|file| {
        let database = Database::create(folder.0.join(file)).unwrap();
        let read = database.begin_read().unwrap();
        let table = read.open_table(open::COUNTS).unwrap();
        let rows = redb::ReadableTable::iter(&table).unwrap();
        let keys = rows.map(|row| row.unwrap().0.value().0.to_owned());
        let mut keys = keys.filter(|key| key.contains("credential"));
        keys.next().unwrap()
    });
    assert_ne!(keys[0], keys[1], "each file has a secret of its own");
}

#[test]
fn counts_are_kept_outside_of_a_runtime_too() {
    let folder = Folder::new();
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap()
    };
    let book = open(&folder.file()).unwrap();
    runtime().block_on(take(&book, "a", 2));
    // Never asked what the file has, and so kept beside it.
    let never = book.counter("never", &plan());
    never.take(clock::wall(), 5).unwrap();
    drop(never);
    drop(book);
    let book = open(&folder.file()).unwrap();
    assert_eq!(runtime().block_on(used(&book, "a")), 2);
    assert_eq!(runtime().block_on(used(&book, "never")), 5);
}

#[tokio::test]
async fn several_books_over_one_file_use_a_quota_together() {
    let folder = Folder::new();
    for before in 0..3 {
        let file = QuotaFile::open(folder.file()).unwrap();
        assert_eq!(file.path(), folder.file());
        let [one, two] = [book(&file), book(&file)];
        take(&one, "a", 2).await;
        one.save().await.unwrap();
        take(&two, "a", 3).await;
        two.save().await.unwrap();
        assert_eq!(used(&two, "a").await, (before + 1) * 5);
        take(&one, "a", 0).await;
        one.save().await.unwrap();
        assert_eq!(used(&one, "a").await, (before + 1) * 5);
        drop((one, two));
    }
    // However often they came and went, there are two counts.
    let database = Database::create(folder.file()).unwrap();
    let read = database.begin_read().unwrap();
    let table = read.open_table(open::COUNTS).unwrap();
    assert_eq!(redb::ReadableTableMetadata::len(&table).unwrap(), 2);
}

#[tokio::test]
async fn a_file_that_is_open_is_refused_with_its_path() {
    let folder = Folder::new();
    let first = open(&folder.file()).unwrap();
    take(&first, "a", 1).await;
    first.save().await.unwrap();
    assert_eq!(refusal(&folder.file()), QuotaFileProblem::InUse);
    let message = open(&folder.file()).unwrap_err().to_string();
    let path = folder.file();
    assert!(message.starts_with(&format!("quota file `{}`: it is in use", path.display())));
    drop(first);
    open(&folder.file()).unwrap();
}

#[tokio::test]
async fn an_empty_file_and_one_that_was_never_finished_are_new() {
    let folder = Folder::new();
    fs::write(folder.file(), b"").unwrap();
    assert_eq!(used(&open(&folder.file()).unwrap(), "a").await, 0);
    let whole = counted(&folder.0.join("other")).await;
    let mut unfinished = whole.clone();
    unfinished[..32].copy_from_slice(b"steadfast quotas, not finished\n\0");
    for length in [32, 33, 1000, whole.len()] {
        fs::write(folder.file(), &unfinished[..length]).unwrap();
        assert_eq!(
            used(&open(&folder.file()).unwrap(), "a").await,
            0,
            "{length}"
        );
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
            matches!(
                problem,
                QuotaFileProblem::Foreign | QuotaFileProblem::Damaged
            ),
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
    assert_eq!(refusal(&path), QuotaFileProblem::Foreign);
    assert!(fs::read(&path).unwrap() == before);
    let folder_as_file = refusal(&folder.0);
    assert!(
        matches!(folder_as_file, QuotaFileProblem::System(_)),
        "{folder_as_file}"
    );
}

/// Our tables, with one value of them changed.
fn change(path: &Path, is_about: bool, key: &str, value: &[u8]) {
    let database = Database::create(path).unwrap();
    let write = database.begin_write().unwrap();
    match is_about {
        true => {
            let mut table = write.open_table(open::ABOUT).unwrap();
            table.insert(key, value).unwrap();
        }
        false => {
            let mut table = write.open_table(open::COUNTS).unwrap();
            table.insert((key, 0), value).unwrap();
        }
    }
    write.commit().unwrap();
}

#[tokio::test]
async fn what_a_later_version_wrote_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file();
    for (is_about, key, value, problem) in [
        (true, "version", &[2, 7][..], QuotaFileProblem::Newer),
        (false, "x", &[2, 0, 0], QuotaFileProblem::Newer),
        (false, "x", &[1, 0, 0], QuotaFileProblem::Damaged),
        (true, "version", b"", QuotaFileProblem::Foreign),
        (true, "secret", b"short", QuotaFileProblem::Damaged),
    ] {
        let _ = fs::remove_file(&path);
        counted(&path).await;
        change(&path, is_about, key, value);
        let before = fs::read(&path).unwrap();
        assert_eq!(refusal(&path), problem, "{is_about} {key}");
        assert!(fs::read(&path).unwrap() == before);
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file();
    let whole = counted(&path).await;
    let few = (1..40).map(|nth| nth * nth * 13);
    let many = (0..24).map(|nth| whole.len() * nth / 24);
    for length in few.chain(many).chain([whole.len() - 1]) {
        if length == 0 || length >= whole.len() {
            continue;
        }
        fs::write(&path, &whole[..length]).unwrap();
        let problem = refusal(&path);
        assert!(
            matches!(
                problem,
                QuotaFileProblem::Damaged | QuotaFileProblem::Foreign
            ),
            "{length}: {problem}"
        );
        assert!(fs::read(&path).unwrap() == whole[..length]);
    }
}

#[tokio::test]
async fn a_wrong_byte_is_refused_or_changes_nothing() {
    let folder = Folder::new();
    let path = folder.file();
    let whole = counted(&path).await;
    // All of the measures, and a hundred each of what else is in the header and of what is not empty.
    let full: Vec<_> = (512..whole.len()).filter(|at| whole[*at] != 0).collect();
    let full = full.iter().copied().step_by(full.len() / 100);
    let mut bytes: Vec<_> = (0..64).chain((64..512).step_by(5)).chain(full).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut bytes);
    bytes.truncate(cases(u32::try_from(bytes.len()).unwrap()) as usize);
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
                Ok(book) => {
                    fine += 1;
                    assert_eq!(used(&book, "a").await, 3, "{at}");
                    // The last commit is lost where the byte says that it was not the last.
                    assert!([0, 40].contains(&used(&book, "b").await), "{at}");
                }
                Err(_) => {
                    refused += 1;
                    assert!(fs::read(&path).unwrap() == torn, "{at}");
                }
            }
        }
    }
    let least = cases(50);
    assert!(refused > least && fine > least, "{refused} {fine}");
}

#[tokio::test]
async fn what_is_long_over_is_dropped_when_the_file_is_opened() {
    let folder = Folder::new();
    let path = folder.file();
    counted(&path).await;
    let mut old = steadfast_core::quota::Ledger::new(plan());
    old.take(std::time::UNIX_EPOCH, 1).unwrap();
    change(&path, false, "old", &old.save().to_bytes());
    drop(open(&path).unwrap());
    let database = Database::create(&path).unwrap();
    let read = database.begin_read().unwrap();
    let table = read.open_table(open::COUNTS).unwrap();
    assert!(
        redb::ReadableTable::get(&table, ("old", 0))
            .unwrap()
            .is_none()
    );
    assert_eq!(redb::ReadableTableMetadata::len(&table).unwrap(), 2);
}

/// Where the child of the next test finds its file; without it, this is no child.
const CHILD: &str = "STEADFAST_TEST_QUOTA_FILE";
/// Saved, and then so many more.
const SAVED: u64 = 100;
const MORE: u64 = 7;

#[tokio::test]
async fn a_killed_process_forgets_the_last_second_at_most() {
    if let Some(path) = std::env::var_os(CHILD) {
        count_until_killed(Path::new(&path)).await;
    }
    let folder = Folder::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("tests::a_killed_process_forgets_the_last_second_at_most")
        .env(CHILD, folder.file())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let counted = std::io::BufRead::lines(lines).any(|line| line.unwrap().contains("counted"));
    assert!(counted);
    assert_eq!(refusal(&folder.file()), QuotaFileProblem::InUse);
    child.kill().unwrap();
    child.wait().unwrap();
    let used = used(&open(&folder.file()).unwrap(), "a").await;
    assert!((SAVED..=SAVED + MORE).contains(&used), "{used}");
}

async fn count_until_killed(path: &Path) -> ! {
    let book = open(path).unwrap();
    for _ in 0..SAVED {
        take(&book, "a", 1).await;
    }
    // By itself, within a second; nobody else saves.
    while book.is_dirty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..MORE {
        take(&book, "a", 1).await;
    }
    println!("counted");
    loop {
        std::thread::park();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    drop(open(&folder.file()).unwrap());
    let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_or_removed_while_it_is_in_use_is_noticed() {
    let folder = Folder::new();
    let path = folder.file();
    let (_database, _, which) = open::open(&path).unwrap();
    let upkeep = upkeep::Upkeep::new(&path, which, 0);
    assert!(!upkeep.is_replaced());
    fs::rename(&path, folder.0.join("away")).unwrap();
    assert!(upkeep.is_replaced());
    fs::copy(folder.0.join("away"), &path).unwrap();
    assert!(upkeep.is_replaced());
    fs::rename(folder.0.join("away"), &path).unwrap();
    assert!(!upkeep.is_replaced());
}
