//! The sections of policy files that the command line knows: all that there are.

use steadfast::config::{Config, Reader};

/// Reads policy files with every section.
pub(crate) fn reader() -> Reader {
    Config::reader().section(&steadfast_quota_file::SECTION)
}
