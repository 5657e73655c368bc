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

use crate::config::{Config, Diagnostics, Format};
use crate::policies::{Policies, Shared};

/// How a file is watched; see [`Policies::watch_with`].
#[derive(Clone)]
#[must_use = "options do nothing until they are handed over"]
pub struct WatchOptions {
    every: Duration,
    on_change: Option<Arc<OnChange>>,
}

type OnChange = dyn Fn(Result<(), &Diagnostics>) + Send + Sync;

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(1),
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
            .field("on_change", &self.on_change.is_some())
            .finish()
    }
}

impl Policies {
    /// The policies of a file: `.toml`, or `.json`.
    ///
    /// # Errors
    /// All mistakes of the file, each with its place and what would be right.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Diagnostics> {
        Ok(Config::read(path.as_ref())?.build())
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
        let (text, config) = load(&path)?;
        let policies = config.build();
        let watch = Watch {
            policies: policies.downgrade(),
            path,
            options,
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
            self.take_over(&text);
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
        let result = parse(&self.path, text);
        if let Ok(config) = &result {
            // What was parsed can be built, so there is nothing left to go wrong.
            if let Err(mistake) = policies.exchange(config.builder()) {
                tracing::event!(target: "steadfast", Level::WARN, "{file}: {mistake}");
                return;
            }
        }
        match &result {
            Ok(_) => tracing::event!(
                target: "steadfast",
                Level::INFO,
                "policies of {file} are in force"
            ),
            Err(mistakes) => tracing::event!(
                target: "steadfast",
                Level::WARN,
                "{file} has mistakes, the policies stay as they were: {mistakes}"
            ),
        }
        if let Some(callback) = &self.options.on_change {
            // A callback that panics must not end the watch; the panic hook has told of it.
            let told = || callback(result.as_ref().map(|_| ()));
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(told));
        }
    }
}

/// Reads a file once: its text, and what it says.
fn load(path: &Path) -> Result<(Vec<u8>, Config), Diagnostics> {
    match std::fs::read(path) {
        Ok(text) => parse(path, &text).map(|config| (text, config)),
        // Reading it again says what is wrong with it.
        Err(_) => Config::read(path).map(|config| (Vec::new(), config)),
    }
}

fn parse(path: &Path, text: &[u8]) -> Result<Config, Diagnostics> {
    let end = path.extension().and_then(|end| end.to_str());
    let format: Option<Format> = end.and_then(|end| end.parse().ok());
    match (format, std::str::from_utf8(text)) {
        (Some(format), Ok(text)) => Config::parse(text, format, &path.display().to_string()),
        _ => Config::read(path),
    }
}
