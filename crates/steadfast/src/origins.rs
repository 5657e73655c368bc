//! What limits the attempts to each origin: shared by all of its endpoints, whatever their policies.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steadfast_core::UrlParts;
use steadfast_tower::throttle::Lanes;

use crate::scopes::MOST;

/// A bounded map from origins to what limits them.
#[derive(Default)]
pub(crate) struct Origins {
    known: Mutex<HashMap<String, Arc<Lanes>>>,
}

impl Origins {
    /// The lanes of an origin, made if they are not there.
    pub(crate) fn find(&self, origin: &str) -> Arc<Lanes> {
        let mut known = self.known();
        if let Some(lanes) = known.get(origin) {
            return Arc::clone(lanes);
        }
        if known.len() >= MOST {
            known.retain(|_, lanes| Arc::strong_count(lanes) > 1);
        }
        let lanes = Lanes::new();
        known.insert(origin.to_owned(), Arc::clone(&lanes));
        lanes
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Lanes>>> {
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
