//! Opens a file, after a trial on a copy.

use std::fs::OpenOptions;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageBackend,
    TableDefinition, TableError,
};
use steadfast_core::quota::{InvalidSaved, Saved};
use steadfast_tower::clock;
use steadfast_tower::store::Secret;

use crate::backend::{Image, LockedFile, Which};
use crate::invalid::QuotaFileProblem;

/// Counts by their keys and writers, as [`Saved::to_bytes`] writes them.
pub(crate) const COUNTS: TableDefinition<'_, (&str, u64), &[u8]> =
    TableDefinition::new("steadfast.quotas");
/// What the file says of itself.
pub(crate) const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("steadfast.about");
/// The version of the tables; the counts have one of their own.
const VERSION: &str = "version";
const OURS: &[u8] = &[1];
/// The key of the fingerprints of credentials.
pub(crate) const SECRET: &str = "secret";

/// Counts whose windows are over for so long are dropped. Not at once: the clock of a machine may be wrong.
pub(crate) const KEPT: Duration = Duration::from_secs(92 * 86_400);

/// What a database of redb starts with.
const MAGIC: &[u8] = b"redb";
/// What a file starts with while it is made, so that one that was never finished is known for what it is.
const UNFINISHED: &[u8] = b"steadfast quotas, not finished\n\0";
/// What a disk writes whole.
const SECTOR: usize = 512;

/// Any error of redb, whose own are large.
pub(crate) type Boxed = Box<dyn std::error::Error + Send + Sync>;

/// A database that was tried out, with its secret, and which file it is in.
pub(crate) fn open(path: &Path) -> Result<(Database, Secret, Option<Which>), QuotaFileProblem> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    // Names of customers may be in it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path).map_err(|error| system(&error))?;
    if !file.metadata().map_err(|error| system(&error))?.is_file() {
        return Err(QuotaFileProblem::Foreign);
    }
    let file = LockedFile::new(file)?;
    let length = file.len().map_err(|error| system(&error))?;
    let mut head = vec![0; usize::try_from(length).unwrap_or(SECTOR).min(SECTOR)];
    file.read(0, &mut head).map_err(|error| system(&error))?;
    if head.is_empty() || head.starts_with(UNFINISHED) {
        write_new(&file)?;
    } else {
        // A file of ours always had a whole sector.
        if !head.starts_with(MAGIC) {
            return Err(QuotaFileProblem::Foreign);
        }
        if !has_our_measures(&head)? {
            return Err(QuotaFileProblem::Damaged);
        }
        let length = usize::try_from(length).map_err(|_| QuotaFileProblem::Damaged)?;
        let mut bytes = vec![0; length];
        file.read(0, &mut bytes).map_err(|error| system(&error))?;
        try_out(bytes)?;
    }
    let which = file.which();
    let database = create(file)?;
    let secret = check(&database)?;
    Ok((database, secret, which))
}

fn create(backend: impl StorageBackend) -> Result<Database, QuotaFileProblem> {
    let mut builder = Builder::new();
    // The default is a gigabyte.
    builder.set_cache_size(4 << 20);
    builder.create_with_backend(backend).map_err(refused)
}

/// Whether a header has the measures of ours, which never change: the sizes of pages and regions, bytes 12 to 24 of a
/// file of redb. redb believes them, and a wrong one sends it into loops that take hours.
fn has_our_measures(bytes: &[u8]) -> Result<bool, QuotaFileProblem> {
    const MEASURES: std::ops::Range<usize> = 12..24;
    let ours = Image::default();
    drop(create(ours.clone())?);
    let ours = ours.bytes();
    Ok(bytes.get(MEASURES) == ours.get(MEASURES))
}

/// Does on a copy all that will be done, and looks at all there is.
fn try_out(bytes: Vec<u8>) -> Result<(), QuotaFileProblem> {
    let trial = || {
        let mut database = create(Image::of(bytes))?;
        // `false` is a file that redb would mend; what it mends is the question.
        match database.check_integrity() {
            Ok(true) => check(&database).map(drop),
            _ => Err(QuotaFileProblem::Damaged),
        }
    };
    let found = catch_unwind(AssertUnwindSafe(trial)).unwrap_or(Err(QuotaFileProblem::Damaged));
    // No system is asked for a copy: what reads like its refusal is a place that is not there.
    found.map_err(|problem| match problem {
        QuotaFileProblem::System(_) => QuotaFileProblem::Damaged,
        problem => problem,
    })
}

