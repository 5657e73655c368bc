//! Where bodies go.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Where bodies go, shared by all calls.
#[derive(Debug)]
pub(super) struct Sink {
    place: Mutex<Place>,
    /// Whether bodies are written while they come; else whole, so that calls at the same time do not mix.
    pub(super) streams: bool,
}

#[derive(Debug)]
enum Place {
    Nowhere,
    Stdout,
    /// Made with the first answer: a call that fails leaves the file as it was.
    Later(PathBuf),
    File(PathBuf, File),
    /// The reader of the pipe has gone away: it has seen enough.
    Closed,
}

impl Sink {
    pub(super) fn new(file: Option<PathBuf>, repeated: bool, streams: bool) -> Self {
        let place = match file {
            _ if repeated => Place::Nowhere,
            Some(path) => Place::Later(path),
            None => Place::Stdout,
        };
        Self {
            place: Mutex::new(place),
            streams,
        }
    }

    /// Finds out whether the file can be written, before anything is sent, and leaves it as it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn try_out(&self) -> Result<(), String> {
        let Place::Later(path) = &*self.lock() else {
            return Ok(());
        };
        let tried = match std::fs::metadata(path) {
            // Opening a pipe would wait for its reader, and closing it would be its end.
            Ok(found) if !found.is_file() && !found.is_dir() => Ok(()),
            Ok(_) => File::options().append(true).open(path).map(drop),
            Err(_) => match File::create_new(path) {
                Ok(_) => std::fs::remove_file(path),
                // A link to a file that is not there yet.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
                Err(error) => Err(error),
            },
        };
        tried.map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Whether bodies are kept at all.
    pub(super) fn keeps(&self) -> bool {
        !matches!(*self.lock(), Place::Nowhere)
    }

    /// Whether anybody wants more of it.
    pub(super) fn is_open(&self) -> bool {
        !matches!(*self.lock(), Place::Closed)
    }

    /// Writes a part.
    ///
    /// # Errors
    /// When it could not be written, for another reason than a reader that has gone away.
    pub(super) fn write(&self, part: &[u8]) -> Result<(), String> {
        let mut place = self.lock();
        if let Place::Later(path) = &*place {
            let file =
                File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
            *place = Place::File(path.clone(), file);
        }
        match &mut *place {
            Place::Stdout => {
                let mut stdout = std::io::stdout().lock();
                match stdout.write_all(part).and_then(|()| stdout.flush()) {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => *place = Place::Closed,
                    Err(error) => return Err(format!("standard output: {error}")),
                    Ok(()) => {}
                }
            }
            Place::File(path, file) => {
                let written = file.write_all(part);
                written.map_err(|error| format!("{}: {error}", path.display()))?;
            }
            Place::Nowhere | Place::Closed | Place::Later(_) => {}
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
