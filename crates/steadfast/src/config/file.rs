//! The bytes of a policy file. Whatever is at its path, reading it ends, after a bounded number of bytes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The largest file, in bytes.
pub(super) const LARGEST: usize = 16 << 20;

/// Reads a regular file. Links are followed, since the files of a Kubernetes ConfigMap are links.
///
/// # Errors
/// Why it is not read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    // Asked before opening too: opening some devices has an effect.
    check(&std::fs::metadata(path).map_err(unreadable)?)?;
    let file = open(path).map_err(unreadable)?;
    check(&file.metadata().map_err(unreadable)?)?;
    read_stream(file)
}

/// Reads a stream to its end.
///
/// # Errors
/// Why it is not read.
pub(super) fn read_stream(stream: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let bounded = stream.take(LARGEST as u64 + 1).read_to_end(&mut bytes);
    match bounded.map_err(unreadable)? {
        0..=LARGEST => Ok(bytes),
        _ => Err(too_large("more than 16 MiB")),
    }
}

pub(super) fn too_large(size: &str) -> String {
    format!("the file has {size}; at most {LARGEST} bytes (16 MiB) are read")
}

fn check(file: &Metadata) -> Result<(), String> {
    if !file.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    match file.len() {
        bytes if bytes > LARGEST as u64 => Err(too_large(&format!("{bytes} bytes"))),
        _ => Ok(()),
    }
}

/// Opens without waiting: a pipe that takes the file's place after the first look would wait for a writer.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    options.open(path)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(error: io::Error) -> String {
    format!("the file cannot be read: {error}")
}