/// The secret of a database whose tables are ours, each count readable.
fn check(database: &Database) -> Result<Secret, QuotaFileProblem> {
    let damaged = |_| QuotaFileProblem::Damaged;
    let read = database
        .begin_read()
        .map_err(|_| QuotaFileProblem::Damaged)?;
    let about = read.open_table(ABOUT).map_err(|error| no_table(&error))?;
    let version = about.get(VERSION).map_err(damaged)?;
    match version.as_ref().map(|version| version.value()) {
        Some(OURS) => {}
        Some([newer, ..]) if *newer > OURS[0] => return Err(QuotaFileProblem::Newer),
        _ => return Err(QuotaFileProblem::Foreign),
    }
    let counts = read.open_table(COUNTS).map_err(|error| no_table(&error))?;
    for count in counts.iter().map_err(damaged)? {
        let (_, count) = count.map_err(damaged)?;
        Saved::from_bytes(count.value()).map_err(|mistake| match mistake {
            InvalidSaved::Newer(_) => QuotaFileProblem::Newer,
            _ => QuotaFileProblem::Damaged,
        })?;
    }
    let secret = about.get(SECRET).map_err(damaged)?;
    let secret = secret.and_then(|secret| <[u8; 16]>::try_from(secret.value()).ok());
    secret
        .map(Secret::from_bytes)
        .ok_or(QuotaFileProblem::Damaged)
}

/// Drops counts whose windows are over for longer than that; says how many bytes the others have.
pub(crate) fn drop_old(database: &Database, kept: Duration) -> Result<u64, Boxed> {
    let now = clock::wall();
    let old = |bytes: &[u8]| {
        let saved = Saved::from_bytes(bytes).ok();
        let over = saved.and_then(|saved| now.duration_since(saved.stale_at()).ok());
        over.is_some_and(|over| over > kept)
    };
    let read = database.begin_read()?;
    let (mut any, mut bytes) = (false, 0);
    for row in read.open_table(COUNTS)?.iter()? {
        let (key, count) = row?;
        match old(count.value()) {
            true => any = true,
            false => bytes += size(key.value().0, count.value()),
        }
    }
    if any {
        let write = database.begin_write()?;
        write.open_table(COUNTS)?.retain(|_, bytes| !old(bytes))?;
        write.commit()?;
    }
    Ok(bytes)
}

/// What a row takes, without what the tree around it does.
pub(crate) const fn size(key: &str, count: &[u8]) -> u64 {
    // Its writer, and where both lie.
    (key.len() + count.len() + 24) as u64
}

/// Makes a new database in memory and writes it so that a file that was not finished is known for one: its first
/// sector comes last.
fn write_new(file: &LockedFile) -> Result<(), QuotaFileProblem> {
    let image = Image::default();
    let failed = |error: Boxed| QuotaFileProblem::System(error.to_string());
    fill(&create(image.clone())?).map_err(failed)?;
    let bytes = image.bytes();
    let write = || {
        file.set_len(0)?;
        file.write(0, UNFINISHED)?;
        file.set_len(bytes.len() as u64)?;
        file.write(SECTOR as u64, &bytes[SECTOR..])?;
        file.sync_data()?;
        file.write(0, &bytes[..SECTOR])?;
        file.sync_data()
    };
    write().map_err(|error| system(&error))
}

fn fill(database: &Database) -> Result<(), Boxed> {
    let write = database.begin_write()?;
    {
        write.open_table(COUNTS)?;
        let mut about = write.open_table(ABOUT)?;
        about.insert(VERSION, OURS)?;
        let secret = Secret::random().to_bytes();
        about.insert(SECRET, secret.as_slice())?;
    }
    write.commit()?;
    Ok(())
}

#[cfg(test)]
pub(crate) fn in_memory() -> Database {
    let database = create(Image::default()).unwrap();
    fill(&database).unwrap();
    database
}

pub(crate) fn system(error: &std::io::Error) -> QuotaFileProblem {
    QuotaFileProblem::System(error.to_string())
}

fn refused(error: DatabaseError) -> QuotaFileProblem {
    match error {
        DatabaseError::DatabaseAlreadyOpen => QuotaFileProblem::InUse,
        // A format of redb that this one does not read: an old one was never ours.
        DatabaseError::UpgradeRequired(_) => QuotaFileProblem::Foreign,
        DatabaseError::Storage(redb::StorageError::Io(error)) => system(&error),
        _ => QuotaFileProblem::Damaged,
    }
}

fn no_table(error: &TableError) -> QuotaFileProblem {
    match error {
        TableError::Storage(_) => QuotaFileProblem::Damaged,
        _ => QuotaFileProblem::Foreign,
    }
}
