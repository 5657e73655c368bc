//! What limits the attempts to each origin: shared by all of its endpoints, whatever their policies.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steadfast_core::UrlParts;
use steadfast_tower::throttle::OriginLimits;

use crate::scopes::MOST;

/// A bounded map from origins to what limits them.
#[derive(Default)]
pub(crate) struct Origins {
    known: Mutex<HashMap<String, Arc<OriginLimits>>>,
}

impl Origins {
    /// The pacers of an origin, made if they are not there.
    pub(crate) fn find(&self, origin: &str) -> Arc<OriginLimits> {
        let mut known = self.known();
        if let Some(pacers) = known.get(origin) {
            return Arc::clone(pacers);
        }
        if known.len() >= MOST {
            known.retain(|_, pacers| Arc::strong_count(pacers) > 1);
        }
        let pacers = OriginLimits::new();
        known.insert(origin.to_owned(), Arc::clone(&pacers));
        pacers
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<OriginLimits>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origins(..)")
    }
}

/// `https://api.example.com:8443`
pub(crate) fn name(url: &UrlParts<'_>) -> String {
    format!("{}://{}", url.scheme, url.authority())
}
