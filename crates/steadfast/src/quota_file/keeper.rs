//! The thread that keeps counts.
//!
//! A commit waits for the disk, so it belongs on no thread that drives futures, and counts are kept whether a runtime
//! runs or not. Once a second is what a killed process may forget, and what a disk hardly notices.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use steadfast_tower::quota::QuotaBook;

const EVERY: Duration = Duration::from_secs(1);

/// Saves a book once a second, and at last when it is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

// ===== impl Keeper =====

impl Keeper {
    pub(crate) fn start(book: Arc<QuotaBook>) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("steadfast-quotas".to_owned());
        let thread = thread.spawn(move || keep(&book, &stopped))?;
        let thread = Some(thread);
        Ok(Self { stop, thread })
    }
}

fn keep(book: &QuotaBook, (stop, bell): &(Mutex<bool>, Condvar)) {
    let mut failing = false;
    loop {
        let waits = stop.lock().unwrap_or_else(PoisonError::into_inner);
        let (ends, _) = bell
            .wait_timeout_while(waits, EVERY, |stop| !*stop)
            .unwrap_or_else(PoisonError::into_inner);
        let ends = *ends;
        match book.save() {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                let error = &error as &dyn std::error::Error;
                tracing::warn!(target: "steadfast", error, "counts of quotas cannot be kept; trying on");
            }
            Err(_) => {}
        }
        if ends {
            return;
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let (stop, bell) = &*self.stop;
        *stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        bell.notify_all();
        if let Some(thread) = self.thread.take() {
            // It panics only where redb does, and then there is nothing left to keep.
            let _ = thread.join();
        }
    }
}
