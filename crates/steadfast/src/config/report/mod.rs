//! What is wrong with a file: collected, and as it is told.

mod collect;
mod diagnostic;

pub(crate) use self::collect::{MOST, Report, quoted};
pub(crate) use self::diagnostic::Excerpt;
pub use self::diagnostic::{Diagnostic, Diagnostics, Severity};
