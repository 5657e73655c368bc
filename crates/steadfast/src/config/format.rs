//! What policy files are written in.

use std::fmt;
use std::str::FromStr;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259), without comments.
    Json,
}

// ===== impl Format =====

impl Format {
    /// The format of a text whose name says nothing. TOML never begins with `{`, and a policy file in JSON always does.
    pub(super) fn of_text(text: &[u8]) -> Self {
        match text.trim_ascii_start() {
            [b'{', ..] => Self::Json,
            _ => Self::Toml,
        }
    }
}

impl FromStr for Format {
    type Err = String;

    /// The format of a file's extension.
    fn from_str(extension: &str) -> Result<Self, Self::Err> {
        match extension.to_ascii_lowercase().as_str() {
            "toml" => Ok(Self::Toml),
            "json" => Ok(Self::Json),
            _ => Err("the file's name does not end in `.toml` or `.json`".to_owned()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Toml => "TOML",
            Self::Json => "JSON",
        })
    }
}
