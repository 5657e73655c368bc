//! Policies from a file that may change while the program runs.
//!
//! The file is read again and again, every second unless said otherwise. Reading it, rather than asking the operating
//! system for notices, is what works alike for editors that write in place, editors that rename over the file, and a
//! Kubernetes ConfigMap, where the path is a link and the folder behind it is exchanged. A change takes effect when two
//! readings in a row bring the same text, so a file that is half written is not taken for a whole one, and when that
//! text has no mistake; until then the last good policies stay in force. They also stay when the file is deleted, too large
//! or no longer a regular file; after two such readings in a row a warning says so.
//!
//! # Cancel safety
//! The reading ends when the last clone of the [`Policies`] is gone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tracing::Level;

use crate::config::section::{Present, opened_otherwise};
use crate::config::{Config, Diagnostics, Reader, about, read_file};
use crate::policies::{Policies, Shared};

/// How a file is watched; see [`Policies::watch_with`].
#[derive(Clone)]
#[must_use = "options do nothing until they are handed over"]
pub struct WatchOptions {
    every: Duration,
    reader: Reader,
    on_config: Option<Arc<OnConfig>>,
    on_change: Option<Arc<OnChange>>,
}

type OnConfig = dyn Fn(&Config) + Send + Sync;
type OnChange = dyn Fn(Result<(), &Diagnostics>) + Send + Sync;

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(1),
            reader: Reader::default(),
            on_config: None,
            on_change: None,
        }
    }
}

impl WatchOptions {
    /// Every second, without a callback.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often the file is read. Default: every second. A change takes effect after one to two of these.
    pub fn every(mut self, time: Duration) -> Self {
        self.every = time.max(Duration::from_millis(1));
        self
    }

    /// What reads the file, for files with [sections](crate::config::section). Default: [`Config::reader`], without any.
    pub fn reader(mut self, reader: Reader) -> Self {
        self.reader = reader;
        self
    }

    /// Called with what the file says, in each version: with the first one before `watch_with` returns, and with each
    /// further one as soon as its policies are in force. This is how a program gets at the
    /// [sections](crate::config::section) of a file that changes.
    ///
    /// ```no_run
    /// # use steadfast::config::section::{Keys, Section};
    /// # static KEYS: Keys = Keys::new("an alert", &[]);
    /// # static ALERTS: Section<usize> = Section::list("my_alerts", "", &KEYS, |tables, _| Some(tables.len()));
    /// use std::sync::{Arc, RwLock};
    ///
    /// use steadfast::config::Config;
    /// use steadfast::Policies;
    /// use steadfast::config::WatchOptions;
    ///
    /// # fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let current = Arc::new(RwLock::new(None));
    /// let kept = Arc::clone(&current);
    /// let options = WatchOptions::new()
    ///     .reader(Config::reader().section(&ALERTS))
    ///     .on_config(move |config| {
    ///         if let Ok(mut kept) = kept.write() {
    ///             *kept = config.section(&ALERTS);
    ///         }
    ///     });
    /// let policies = Policies::watch_with("policies.toml", options)?;
    /// # drop(policies);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_config(mut self, callback: impl Fn(&Config) + Send + Sync + 'static) -> Self {
        self.on_config = Some(Arc::new(callback));
        self
    }

    /// Called after each change: with `Ok` when the new policies are in force, with the mistakes when the file has
    /// some, or cannot be read any longer, and the old ones stay. Each is also an event of the target `steadfast`.
    pub fn on_change(
        mut self,
        callback: impl Fn(Result<(), &Diagnostics>) + Send + Sync + 'static,
    ) -> Self {
        self.on_change = Some(Arc::new(callback));
        self
    }
}

impl fmt::Debug for WatchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchOptions")
            .field("every", &self.every)
            .field("reader", &self.reader)
            .field("on_config", &self.on_config.is_some())
            .field("on_change", &self.on_change.is_some())
            .finish()
    }
}

impl Policies {
    /// The policies of a file: `.toml`, or `.json`. A file with [sections](crate::config::section) of other crates is read
    /// by [`Config::reader`].
    ///
    /// # Errors
    /// All mistakes of the file, each with its place and what would be right.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Diagnostics> {
        Config::read(path.as_ref())?.build()
    }

    /// The policies of a file, exchanged when the file changes: the next call runs under the new ones, calls under way
    /// end under the old ones, and endpoints that stay the same keep their state. A file with a mistake changes nothing,
    /// and neither does a deleted one; both are warned about. Only regular files are watched; links are followed.
    ///
    /// # Errors
    /// All mistakes of the file as it is now.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn watch(path: impl Into<PathBuf>) -> Result<Self, Diagnostics> {
        Self::watch_with(path, WatchOptions::new())
    }

    /// [`watch`](Self::watch), said in more detail.
    ///
    /// # Errors
    /// All mistakes of the file as it is now.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn watch_with(
        path: impl Into<PathBuf>,
        options: WatchOptions,
    ) -> Result<Self, Diagnostics> {
        let path = path.into();
        let (text, config) = options.reader.load(&path)?;
        let policies = config.build()?;
        if let Some(callback) = &options.on_config {
            callback(&config);
        }
        let watch = Watch {
            policies: policies.downgrade(),
            path,
            options,
            built: config.sections,
            in_force: Some(text),
            seen: None,
            missed: 0,
        };
        tokio::spawn(watch.run());
        Ok(policies)
    }
}

