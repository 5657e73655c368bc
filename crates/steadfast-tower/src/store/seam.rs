//! The trait.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Count, Identity, StoreError, StoreFuture};

/// For how long the last counts of a book are tried to be kept.
const LAST: Duration = Duration::from_secs(10);

/// Keeps state outside of the process: today the counts of quotas.
///
/// A store is a plain map from key and writer to a count; the [module](super) says what that is for and what happens
/// when a store does not answer. Share it in an `Arc`, or let it be cheap to clone: several policies may use one store.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use std::time::Instant;
/// use steadfast_tower::store::{Count, Identity, Secret, Store, StoreFuture};
/// # type Rows = BTreeMap<(String, u64), Count>;
/// # #[derive(Debug, Default)] struct Client(Mutex<Rows>);
/// # #[derive(Debug)] struct Failed;
/// # impl std::fmt::Display for Failed { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
/// # impl std::error::Error for Failed {}
/// # impl Client {
/// #     async fn secret(&self) -> Result<[u8; 16], Failed> { Ok([7; 16]) }
/// #     async fn select(&self, keys: &[String]) -> Result<Vec<Count>, Failed> { Ok(self.0.lock().map_err(|_| Failed)?.values().filter(|c| keys.contains(&c.key)).cloned().collect()) }
/// #     async fn upsert(&self, counts: &[Count]) -> Result<(), Failed> { self.0.lock().map_err(|_| Failed)?.extend(counts.iter().map(|c| ((c.key.clone(), c.writer), c.clone()))); Ok(()) }
/// # }
/// # impl From<Failed> for steadfast_tower::store::StoreError { fn from(e: Failed) -> Self { Self::new(e) } }
///
/// /// A table with the columns key, writer and count, and one row with the secret.
/// #[derive(Debug)]
/// struct Table {
///     client: Client,
/// }
///
/// impl Store for Table {
///     fn identity(&self, _deadline: Instant) -> StoreFuture<'_, Identity> {
///         StoreFuture::new(async {
///             let secret = Secret::from_bytes(self.client.secret().await?);
///             Ok(Identity::new(secret))
///         })
///     }
///
///     fn load<'a>(&'a self, keys: &'a [String], _deadline: Instant) -> StoreFuture<'a, Vec<Count>> {
///         StoreFuture::new(async { Ok(self.client.select(keys).await?) })
///     }
///
///     fn keep<'a>(&'a self, counts: &'a [Count], _deadline: Instant) -> StoreFuture<'a, ()> {
///         StoreFuture::new(async { Ok(self.client.upsert(counts).await?) })
///     }
/// }
/// ```
///
/// Methods that are added later, for other kinds of state, will have defaults.
///
/// # Deadlines
/// Each call gets the moment at which nobody waits for its answer any longer. The future is dropped then; the argument
/// is for stores that can tell their server. What was given up must not be applied after a later call of the same writer.
///
/// # Blocking
/// Both the methods and their futures run on threads that drive other futures. A store that has to block does so on a
/// thread of its own.
///
/// # Cancel safety
/// Futures are dropped at the deadline, and when the call that waits for them is dropped. The same question or the same
/// counts come again.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Who the caller is to this store. Asked once by each book, before anything else, and again only after an error.
    ///
    /// # Errors
    /// It is not known now.
    fn identity(&self, deadline: Instant) -> StoreFuture<'_, Identity>;

    /// What is kept under some keys, by whatever writer, in any order. Keys without a count are left out.
    ///
    /// # Errors
    /// It is not known now.
    fn load<'a>(&'a self, keys: &'a [String], deadline: Instant) -> StoreFuture<'a, Vec<Count>>;

    /// Keeps some counts, each instead of the one with the same key and writer. When it returns, they survive the
    /// process, if anything in this store does.
    ///
    /// # Errors
    /// Some of them may not have been kept. All of them are offered again, as they are by then.
    fn keep<'a>(&'a self, counts: &'a [Count], deadline: Instant) -> StoreFuture<'a, ()>;

    /// Keeps the last counts of a book that is dropped, maybe outside of any runtime.
    ///
    /// By default they are kept by a task of the runtime in which the book is dropped; without one, they are lost, with a
    /// warning. [`QuotaBook::save`](crate::quota::QuotaBook::save), awaited before, leaves nothing to do here.
    fn keep_last(self: Arc<Self>, counts: Vec<Count>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            let error = StoreError::new("they were dropped outside of a runtime");
            return lost(&error);
        };
        runtime.spawn(async move {
            let deadline = crate::clock::now() + LAST;
            match tokio::time::timeout_at(deadline.into(), self.keep(&counts, deadline)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => lost(&error),
                Err(late) => lost(&StoreError::new(late)),
            }
        });
    }
}

fn lost(error: &StoreError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(target: "steadfast", error, "the last counts of quotas were not kept");
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn identity(&self, deadline: Instant) -> StoreFuture<'_, Identity> {
        (**self).identity(deadline)
    }

    fn load<'a>(&'a self, keys: &'a [String], deadline: Instant) -> StoreFuture<'a, Vec<Count>> {
        (**self).load(keys, deadline)
    }

    fn keep<'a>(&'a self, counts: &'a [Count], deadline: Instant) -> StoreFuture<'a, ()> {
        (**self).keep(counts, deadline)
    }

    fn keep_last(self: Arc<Self>, counts: Vec<Count>) {
        Self::clone(&self).keep_last(counts);
    }
}
