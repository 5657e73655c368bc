//! How a run ended, for scripts.

use std::process::ExitCode;

/// The exit status; a greater one is worse news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is well.
    Success = 0,
    /// A policy file has errors, or warnings that are denied, or a planned load does not fit.
    Mistakes = 1,
    /// The command line, a script, a file or a port is wrong.
    Usage = 2,
    /// The last answer was a 4xx, a 5xx or no valid status (600 to 999).
    Http = 3,
    /// The policy's own rate limit or deadline ended the call.
    Refused = 4,
    /// No answer, or one that broke off.
    Transport = 5,
    /// Ctrl-c ended it, as shells number that: 128 and the signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