struct Watch {
    policies: Weak<Shared>,
    path: PathBuf,
    options: WatchOptions,
    /// The sections that the policies were built with.
    built: Vec<Present>,
    /// The text that is in force, or that was refused.
    in_force: Option<Vec<u8>>,
    /// Another text, seen once.
    seen: Option<Vec<u8>>,
    /// How often in a row the file could not be read.
    missed: u32,
}

/// What a reading has brought that is worth telling.
enum News {
    /// These policies are in force.
    InForce(Config),
    /// The file has mistakes, so the old policies stay.
    Refused(Diagnostics),
    /// The file cannot be read, for the second time in a row.
    Unreadable(Diagnostics),
    /// The file can be read again and says what is in force.
    Readable,
}

impl Watch {
    async fn run(mut self) {
        loop {
            tokio::time::sleep(self.options.every).await;
            // Reading waits for the disk and checking a large file takes a while: neither on a thread that runs calls.
            let reading = tokio::task::spawn_blocking(move || {
                let news = self.look();
                (self, news)
            });
            match reading.await {
                Ok((watch, news)) if watch.policies.strong_count() > 0 => {
                    self = watch;
                    news.into_iter().for_each(|news| self.tell(&news));
                }
                // The policies are gone, or the runtime ends.
                _ => return,
            }
        }
    }

    fn look(&mut self) -> Option<News> {
        match read_file(&self.path) {
            Ok(text) => {
                let missed = std::mem::take(&mut self.missed) >= 2;
                self.take(text).or(missed.then_some(News::Readable))
            }
            // A file that is not there for a moment is being exchanged.
            Err(unreadable) => {
                self.missed = self.missed.saturating_add(1);
                (self.missed == 2).then_some(News::Unreadable(unreadable))
            }
        }
    }

    /// Takes over a text that was seen twice in a row and is not the one in force.
    fn take(&mut self, text: Vec<u8>) -> Option<News> {
        if self.in_force.as_ref() == Some(&text) {
            self.seen = None;
            None
        } else if self.seen.as_ref() == Some(&text) {
            self.seen = None;
            // A section that panics must not end the watch; the panic hook has told of it.
            let taken = std::panic::AssertUnwindSafe(|| self.take_over(&text));
            let news = std::panic::catch_unwind(taken).ok().flatten();
            self.in_force = Some(text);
            news
        } else {
            self.seen = Some(text);
            None
        }
    }

    fn take_over(&self, text: &[u8]) -> Option<News> {
        let policies = self.policies.upgrade()?;
        Some(match self.options.reader.parse_file(&self.path, text) {
            // What was parsed can be built, so there is nothing left to go wrong.
            Ok(config) => match policies.exchange(config.unopened()) {
                Ok(()) => News::InForce(config),
                Err(mistake) => News::Refused(about(&self.path, mistake.to_string())),
            },
            Err(mistakes) => News::Refused(mistakes),
        })
    }

    fn tell(&self, news: &News) {
        let file = self.path.display();
        let result = match news {
            News::InForce(config) => {
                tracing::event!(target: "steadfast", Level::INFO, "policies of {file} are in force");
                self.tell_config(config);
                Ok(())
            }
            News::Refused(mistakes) => {
                tracing::event!(
                    target: "steadfast",
                    Level::WARN,
                    "{file} has mistakes, the policies stay as they were: {mistakes}"
                );
                Err(mistakes)
            }
            News::Unreadable(reason) => {
                tracing::event!(
                    target: "steadfast",
                    Level::WARN,
                    "{file} is gone or unreadable, the policies stay as they were: {reason}"
                );
                Err(reason)
            }
            News::Readable => {
                tracing::event!(target: "steadfast", Level::INFO, "{file} can be read again");
                return;
            }
        };
        if let Some(callback) = &self.options.on_change {
            // One that panics must not end the watch.
            let told = std::panic::AssertUnwindSafe(|| callback(result));
            let _ = std::panic::catch_unwind(told);
        }
    }

    fn tell_config(&self, config: &Config) {
        let file = self.path.display();
        for name in opened_otherwise(&self.built, &config.sections) {
            tracing::event!(
                target: "steadfast",
                Level::WARN,
                "the change of `{name}` in {file} takes effect at the next start"
            );
        }
        if let Some(callback) = &self.options.on_config {
            // One that panics must not keep the other from being called.
            let told = std::panic::AssertUnwindSafe(|| callback(config));
            let _ = std::panic::catch_unwind(told);
        }
    }
}
