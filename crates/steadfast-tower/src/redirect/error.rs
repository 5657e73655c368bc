//! [`Hopped`]: an error of the transport, with what was sent before it.

use std::error::Error as StdError;
use std::fmt;

use steadfast_core::FailureKind;
use steadfast_core::redirect::Hops;

use crate::failure::{Fault, Reading};

/// An error of the transport, with the count of what was sent before it. Shown, it is the transport's error.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hopped<E> {
    /// The transport's error, untouched.
    pub error: E,
    /// How many redirects were followed before it, and how many requests sent again.
    pub hops: Hops,
}

impl<E> Hopped<E> {
    pub(super) const fn new(error: E, hops: Hops) -> Self {
        Self { error, hops }
    }
}

impl<E: fmt::Display> fmt::Display for Hopped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: StdError> StdError for Hopped<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl<E: Fault> Fault for Hopped<E> {
    type Inner = E::Inner;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source_of()
    }

    fn hops(&self) -> Hops {
        self.hops
    }

    fn is_unprocessed(&self) -> bool {
        self.error.is_unprocessed()
    }

    fn read(self) -> Reading<E::Inner> {
        match self.error.read() {
            // The request could be sent, where the redirect leads cannot: another scheme, or plain `http` to a client
            // that speaks `https` only.
            Reading::Transport(FailureKind::InvalidRequest, error) if self.hops.followed > 0 => {
                Reading::Transport(FailureKind::Redirect, error)
            }
            reading => reading,
        }
    }
}
