//! Policies from a file that may change while the program runs.
//!
//! The file is read again and again, every second unless said otherwise. Reading it, rather than asking the operating
//! system for notices, is what works alike for editors that write in place, editors that rename over the file, and a
//! Kubernetes ConfigMap, where the path is a link and the folder behind it is exchanged. A change takes effect when two
//! readings in a row bring the same text, so a file that is half written is not taken for a whole one, and when that
//! text has no mistake; until then the last good policies stay in force.
//!
//! # Cancel safety
//! The reading ends when the last clone of the [`Policies`] is gone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tracing::Level;

use crate::config::section::{Present, opened_otherwise};
use crate::config::{Config, Diagnostics, Reader};
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
    /// use steadfast::{Policies, WatchOptions};
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
    /// some and the old ones stay. Both are also events of the target `steadfast`.
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
    /// end under the old ones, and endpoints that stay the same keep their state. A file with a mistake changes nothing.
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
}

impl Watch {
    async fn run(mut self) {
        loop {
            tokio::time::sleep(self.options.every).await;
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
            if self.policies.strong_count() == 0 {
                return;
            }
            // A file that is not there for a moment is being exchanged.
            let Ok(Ok(text)) = read else {
                continue;
            };
            self.look(text);
        }
    }

    /// Takes over a text that was seen twice in a row and is not the one in force.
    fn look(&mut self, text: Vec<u8>) {
        if self.in_force.as_ref() == Some(&text) {
            self.seen = None;
        } else if self.seen.as_ref() == Some(&text) {
            self.seen = None;
            // A section or a callback that panics must not end the watch; the panic hook has told of it.
            let taken = std::panic::AssertUnwindSafe(|| self.take_over(&text));
            let _ = std::panic::catch_unwind(taken);
            self.in_force = Some(text);
        } else {
            self.seen = Some(text);
        }
    }

    fn take_over(&self, text: &[u8]) {
        let Some(policies) = self.policies.upgrade() else {
            return;
        };
        let file = self.path.display();
        let result = self.options.reader.parse_file(&self.path, text);
        if let Ok(config) = &result {
            // What was parsed can be built, so there is nothing left to go wrong.
            if let Err(mistake) = policies.exchange(config.unopened()) {
                tracing::event!(target: "steadfast", Level::WARN, "{file}: {mistake}");
                return;
            }
        }
        match &result {
            Ok(config) => {
                tracing::event!(
                    target: "steadfast",
                    Level::INFO,
                    "policies of {file} are in force"
                );
                self.tell_config(config);
            }
            Err(mistakes) => tracing::event!(
                target: "steadfast",
                Level::WARN,
                "{file} has mistakes, the policies stay as they were: {mistakes}"
            ),
        }
        if let Some(callback) = &self.options.on_change {
            callback(result.as_ref().map(|_| ()));
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
