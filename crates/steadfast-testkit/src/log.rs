//! What arrived when: the log that a test asserts on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::now;

/// One request as it arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received {
    /// The method.
    pub method: http::Method,
    /// The path with its query, as sent: `/v1/users?page=2`.
    pub path: String,
    /// The headers. Lines that `http` cannot hold are left out.
    pub headers: http::HeaderMap,
    /// The body, decoded from chunks. Grows while the request is read.
    pub body: Bytes,
    /// When its first byte was read, on the runtime's clock, real or paused.
    pub at: Instant,
    /// When the last byte of what the step sends was handed to the kernel (for a
    /// [`Transport`](crate::Transport): when the answer's head was returned), or the connection was
    /// ended in its place. `None` until then.
    pub answered_at: Option<Instant>,
    /// When the exchange ended without that, because the client left or sent what is no HTTP. Always `None` for a
    /// [`Transport`](crate::Transport).
    pub left_at: Option<Instant>,
    /// Which connection it came on, counted from 0. Always 0 for a [`Transport`](crate::Transport).
    pub connection: usize,
    /// Its place in the log, counted from 0.
    pub n: usize,
}

impl Received {
    /// The value of a header as text, if it is there and is ASCII text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path without its query.
    #[must_use]
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// The requests received so far, in the order in which their heads arrived. A cheap handle.
#[derive(Clone, Debug, Default)]
pub struct Log {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Mutex<Vec<Received>>,
    grown: Notify,
}

// ===== impl Log =====

impl Log {
    /// A copy of all entries.
    #[must_use]
    pub fn entries(&self) -> Vec<Received> {
        self.lock().clone()
    }

    /// How many requests arrived.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The entries of one route: `"/a"`, or `"POST /a"`. The query is not compared.
    #[must_use]
    pub fn to(&self, route: &str) -> Vec<Received> {
        let pattern = crate::routes::Pattern::parse(route);
        self.lock()
            .iter()
            .filter(|r| pattern.matches(&r.method, r.path_only()))
            .cloned()
            .collect()
    }

    /// The newest entry.
    #[must_use]
    pub fn last(&self) -> Option<Received> {
        self.lock().last().cloned()
    }

    /// When each request arrived, in the order of the log.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Instant> {
        self.lock().iter().map(|received| received.at).collect()
    }

    /// Waits until the heads of `n` requests have arrived in all.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn wait_for(&self, n: usize) {
        loop {
            let grown = self.inner.grown.notified();
            if self.len() >= n {
                return;
            }
            grown.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.inner
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a request and returns it with its place.
    pub(crate) fn push(&self, mut received: Received) -> usize {
        let mut entries = self.lock();
        let n = entries.len();
        received.n = n;
        entries.push(received);
        drop(entries);
        self.inner.grown.notify_waiters();
        n
    }

    /// Changes an entry and returns a copy of it.
    pub(crate) fn update(&self, n: usize, change: impl FnOnce(&mut Received)) -> Option<Received> {
        let mut entries = self.lock();
        let entry = entries.get_mut(n)?;
        change(entry);
        Some(entry.clone())
    }

    pub(crate) fn answered(&self, n: usize) {
        let now = now();
        if let Some(entry) = self.lock().get_mut(n) {
            entry.answered_at = Some(now);
        }
    }
    /// The exchange is over.
    pub(crate) fn over(&self, n: usize) {
        let now = now();
        if let Some(entry) = self.lock().get_mut(n) {
            entry.left_at = entry.answered_at.is_none().then_some(now);
        }
    }
}
