//! Counts of API quotas in a file, so that a restart does not forget what the day has used already.
//!
//! ```
//! use steadfast::{Policies, Policy, Quota};
//! use steadfast_quota_file::QuotaFile;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("steadfast-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("counts.redb");
//! let policies = Policies::builder()
//!     .store(QuotaFile::open(&path)?)
//!     .endpoint("https://api.example.com/**", Policy::standard().quota(Quota::per_day(1000)))
//!     .build()?;
//! # drop(policies);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! The file is an embedded database (redb): a commit is whole or not there at all, whenever the process or the machine
//! stops. A thread reads and commits, so no thread that drives futures waits for the disk. What was taken from a quota is
//! committed within a second, and when the last clone of the policies is dropped; a process that is killed forgets the
//! last second at most. What happens while the disk fails or is slow stands at [`steadfast_tower::store`]: no call is
//! refused for it, and none waits for it longer than a second.
//!
//! # One process at a time
//! A second one is refused, because two that count for themselves would use the quota twice. Several processes share a
//! plan with a file and a share each ([`Quota::share`](steadfast_core::Quota::share)), or with another [`Store`]. Within
//! a process, clones of a [`QuotaFile`] are one store: several `Policies` use a quota together.
//!
//! # What is not ours stays as it is
//! A file is tried out on a copy in memory before it is touched: the whole of it is read, its checksums are compared,
//! and every count is decoded. A text, a database of somebody else, a file that is cut off, has a wrong byte, or comes
//! from a later version is refused, and not a byte of it is changed. An empty file is a new one.
//!
//! The trial catches panics, since redb may answer damage with one; a program that aborts on panics aborts there.
//!
//! # What it takes
//! The file is made for its owner alone (mode 0600). Counts whose windows ended 92 days ago are dropped, also while the
//! program runs. When there are more than 96 MiB of counts (about 600,000 credentials with a quota each), counts whose
//! windows ended two days ago are dropped, too. If that is not enough, further credentials are counted in memory only,
//! and one warning is logged. So the file stays below 256 MiB. A warning is also logged when the file is replaced or
//! removed: what is counted from then on is lost with the process.
//!
//! # When not to use it
//! For windows of seconds or minutes: a rate limit forgets those anyway. On a network file system: its locks may not
//! keep a second process out.
//!
//! [`Store`]: steadfast_tower::store::Store

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod file;
mod invalid;
mod keeper;
mod open;
#[cfg(feature = "config")]
mod section;
mod upkeep;

pub use crate::file::QuotaFile;
pub use crate::invalid::{InvalidQuotaFile, QuotaFileProblem};
#[cfg(feature = "config")]
pub use crate::section::SECTION;

#[cfg(test)]
mod tests;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
