//! The section `[quota_file]` of policy files.

use std::path::PathBuf;

use steadfast::PoliciesBuilder;
use steadfast::config::section::{Field, Fields, Keys, Mistake, Mistakes, Section, ValueKind, key};

use crate::file::QuotaFile;

static KEYS: Keys = Keys::new(
    "a quota file",
    &[&[key(
        "path",
        ValueKind::Text,
        "the file; it is made if it is not there",
    )
    .required()]],
);

/// `[quota_file]` of a policy file: `path` names the file that keeps the counts of quotas. Checking a policy file opens
/// nothing; building its policies does.
///
/// ```
/// use steadfast::config::{Config, Format};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = "[quota_file]\npath = 'counts.redb'";
/// let reader = Config::reader().section(&steadfast_quota_file::SECTION);
/// let config = reader.parse(text, Format::Toml, "policies.toml")?;
/// let path = config.section(&steadfast_quota_file::SECTION);
/// assert_eq!(path.as_deref().map(|path| path.as_path()), Some("counts.redb".as_ref()));
/// # Ok(())
/// # }
/// ```
pub static SECTION: Section<PathBuf> = Section::table(
    "quota_file",
    "where the counts of quotas are kept, so that a restart goes on counting",
    &KEYS,
    read,
)
.opens(open);

fn read(table: Fields<'_>, _: &mut Mistakes<'_>) -> Option<PathBuf> {
    table.get("path").and_then(Field::text).map(PathBuf::from)
}

fn open(path: &PathBuf, builder: PoliciesBuilder) -> Result<PoliciesBuilder, Mistake> {
    match QuotaFile::open(path) {
        Ok(file) => Ok(builder.store(file)),
        // Without the path, which may have come from a variable.
        Err(invalid) => Err(Mistake::new(invalid.problem.to_string()).without_values()),
    }
}
