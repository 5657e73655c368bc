//! Files as people write them: right ones are taken as they mean it, each mistake gets its place and its remedy.

#![expect(clippy::unwrap_used, reason = "tests")]

mod broken;
mod examples;
mod hostile;
mod meaning;
mod sections;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the tests' files can refer to. The values never belong in a message.
fn env(name: &str) -> Option<String> {
    match name {
        "HOST" => Some("hush.example.com".into()),
        "ZONE" => Some("hush hush".into()),
        "TIMEOUT" => Some("3hush".into()),
        "RATE" => Some("5/s".into()),
        "LONG" => Some("77777s".into()),
        _ => None,
    }
}
