//! A resolver that never finds a name, so that no question goes out to the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::dns::{Name, Resolve, Resolving};

#[derive(Clone)]
pub(crate) struct Resolver {
    pub(crate) lookups: Arc<AtomicUsize>,
    answers: bool,
}

impl Resolver {
    /// Says that there is no such name.
    pub(crate) fn failing() -> Self {
        Self {
            lookups: Arc::default(),
            answers: true,
        }
    }

    /// Says nothing.
    pub(crate) fn silent() -> Self {
        Self {
            lookups: Arc::default(),
            answers: false,
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let answers = self.answers;
        Box::pin(async move {
            if !answers {
                std::future::pending::<()>().await;
            }
            Err("no such name".into())
        })
    }
}
