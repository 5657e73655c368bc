//! What an attempt costs, where requests are not alike.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method};

use crate::url::UrlParts;

/// A request as a closure is shown it: its head.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The parts of its URL.
    pub url: UrlParts<'a>,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

/// What an attempt takes from rates and quotas: 1 unless it is said.
#[derive(Clone, Default)]
pub enum Cost {
    /// One.
    #[default]
    One,
    /// The same for all requests.
    Fixed(u32),
    /// As a closure says.
    Of(Arc<CostOf>),
}

type CostOf = dyn Fn(&RequestHead<'_>) -> u32 + Send + Sync;

impl<'a> RequestHead<'a> {
    /// The head of a request.
    #[must_use]
    pub const fn new(method: &'a Method, url: UrlParts<'a>, headers: &'a HeaderMap) -> Self {
        Self {
            method,
            url,
            headers,
        }
    }
}

impl Cost {
    /// What this request costs; a request that costs nothing waits for no rate.
    #[must_use]
    pub fn of<'a>(&self, head: impl FnOnce() -> RequestHead<'a>) -> u32 {
        match self {
            Self::One => 1,
            Self::Fixed(cost) => *cost,
            Self::Of(closure) => closure(&head()),
        }
    }

    /// What all requests cost; `None` where a closure says so.
    #[must_use]
    pub const fn fixed(&self) -> Option<u32> {
        match self {
            Self::One => Some(1),
            Self::Fixed(cost) => Some(*cost),
            Self::Of(_) => None,
        }
    }
}

/// Closures are equal when they are the same one.
impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(a), Self::Of(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.fixed().is_some() && a.fixed() == b.fixed(),
        }
    }
}

impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.write_str("One"),
            Self::Fixed(cost) => f.debug_tuple("Fixed").field(cost).finish(),
            Self::Of(_) => f.write_str("Of(..)"),
        }
    }
}
