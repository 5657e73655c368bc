//! What is wrong with a request that could not be built.

use std::error::Error as StdError;
use std::fmt;

/// What is wrong with a request that could not be built, and what would be right.
pub(crate) fn show(f: &mut fmt::Formatter<'_>, error: &reqwest::Error) -> fmt::Result {
    let mut mistake = error.source();
    while let Some(cause) = mistake.and_then(StdError::source) {
        mistake = Some(cause);
    }
    let Some(mistake) = mistake else {
        return Ok(());
    };
    let mistake = mistake.to_string();
    write!(f, ": {mistake}")?;
    match mistake.contains("relative URL without a base") {
        true => f.write_str(" (a URL begins with its scheme, as in `https://api.example.com`)"),
        false => Ok(()),
    }
}
