//! What is wrong with a request that could not be built.

use std::fmt;

use crate::cause::{OneLine, root_cause};

/// What is wrong with a request that could not be built, and what would be right.
pub(crate) fn show(f: &mut fmt::Formatter<'_>, error: &reqwest::Error) -> fmt::Result {
    let Some(mistake) = root_cause(error).map(ToString::to_string) else {
        return Ok(());
    };
    write!(f, ": {}", OneLine(&mistake))?;
    match mistake.contains("relative URL without a base") {
        true => f.write_str(" (a URL begins with its scheme, as in `https://api.example.com`)"),
        false => Ok(()),
    }
}
