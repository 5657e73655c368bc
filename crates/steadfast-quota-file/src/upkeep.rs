//! Checks while the file is in use: its size stays bounded, and it is still in its place.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redb::Database;
use steadfast_tower::clock;

use crate::backend::Which;
use crate::open::{Boxed, KEPT, drop_old};

/// The most bytes of counts. The file is at most twice as large, since redb writes a page beside the old one, and doubles
/// a file that grows: 256 MiB.
const MOST: u64 = 96 << 20;
/// How often old counts are looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// How often room is made.
const EVERY_FULL: Duration = Duration::from_secs(60);
/// Where there is no room, counts go that are over for so long.
const KEPT_FULL: Duration = Duration::from_secs(2 * 86_400);

/// What is known of the file while it is in use.
pub(crate) struct Upkeep {
    path: PathBuf,
    which: Option<Which>,
    /// The bytes of all counts.
    bytes: u64,
    most: u64,
    /// When old counts were looked for.
    looked: Instant,
    made_room: Option<Instant>,
    was_full: bool,
    was_replaced: bool,
}

// ===== impl Upkeep =====

impl Upkeep {
    pub(crate) fn new(path: &Path, which: Option<Which>, bytes: u64) -> Self {
        Self {
            path: path.to_owned(),
            which,
            bytes,
            most: MOST,
            looked: clock::now(),
            made_room: None,
            was_full: false,
            was_replaced: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn of_size(most: u64) -> Self {
        let upkeep = Self::new(Path::new("in memory"), None, 0);
        Self { most, ..upkeep }
    }

    /// Before something is written.
    pub(crate) fn look(&mut self, database: &Database) -> Result<(), Boxed> {
        if self.is_replaced() && !std::mem::replace(&mut self.was_replaced, true) {
            tracing::warn!(
                target: "steadfast",
                path = %self.path.display(),
                "the file of quotas was replaced or removed; what is counted now is lost with the process",
            );
        }
        if clock::now().saturating_duration_since(self.looked) >= EVERY {
            self.drop_old(database, KEPT)?;
        }
        Ok(())
    }

    /// Whether another file is in its place, or none.
    pub(crate) fn is_replaced(&self) -> bool {
        let Some(which) = self.which else {
            return false;
        };
        let found = fs::metadata(&self.path);
        found.map_or(true, |found| Which::of(&found) != Some(which))
    }

    /// Whether there is room for a count that is new; counts it. If not, that is said once, until there is some again.
    pub(crate) fn has_room(&mut self, size: u64) -> bool {
        if self.bytes.saturating_add(size) <= self.most {
            self.bytes += size;
            return true;
        }
        if !std::mem::replace(&mut self.was_full, true) {
            tracing::warn!(
                target: "steadfast",
                path = %self.path.display(),
                "the file of quotas is full; further credentials are counted in memory only",
            );
        }
        false
    }

    /// The size of a count that is kept has changed.
    pub(crate) const fn grows(&mut self, before: u64, now: u64) {
        self.bytes = self.bytes.saturating_sub(before).saturating_add(now);
    }

    /// Whether room is made now, and not a moment ago already.
    pub(crate) fn may_make_room(&self) -> bool {
        let is_first = self.made_room.is_none();
        let since = |at: Instant| clock::now().saturating_duration_since(at);
        is_first || self.made_room.is_some_and(|at| since(at) >= EVERY_FULL)
    }

    /// Makes room, when something found none.
    pub(crate) fn make_room(&mut self, database: &Database) -> Result<(), Boxed> {
        self.made_room = Some(clock::now());
        self.drop_old(database, KEPT_FULL)
    }

    fn drop_old(&mut self, database: &Database, kept: Duration) -> Result<(), Boxed> {
        self.looked = clock::now();
        self.bytes = drop_old(database, kept)?;
        if self.bytes <= self.most / 4 * 3 {
            self.was_full = false;
        }
        Ok(())
    }
}
