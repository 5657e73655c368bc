//! One line that says how far a long run is, on terminals only.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::output::Output;

/// Faster than this nobody reads.
const DRAW_EVERY: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// The line; nothing where it is switched off. All clones are one.
#[derive(Clone, Debug)]
pub(super) struct Progress(Option<Arc<Mutex<Bar>>>);

#[derive(Debug)]
struct Bar {
    total: usize,
    done: usize,
    failed: usize,
    drawn: Option<Instant>,
}

impl Progress {
    /// A line for so many calls, if there is a terminal to show it on. Shown at once: the first answer may be late.
    pub(super) fn new(total: usize, wanted: bool) -> Self {
        let shown = wanted && std::io::stderr().is_terminal();
        let progress = Self(shown.then(|| {
            Arc::new(Mutex::new(Bar {
                total,
                done: 0,
                failed: 0,
                drawn: None,
            }))
        }));
        progress.with(|bar| bar.draw());
        progress
    }

    /// One more call is over.
    pub(super) fn step(&self, failed: bool) {
        self.with(|bar| {
            bar.done += 1;
            bar.failed += usize::from(failed);
            let now = clock::now();
            if bar
                .drawn
                .is_none_or(|drawn| now.duration_since(drawn) >= DRAW_EVERY)
            {
                bar.drawn = Some(now);
                bar.draw();
            }
        });
    }

    /// A line above the progress.
    pub(super) fn tell(&self, output: &Output, line: impl Display) {
        self.clear();
        output.tell(line);
        self.with(|bar| bar.draw());
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        self.with(|_| write("\r\x1b[K"));
    }

    fn with(&self, change: impl FnOnce(&mut Bar)) {
        if let Some(bar) = &self.0 {
            change(&mut bar.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Bar {
    fn draw(&self) {
        write(&self.line());
    }

    fn line(&self) -> String {
        let Self {
            total,
            done,
            failed,
            ..
        } = self;
        let full = (done * WIDTH)
            .checked_div(*total)
            .unwrap_or(WIDTH)
            .min(WIDTH);
        let (full, rest) = ("#".repeat(full), ".".repeat(WIDTH - full));
        let failed = match failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        format!("\r\x1b[K[{full}{rest}] {done}/{total}{failed}")
    }
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_grows_with_the_run() {
        let mut bar = Bar {
            total: 60,
            done: 30,
            failed: 0,
            drawn: None,
        };
        let half = format!("[{}{}] 30/60", "#".repeat(15), ".".repeat(15));
        assert!(bar.line().ends_with(&half), "{}", bar.line());
        (bar.done, bar.failed) = (60, 2);
        assert!(bar.line().ends_with("#] 60/60, 2 failed"), "{}", bar.line());
    }
}
